%% Calls of every form: local, remote, apply, tail calls, many arguments.
%% tier: 0
-module(core_apply).
-export([main/0, id/1, sum/1, sum/2, sum/3, f0/0, even/1, odd/1, many/12, loop/2]).

main() ->
    M = id(?MODULE), F = id(sum),
    erlang:display({M:F(1), M:F(1, 2), M:F(1, 2, 3), M:f0(), ?MODULE:F(5, 5)}),
    erlang:display({apply(M, F, [1]), apply(M, F, [1, 2]), apply(M, F, id([1, 2, 3])), apply(M, id(f0), [])}),
    erlang:display({apply(erlang, id('+'), [1, 2]), apply(erlang, abs, [-3]), erlang:apply(id(erlang), hd, [[h]])}),
    erlang:display({even(100001), odd(100001), M:even(20000)}),
    erlang:display(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)),
    erlang:display(apply(M, many, [a, b, c, d, e, f, g, h, i, j, k, l])),
    erlang:display(loop(300000, 0)),
    erlang:display(M:loop(1000, 0)),
    erlang:display(ackermann(2, 9)),
    erlang:display(tak(12, 8, 4)),
    erlang:display({erlang:function_exported(M, sum, 2), erlang:function_exported(M, sum, 4), erlang:function_exported(M, main, 0)}),
    erlang:display([class(fun() -> M:nothing(1) end), class(fun() -> apply(M, F, id([1 | 2])) end),
                    class(fun() -> apply(id("m"), f, []) end), class(fun() -> apply(M, id(7), []) end),
                    class(fun() -> (id(no_such_module)):f(x) end)]),
    ok.

id(X) -> X.
f0() -> zero.
sum(A) -> A.
sum(A, B) -> A + B.
sum(A, B, C) -> A + B + C.

even(0) -> true;
even(N) -> odd(N - 1).
odd(0) -> false;
odd(N) -> ?MODULE:even(N - 1).

many(A, B, C, D, E, F, G, H, I, J, K, L) -> {L, K, J, I, H, G, F, E, D, C, B, A}.

loop(0, Acc) -> Acc;
loop(N, Acc) -> ?MODULE:loop(N - 1, Acc + N rem 7).

ackermann(0, N) -> N + 1;
ackermann(M, 0) -> ackermann(M - 1, 1);
ackermann(M, N) -> ackermann(M - 1, ackermann(M, N - 1)).

tak(X, Y, Z) when Y < X -> tak(tak(X - 1, Y, Z), tak(Y - 1, Z, X), tak(Z - 1, X, Y));
tak(_, _, Z) -> Z.

class(F) -> try F() catch C:R -> {C, R} end.
