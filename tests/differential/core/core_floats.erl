%% Floats: arithmetic, comparison with integers, conversions, errors.
%% tier: 0
-module(core_floats).
-export([main/0, id/1]).

main() ->
    A = id(1.5), B = id(-0.25), C = id(3),
    erlang:display({A + B, A - B, A * B, A / B}),
    erlang:display({A + C, C - A, C * B, C / 2, 7 / C, 4 / id(2)}),
    erlang:display({-A, +B, abs(B), float(C)}),
    erlang:display({trunc(A), trunc(-A), round(A), round(-A), round(id(2.5)), round(id(0.49999999999999994))}),
    erlang:display({floor(A), floor(-A), ceil(A), ceil(-A), floor(C), ceil(C)}),
    erlang:display({id(1.0) == 1, id(1.0) =:= 1, id(1.0) /= 1, id(1.0) =/= 1}),
    erlang:display({A < C, A > C, id(2.0) =< 2, id(2) >= 2.0}),
    erlang:display({id(1.0e308) > (id(1) bsl 1000), id(1.0e22) < (id(1) bsl 80)}),
    erlang:display({float(id(9007199254740993)) == 9007199254740993, id(9007199254740992.0) == 9007199254740992}),
    erlang:display({id(0.0) == id(-0.0), id(0.0) =:= id(-0.0)}),
    erlang:display({0.1 + id(0.2), id(1.0e-320), id(1.7976931348623157e308), id(4.9e-324)}),
    erlang:display({float_to_list(A), float_to_list(id(0.1)), float_to_list(id(1.0e100))}),
    erlang:display({list_to_float("2.5e3"), list_to_float("-0.001"), binary_to_float(<<"6.02e23">>)}),
    erlang:display({round(id(1.0e20)), trunc(id(-1.0e19))}),
    erlang:display(harmonic(1000, 0.0)),
    erlang:display(newton(id(2.0), 1.0, 20)),
    erlang:display(pi(2000, 0, 0.0)),
    erlang:display([class(fun() -> A / id(0) end),
                    class(fun() -> A / id(0.0) end),
                    class(fun() -> id(1.0e308) * id(10) end),
                    class(fun() -> A + id(foo) end),
                    class(fun() -> float(id(1) bsl 2000) end),
                    class(fun() -> list_to_float(id("1")) end)]),
    ok.

id(X) -> X.

harmonic(0, S) -> S;
harmonic(N, S) -> harmonic(N - 1, S + 1 / N).

newton(_, X, 0) -> X;
newton(A, X, N) -> newton(A, (X + A / X) / 2, N - 1).

pi(N, N, S) -> 4 * S;
pi(N, K, S) when K rem 2 =:= 0 -> pi(N, K + 1, S + 1 / (2 * K + 1));
pi(N, K, S) -> pi(N, K + 1, S - 1 / (2 * K + 1)).

class(F) -> try F() catch C:R -> {C, R} end.
