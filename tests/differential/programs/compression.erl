%% Huffman coding, LZ77 and run-length coding of the same text.
%% tier: 3
-module(compression).
-export([main/0]).

main() ->
    Text = iolist_to_binary([<<"she sells sea shells by the sea shore; the shells she sells are sea shells, I'm sure. ">> || _ <- lists:seq(1, 12)]),
    Codes = codes(tree(Text)),
    [io:format("~p ~p~n", [[C], [B || <<B:1>> <= Code]]) || {C, Code} <- lists:sort(maps:to_list(Codes))],
    Bits = << <<(map_get(C, Codes))/bits>> || <<C>> <= Text >>,
    io:format("~p bytes, ~p bits, crc ~p~n", [byte_size(Text), bit_size(Bits), erlang:phash2(Bits)]),
    io:format("~p~n", [decode(Bits, tree(Text), <<>>) =:= Text]),
    Lz = lz(Text), io:format("~p tokens ~p~n", [length(Lz), lists:sublist(Lz, 60)]),
    io:format("~p~n", [unlz(Lz) =:= Text]),
    Rle = rle(<<"aaaabbbccdaaaaaaaaaaaa">>), io:format("~p ~p~n", [Rle, unrle(Rle)]),
    io:format("~p~n", [lzw(<<"TOBEORNOTTOBEORTOBEORNOT">>)]), io:format("~s~n", [unlzw(lzw(<<"TOBEORNOTTOBEORTOBEORNOT">>))]),
    Bwt = bwt("banana bandana"), io:format("~p ~p ~p~n", [Bwt, mtf(Bwt), unbwt(Bwt)]).

tree(B) -> grow(lists:sort([{N, C} || {C, N} <- maps:to_list(lists:foldl(fun(C, M) -> maps:update_with(C, fun(N) -> N + 1 end, 1, M) end, #{}, binary_to_list(B)))])).
grow([{_, T}]) -> T;
grow([{A, L}, {B, R} | Rest]) -> grow(lists:sort([{A + B, {L, R}} | Rest])).
codes(T) -> codes(T, <<>>, #{}).
codes({L, R}, B, M) -> codes(R, <<B/bits, 1:1>>, codes(L, <<B/bits, 0:1>>, M));
codes(C, B, M) -> M#{C => B}.
decode(<<>>, _, Acc) -> Acc;
decode(B, T, Acc) -> {C, R} = one(B, T), decode(R, T, <<Acc/binary, C>>).
one(<<0:1, R/bits>>, {L, _}) -> one(R, L);
one(<<1:1, R/bits>>, {_, T}) -> one(R, T);
one(B, C) -> {C, B}.

lz(B) -> lz(B, 0).
lz(B, At) when At >= byte_size(B) -> [];
lz(B, At) ->
    case lists:max([{match(B, At, At - D, 0), D} || D <- lists:seq(1, min(At, 120))] ++ [{0, 0}]) of
        {N, D} when N > 3 -> [{D, N} | lz(B, At + N)];
        _ -> [binary:at(B, At) | lz(B, At + 1)]
    end.
match(B, At, From, N) when At + N < byte_size(B), N < 60 -> case binary:at(B, At + N) =:= binary:at(B, From + N) of true -> match(B, At, From, N + 1); false -> N end;
match(_, _, _, N) -> N.
unlz(Ts) -> lists:foldl(fun({D, N}, B) -> lists:foldl(fun(_, A) -> <<A/binary, (binary:at(A, byte_size(A) - D))>> end, B, lists:seq(1, N)); (C, B) -> <<B/binary, C>> end, <<>>, Ts).

rle(<<>>) -> [];
rle(<<C, R/binary>>) -> rle(R, C, 1).
rle(<<C, R/binary>>, C, N) -> rle(R, C, N + 1);
rle(B, C, N) -> [{N, [C]} | rle(B)].
unrle(L) -> lists:append([lists:append(lists:duplicate(N, S)) || {N, S} <- L]).

lzw(B) -> lzw(B, <<>>, maps:from_list([{<<C>>, C} || C <- lists:seq(0, 255)])).
lzw(<<>>, W, D) -> [map_get(W, D)];
lzw(<<C, R/binary>>, W, D) ->
    WC = <<W/binary, C>>,
    case D of #{WC := _} -> lzw(R, WC, D); _ -> [map_get(W, D) | lzw(R, <<C>>, D#{WC => map_size(D)})] end.
unlzw([H | T]) -> unlzw(T, <<H>>, maps:from_list([{C, <<C>>} || C <- lists:seq(0, 255)]), <<H>>).
unlzw([], _, _, Acc) -> Acc;
unlzw([K | T], W, D, Acc) -> E = case D of #{K := X} -> X; _ -> <<W/binary, (binary:first(W))>> end, unlzw(T, E, D#{map_size(D) => <<W/binary, (binary:first(E))>>}, <<Acc/binary, E/binary>>).

bwt(S) -> L = S ++ "$", [lists:last(R) || R <- lists:sort(rotations(L, length(L)))].
rotations(_, 0) -> [];
rotations([H | T] = L, N) -> [L | rotations(T ++ [H], N - 1)].
unbwt(B) -> lists:droplast(hd([R || R <- lists:foldl(fun(_, Rows) -> lists:sort([[C | Row] || {C, Row} <- lists:zip(B, Rows)]) end, [[] || _ <- B], B), lists:last(R) =:= $$])).
mtf(S) -> element(1, lists:mapfoldl(fun(C, A) -> {length(lists:takewhile(fun(X) -> X =/= C end, A)), [C | lists:delete(C, A)]} end, lists:usort(S), S)).
