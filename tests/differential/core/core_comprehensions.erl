%% List comprehensions: generators, filters, patterns, nesting.
%% tier: 0
-module(core_comprehensions).
-export([main/0, id/1]).

main() ->
    L = id([1, 2, 3, 4, 5, 6]),
    erlang:display([X * 2 || X <- L]),
    erlang:display([X || X <- L, X rem 2 =:= 0]),
    erlang:display([{X, Y} || X <- L, Y <- [a, b], X > 4]),
    erlang:display([{X, Y} || X <- L, Y <- L, X + Y =:= 7]),
    erlang:display([X || {ok, X} <- [{ok, 1}, error, {ok, 2}, {error, 3}, {ok, 4}]]),
    erlang:display([{A, B, C} || A <- s(20), B <- s(20), A < B, C <- s(20), A * A + B * B =:= C * C]),
    erlang:display([[X * Y || Y <- L] || X <- L]),
    erlang:display([X || X <- [], X]),
    erlang:display([B || <<B:4>> <= <<16#DE, 16#AD, 16#BE, 16#EF>>]),
    erlang:display([{A, B} || <<A, B>> <= <<"abcdefg">>]),
    erlang:display([X + B || X <- [100, 200], <<B>> <= <<1, 2, 3>>]),
    erlang:display([X || X <- L, begin Y = X * X, Y > 10 end]),
    erlang:display([X || X <- L, is_tuple(X) orelse X < 3]),
    erlang:display([X || X <- L, hd(X) > 3]),
    N = id(3),
    erlang:display([N || N <- L]),
    erlang:display([X || X = N1 <- L, N1 > N]),
    erlang:display(sieve(s(60) -- [1])),
    erlang:display(queens(5)),
    erlang:display([class(fun() -> [X || X <- id(not_a_list)] end), class(fun() -> [X || X <- id([1 | 2])] end),
                    class(fun() -> [X || X <- L, id(maybe_filter)] end), class(fun() -> [X || <<X>> <= id(a)] end)]),
    ok.

id(X) -> X.

s(N) -> s(N, []).
s(0, Acc) -> Acc;
s(N, Acc) -> s(N - 1, [N | Acc]).

sieve([]) -> [];
sieve([P | Xs]) -> [P | sieve([X || X <- Xs, X rem P =/= 0])].

queens(N) -> queens(N, N).
queens(0, _) -> [[]];
queens(K, N) -> [[Q | Qs] || Qs <- queens(K - 1, N), Q <- s(N), safe(Q, Qs, 1)].

safe(_, [], _) -> true;
safe(Q, [P | Ps], D) -> Q =/= P andalso abs(Q - P) =/= D andalso safe(Q, Ps, D + 1).

class(F) -> try F() catch C:R -> {C, R} end.
