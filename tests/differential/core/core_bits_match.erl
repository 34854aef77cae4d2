%% Matching binaries and bitstrings: sizes, signs, byte orders, tails.
%% tier: 0
-module(core_bits_match).
-export([main/0, id/1]).

main() ->
    B = id(<<16#DE, 16#AD, 16#BE, 16#EF, 16#80, 16#01, 16#7F, 16#FF>>),
    <<A1, A2:16, A3:8/signed, A4:16/little, A5:16/signed-little>> = B,
    erlang:display({A1, A2, A3, A4, A5}),
    <<B1:4, B2:12, B3:1, B4:3/signed, B5:4, BRest/bitstring>> = B,
    erlang:display({B1, B2, B3, B4, B5, BRest}),
    <<C1:3, C2:13/little, C3:32, C4/bitstring>> = B,
    erlang:display({C1, C2, C3, C4}),
    <<D1:64>> = B, <<D2:64/signed>> = B, <<D3:64/little>> = B, <<D4:64/signed-little>> = B,
    erlang:display({D1, D2, D3, D4}),
    <<_:7, E1:50, E2:7>> = B, <<_:7, E3:50/signed-little, _/bits>> = B,
    erlang:display({E1, E2, E3}),
    <<F1/float, F2:32/float, F3:16/float, F4:64/float-little>> = id(<<1.5/float, 2.5:32/float, -0.5:16/float, 3.25:64/float-little>>),
    erlang:display({F1, F2, F3, F4}),
    <<Len, Str:Len/binary, Tail/binary>> = id(<<3, "abcdef">>),
    erlang:display({Len, Str, Tail}),
    <<W:8, V:W, _/bits>> = id(<<12, 16#ABCD:16>>),
    erlang:display({W, V}),
    <<X1:2/unit:12, _:8/binary-unit:1, X2/binary>> = id(<<1, 2, 3, 4, 5, 6>>),
    erlang:display({X1, X2}),
    erlang:display([classify(T) || T <- [<<>>, <<0>>, <<1, 2>>, <<1:1>>, <<"GET /x">>, <<"PUT">>, <<255, 1, 2, 3>>, <<16#CAFE:16, 1:3>>, a, 1]]),
    erlang:display(bytes(<<"hello">>, [])),
    erlang:display(bits(<<2#1011001:7>>, [])),
    erlang:display(words(<<"the quick  brown fox">>, <<>>, [])),
    erlang:display(hex(<<16#00, 16#FF, 16#A5>>)),
    erlang:display(checksum(B, 0)),
    <<_:3, Odd:2/binary, _/bits>> = B,
    erlang:display({Odd, byte_size(Odd), Odd =:= <<245, 109>>, <<Odd/binary, "x">>}),
    <<Huge:200, _/bits>> = id(<<(id(1) bsl 190 + 99):200, "rest">>),
    erlang:display(Huge),
    erlang:display([class(fun() -> <<_:16, _/binary>> = id(<<1>>) end), class(fun() -> <<_, _/binary>> = id(<<1:9>>) end),
                    class(fun() -> <<1, 2>> = id(<<1, 3>>) end)]),
    ok.

id(X) -> X.

classify(<<>>) -> empty;
classify(<<0>>) -> zero;
classify(<<"GET ", Path/binary>>) -> {get, Path};
classify(<<255, N:24>>) -> {long, N};
classify(<<16#CAFE:16, R/bits>>) -> {cafe, R};
classify(<<A, B>>) -> {two, A, B};
classify(<<X:1>>) -> {bit, X};
classify(B) when is_binary(B) -> {other, byte_size(B)};
classify(_) -> no_binary.

bytes(<<>>, Acc) -> Acc;
bytes(<<B, Rest/binary>>, Acc) -> bytes(Rest, [B | Acc]).

bits(<<>>, Acc) -> Acc;
bits(<<B:1, Rest/bits>>, Acc) -> bits(Rest, [B | Acc]).

words(<<>>, W, Acc) -> [W | Acc];
words(<<$\s, Rest/binary>>, W, Acc) -> words(Rest, <<>>, [W | Acc]);
words(<<C, Rest/binary>>, W, Acc) -> words(Rest, <<W/binary, C>>, Acc).

hex(B) -> << <<(digit(N))>> || <<N:4>> <= B >>.
digit(N) when N < 10 -> $0 + N;
digit(N) -> $a + N - 10.

checksum(<<W:16, Rest/binary>>, S) -> checksum(Rest, (S * 31 + W) band 16#FFFFFF);
checksum(<<>>, S) -> S.

class(F) -> try F() catch C:R -> {C, R} end.
