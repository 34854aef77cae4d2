%% Binaries as values: conversion BIFs, splitting, sharing between processes.
%% tier: 0
-module(core_binaries).
-export([main/0, id/1]).

main() ->
    B = id(<<"the quick brown fox">>),
    erlang:display({byte_size(B), binary_part(B, 4, 5), binary_part(B, {19, -3}), split_binary(B, 3)}),
    erlang:display({binary_to_list(B), binary_to_list(B, 5, 9), list_to_binary("list")}),
    erlang:display({binary_to_atom(<<"an atom">>), atom_to_binary(hello), binary_to_integer(<<"-99">>), integer_to_binary(255, 16)}),
    erlang:display({iolist_to_binary([<<"a">>, [$b, [<<"c">>]], "d"]), iolist_size(["ab", <<"cd">>]), bitstring_to_list(<<1, 2, 3:4>>), list_to_bitstring([1, <<2:3>>])}),
    erlang:display({B =:= id(<<"the quick brown fox">>), B < <<"the">>, <<"a">> < <<"b">>, <<1:4>> < <<1>>, <<>> < <<0>>}),
    Large = list_to_binary([id(7) || _ <- seq(1, 100)]),
    Self = self(),
    P = spawn(fun() -> receive {take, X} -> Self ! {back, X, byte_size(X)} end end),
    P ! {take, Large},
    erlang:display(receive {back, Y, Size} -> {Y =:= Large, Size} end),
    <<_:10/binary, Sub:20/binary, _/binary>> = Large,
    P2 = spawn(fun() -> receive {take, X} -> Self ! {back, <<X/binary, "!">>} end end),
    P2 ! {take, Sub},
    erlang:display(receive {back, Z} -> Z end),
    erlang:display([erlang:md5(<<"abc">>), erlang:crc32(B), erlang:adler32(B)]),
    Term = {a, [1, 2.5, <<"x">>], #{k => v}, 1 bsl id(90), "string", -5, 300},
    External = term_to_binary(Term),
    erlang:display(External),
    erlang:display(binary_to_term(External) =:= Term),
    erlang:display(byte_size(term_to_binary(seq(1, 1000)))),
    erlang:display(erlang:external_size([])),
    erlang:display([class(fun() -> binary_part(B, 10, 100) end), class(fun() -> split_binary(B, 200) end), class(fun() -> list_to_binary([a]) end),
                    class(fun() -> binary_to_term(<<131, 255>>) end), class(fun() -> binary_to_integer(<<"x">>) end),
                    class(fun() -> byte_size(id([])) end), class(fun() -> binary_to_list(id(<<1:3>>)) end)]),
    ok.

id(X) -> X.

seq(N, M) when N > M -> [];
seq(N, M) -> [N | seq(N + 1, M)].

class(F) -> try F() catch C:R -> {C, R} end.
