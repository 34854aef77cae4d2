%% LZW with codes of growing width, and a base-85 text of the result.
%% tier: 2
-module(lzw_compression).
-export([main/0]).

main() ->
    Inputs = [<<"TOBEORNOTTOBEORTOBEORNOT">>, <<>>, binary:copy(<<"ab">>, 300), << <<(X * X rem 251)>> || X <- lists:seq(1, 700) >>],
    [begin
         Codes = compress(In),
         Packed = pack(Codes),
         Text = base85(Packed),
         io:format("~w -> ~w codes, ~w bits, ~w~n", [byte_size(In), length(Codes), bit_size(Packed), erlang:phash2(Packed)]),
         io:format("~ts~n", [binary:part(Text, 0, min(60, byte_size(Text)))]),
         io:format("~w~n", [decompress(Codes) =:= In])
     end || In <- Inputs].

compress(In) -> compress(In, <<>>, maps:from_list([{<<X>>, X} || X <- lists:seq(0, 255)])).
compress(<<>>, <<>>, _) -> [];
compress(<<>>, W, Dict) -> [map_get(W, Dict)];
compress(<<C, Rest/binary>>, W, Dict) ->
    Next = <<W/binary, C>>,
    case is_map_key(Next, Dict) of
        true -> compress(Rest, Next, Dict);
        false -> [map_get(W, Dict) | compress(Rest, <<C>>, Dict#{Next => map_size(Dict)})]
    end.

decompress([]) -> <<>>;
decompress([First | Codes]) ->
    Dict = maps:from_list([{X, <<X>>} || X <- lists:seq(0, 255)]),
    iolist_to_binary([First | decompress(Codes, map_get(First, Dict), Dict)]).
decompress([], _, _) -> [];
decompress([Code | Codes], W, Dict) ->
    Entry = case Dict of
                #{Code := Known} -> Known;
                _ -> <<W/binary, (binary:first(W))>>
            end,
    [Entry | decompress(Codes, Entry, Dict#{map_size(Dict) => <<W/binary, (binary:first(Entry))>>})].

pack(Codes) -> pack(Codes, 256, <<>>).
pack([], _, Acc) -> Acc;
pack([Code | Codes], Size, Acc) ->
    Width = length(integer_to_list(Size, 2)),
    pack(Codes, Size + 1, <<Acc/bitstring, Code:Width>>).

base85(Bits) ->
    Pad = (32 - bit_size(Bits) rem 32) rem 32,
    Padded = <<Bits/bitstring, 0:Pad>>,
    << <<(digits(Word))/binary>> || <<Word:32>> <= Padded >>.
digits(Word) -> << <<(33 + (Word div trunc(math:pow(85, P))) rem 85)>> || P <- [4, 3, 2, 1, 0] >>.
