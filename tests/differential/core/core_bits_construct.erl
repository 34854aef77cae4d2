%% Building binaries and bitstrings with every segment type.
%% tier: 0
-module(core_bits_construct).
-export([main/0, id/1]).

main() ->
    A = id(16#1234), N = id(-2), F = id(1.5), B = id(<<"bin">>), S = id(12),
    erlang:display({<<A>>, <<A:16>>, <<A:16/little>>, <<A:32>>, <<A:32/little>>, <<A:64/native>>}),
    erlang:display({<<N>>, <<N:16>>, <<N:24/little>>, <<N:S>>, <<N:80>>}),
    erlang:display({<<A:4>>, <<A:12>>, <<1:1, 0:1, A:6>>, <<A:S, A:4>>, <<A:13/little>>, <<A:9/little, 1:7>>}),
    erlang:display({<<F/float>>, <<F:32/float>>, <<F:16/float>>, <<F:64/float-little>>, <<(id(3)):64/float>>}),
    erlang:display({<<B/binary>>, <<B:2/binary>>, <<"<", B/binary, ">">>, <<B/bits, 1:1>>, <<1:1, B/binary, 0:7>>}),
    erlang:display({<<A:S/unit:2>>, <<A:2/unit:16>>, <<B:1/binary-unit:16>>}),
    erlang:display({<<>>, <<0:0>>, <<"text">>, <<"a", 0, "b">>, <<1, 2, 3>>, <<(id(1) bsl 70):80>>, <<-(id(1) bsl 70):80/little>>}),
    erlang:display({<<A:1>>, <<A:2>>, <<A:3>>, <<A:5>>, <<A:7>>}),
    erlang:display({byte_size(<<A:17>>), bit_size(<<A:17>>), byte_size(B), bit_size(<<>>)}),
    erlang:display(append(20, <<>>)),
    erlang:display(append_bits(30, <<>>)),
    erlang:display(byte_size(append(2000, <<>>))),
    Base = <<"base", B/binary>>,
    X = <<Base/binary, 1>>, Y = <<Base/binary, 2>>,
    erlang:display({Base, X, Y}),
    erlang:display([class(fun() -> <<(id(a))>> end), class(fun() -> <<(id(1.5)):8>> end), class(fun() -> <<1:(id(-1))>> end),
                    class(fun() -> <<(id(a))/binary>> end), class(fun() -> <<B:(id(9))/binary>> end),
                    class(fun() -> <<(id(<<1:3>>))/binary>> end), class(fun() -> <<F:(id(17))/float>> end),
                    class(fun() -> <<(id(16#D800))/utf8>> end), class(fun() -> <<(id(1.0e300)):32/float>> end)]),
    ok.

id(X) -> X.

append(0, Acc) -> Acc;
append(N, Acc) -> append(N - 1, <<Acc/binary, N:16>>).

append_bits(0, Acc) -> Acc;
append_bits(N, Acc) -> append_bits(N - 1, <<Acc/bitstring, N:3>>).

class(F) -> try F() catch C:R -> {C, R} end.
