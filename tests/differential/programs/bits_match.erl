%% Matching integers of every size, sign, byte order and alignment.
%% tier: 2
-module(bits_match).
-export([main/0, id/1]).

main() ->
    B = << <<(N * 37 + 11):8>> || N <- lists:seq(1, 40) >>,
    Sizes = [1, 2, 3, 5, 7, 8, 9, 12, 16, 17, 24, 31, 32, 33, 47, 59, 60, 61, 63, 64, 65, 80, 100, 128, 200],
    Offsets = [0, 1, 3, 4, 7, 8, 13],
    [io:format("~w unsigned ~w~n", [O, [begin <<_:O, V:S, _/bits>> = B, V end || S <- Sizes]]) || O <- Offsets],
    [io:format("~w signed ~w~n", [O, [begin <<_:O, V:S/signed, _/bits>> = B, V end || S <- Sizes]]) || O <- Offsets],
    [io:format("~w little ~w~n", [O, [begin <<_:O, V:S/little, _/bits>> = B, V end || S <- Sizes]]) || O <- Offsets],
    [io:format("~w signed little ~w~n", [O, [begin <<_:O, V:S/signed-little, _/bits>> = B, V end || S <- Sizes]]) || O <- Offsets],
    <<A:4, Bt:13/little, C:3/signed, D:20, E:8/little, F:24/signed-little, G/bits>> = B,
    io:format("~w~n", [{A, Bt, C, D, E, F, bit_size(G)}]),
    io:format("~w~n", [[kind(X) || X <- [<<>>, <<0:1>>, <<1:1>>, <<1>>, <<2, 3>>, <<16#FFFF:16>>, <<"%PDF-1.7">>, <<16#89, "PNG">>, <<3, 1, 2, 3>>, <<3, 1, 2>>, <<4:3, 0:5, 9>>, "list"]]]),
    io:format("~w~n", [decode(<<2, 5:8, 7:8, 1, 9:16, 3, 2, "hi", 0>>)]),
    io:format("~w~n", [varints(<<1, 16#96, 16#01, 16#FF, 16#FF, 16#03, 0, 16#80, 16#80, 16#80, 1>>)]),
    io:format("~w~n", [rle(<<"aaabccddddd">>)]),
    io:format("~w~n", [[size_from(N, <<1, 2, 3, 4, 5, 6, 7, 8>>) || N <- lists:seq(0, 9)]]),
    io:format("~w~n", [find(<<"needle">>, <<"haystack with a needle in it">>, 0)]),
    <<X:16, X:16, _/binary>> = id(<<1, 2, 1, 2, 9>>),
    io:format("~w~n", [X]),
    io:format("~w~n", [case id(<<1, 2, 3, 4>>) of <<Y, _, Y, _>> -> same; <<Y, Z, _/binary>> -> {Y, Z} end]),
    io:format("~w~n", [tails(<<"abcd">>)]),
    [io:format("~p~n", [catch_(Fn)]) || Fn <- [fun() -> <<_:9>> = id(<<1>>) end, fun() -> <<N, _:N/binary>> = id(<<9, 1>>) end, fun() -> <<_:3/binary, _/binary>> = id(<<1:20>>) end,
                                               fun() -> <<_/binary>> = id(<<1:9>>) end, fun() -> Minus = id(-1), <<_:Minus, _/bits>> = id(<<1>>) end, fun() -> <<5, _/bits>> = id(five) end]].

id(X) -> X.

kind(<<>>) -> empty;
kind(<<0:1>>) -> bit0;
kind(<<_:1>>) -> bit1;
kind(<<"%PDF-", Major, ".", Minor>>) -> {pdf, Major - $0, Minor - $0};
kind(<<16#89, "PNG", _/bits>>) -> png;
kind(<<-1:16/signed>>) -> minus_one;
kind(<<N, Body:N/binary>>) -> {sized, Body};
kind(<<N:3, 0:5, R/bits>>) when N > 3 -> {tagged, N, R};
kind(<<_, _>>) -> two;
kind(B) when is_bitstring(B) -> {bits, bit_size(B)};
kind(_) -> not_bits.

decode(<<0>>) -> [];
decode(<<1, N:16, R/bits>>) -> [{word, N} | decode(R)];
decode(<<2, A, B, R/bits>>) -> [{pair, A, B} | decode(R)];
decode(<<3, L, S:L/bytes, R/bits>>) -> [{text, S} | decode(R)].

varints(<<>>) -> [];
varints(B) -> {N, R} = varint(B, 0, 0), [N | varints(R)].

varint(<<0:1, N:7, R/binary>>, Shift, Acc) -> {Acc bor (N bsl Shift), R};
varint(<<1:1, N:7, R/binary>>, Shift, Acc) -> varint(R, Shift + 7, Acc bor (N bsl Shift)).

rle(<<C, R/binary>>) -> rle(R, C, 1);
rle(<<>>) -> [].

rle(<<C, R/binary>>, C, N) -> rle(R, C, N + 1);
rle(B, C, N) -> [{C, N} | rle(B)].

size_from(N, B) ->
    case B of
        <<_:N/binary, V:16, _/binary>> -> V;
        <<_:N/binary, R/binary>> -> {short, R};
        _ -> beyond
    end.

find(P, B, N) ->
    S = byte_size(P),
    case B of
        <<_:N/binary, P:S/binary, _/binary>> -> N;
        <<_:N/binary, _, _/binary>> -> find(P, B, N + 1);
        _ -> nomatch
    end.

tails(<<>>) -> [<<>>];
tails(<<_, R/binary>> = B) -> [B | tails(R)].

catch_(F) -> try F() catch C:R -> {C, R} end.
