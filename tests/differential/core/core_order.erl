%% The order of all terms, exact and arithmetic equality.
%% tier: 0
-module(core_order).
-export([main/0, id/1]).

main() ->
    Terms = [1, 1.0, -1, 2.5, 1 bsl id(70), -(1 bsl id(70)), a, b, aa, '', {}, {1}, {1, 2}, {a}, {1.0},
             #{}, #{a => 1}, #{b => 1}, #{a => 2}, #{1 => x}, #{1.0 => x}, #{a => 1, b => 2},
             [], [1], [1, 2], [1 | 2], [a], [[]], <<>>, <<1>>, <<1, 2>>, <<1:4>>, <<2>>, <<"abc">>],
    erlang:display(sort(Terms)),
    row(Terms, Terms),
    Mixed = [<<"b">>, "l", #{}, {t}, self(), fun id/1, make_ref(), atom, 3],
    erlang:display([kind(T) || T <- sort(Mixed)]),
    erlang:display([max(A, B) || A <- [1, a, [], <<>>], B <- [1.0, {}, #{}]]),
    ok.

id(X) -> X.

row([], _) -> ok;
row([T | Rest], All) ->
    erlang:display([relation(T, U) || U <- All]),
    row(Rest, All).

relation(A, B) when A =:= B -> '=';
relation(A, B) when A == B -> '~';
relation(A, B) when A < B -> '<';
relation(A, B) when A > B -> '>'.

sort([]) -> [];
sort([P | R]) -> sort([X || X <- R, X < P]) ++ [P | sort([X || X <- R, X >= P])].

kind(T) when is_binary(T) -> binary;
kind(T) when is_list(T) -> list;
kind(T) when is_map(T) -> map;
kind(T) when is_tuple(T) -> tuple;
kind(T) when is_pid(T) -> pid;
kind(T) when is_function(T) -> function;
kind(T) when is_reference(T) -> reference;
kind(T) when is_atom(T) -> atom;
kind(T) when is_number(T) -> number.
