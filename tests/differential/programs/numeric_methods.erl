%% Bisection, Newton, Simpson, Runge-Kutta, and sums that lose and keep precision: the same floats to the last bit.
%% tier: 2
-module(numeric_methods).
-export([main/0]).

main() ->
    io:format("~w~n", [bisect(fun(X) -> X * X * X - X - 2 end, 1.0, 2.0, 60)]),
    io:format("~w~n", [newton(fun(X) -> X * X - 612 end, fun(X) -> 2 * X end, 10.0, 8)]),
    io:format("~w~n", [simpson(fun(X) -> X * X * X - 2 * X end, 0.0, 3.0, 100)]),
    io:format("~w~n", [runge_kutta(fun(T, Y) -> T - Y end, 0.0, 1.0, 0.1, 20)]),
    Values = [1 / (N * N) || N <- lists:seq(1, 2000)],
    io:format("~w ~w ~w~n", [lists:sum(Values), lists:sum(lists:reverse(Values)), kahan(Values)]),
    io:format("~w~n", [horner([1.5, -2.25, 0.125, 3], 0.3)]),
    io:format("~w~n", [[X * 1.1 || X <- [1, 3, 7, 1.0e300, -2.5e-308]]]),
    io:format("~w~n", [[catch X / Y || {X, Y} <- [{1, 3}, {1.0e308, 1.0e-10}, {1, 0}, {0.0, 5}, {1 bsl 2000, 3}]]]),
    io:format("~w~n", [lists:foldl(fun(_, X) -> 3.9 * X * (1 - X) end, 0.5, lists:seq(1, 100))]).

bisect(_, A, B, 0) -> (A + B) / 2;
bisect(F, A, B, N) ->
    M = (A + B) / 2,
    case F(A) * F(M) =< 0 of
        true -> bisect(F, A, M, N - 1);
        false -> bisect(F, M, B, N - 1)
    end.

newton(_, _, X, 0) -> X;
newton(F, D, X, N) -> newton(F, D, X - F(X) / D(X), N - 1).

simpson(F, A, B, N) ->
    H = (B - A) / N,
    H / 3 * (F(A) + F(B) + lists:sum([(2 + 2 * (I rem 2)) * F(A + I * H) || I <- lists:seq(1, N - 1)])).

runge_kutta(_, _, Y, _, 0) -> Y;
runge_kutta(F, T, Y, H, N) ->
    K1 = F(T, Y),
    K2 = F(T + H / 2, Y + H * K1 / 2),
    K3 = F(T + H / 2, Y + H * K2 / 2),
    K4 = F(T + H, Y + H * K3),
    runge_kutta(F, T + H, Y + H * (K1 + 2 * K2 + 2 * K3 + K4) / 6, H, N - 1).

kahan(Values) ->
    element(1, lists:foldl(fun(X, {S, C}) -> Y = X - C, T = S + Y, {T, (T - S) - Y} end, {0.0, 0.0}, Values)).

horner(Coefficients, X) -> lists:foldr(fun(A, Acc) -> A + X * Acc end, 0, Coefficients).
