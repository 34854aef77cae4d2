%% The math module, and what its functions refuse.
%% tier: 2
-module(float_math).
-export([main/0, id/1]).

main() ->
    Xs = [0.0, 0.5, 1.0, -1.0, 2, 10, 0.001, 100.5],
    One = [sin, cos, tan, atan, sinh, cosh, tanh, exp, erf, erfc, floor, ceil, asinh],
    [io:format("~p: ~w~n", [F, [r(catch_(fun() -> math:F(X) end)) || X <- Xs]]) || F <- One],
    [io:format("~p: ~w~n", [F, [r(catch_(fun() -> math:F(X) end)) || X <- Xs]]) || F <- [sqrt, log, log2, log10, asin, acos, acosh, atanh]],
    io:format("~w~n", [[r(math:atan2(Y, X)) || Y <- [-1, 0, 1], X <- [-1.0, 1.0]]]),
    io:format("~w~n", [[r(catch_(fun() -> math:pow(X, Y) end)) || X <- [2, 0.5, -2, 0], Y <- [0, 3, -1, 0.5]]]),
    io:format("~w~n", [[r(math:fmod(X, Y)) || X <- [7, -7.5], Y <- [2, 0.3]]]),
    io:format("~w~n", [r(math:pi())]),
    io:format("~w~n", [catch_(fun() -> math:exp(id(1000)) end)]),
    io:format("~w~n", [catch_(fun() -> math:sin(id(a)) end)]),
    io:format("~w~n", [catch_(fun() -> math:fmod(id(1), 0) end)]),
    io:format("~.9f~n", [simpson(fun math:sin/1, 0, math:pi(), 200)]),
    io:format("~.9f~n", [bisect(fun(X) -> X * X * X - X - 2 end, 1.0, 2.0, 60)]),
    io:format("~.9f~n", [lists:foldl(fun(K, S) -> S + math:pow(-1, K) / (2 * K + 1) end, 0.0, lists:seq(0, 5000)) * 4]),
    {Mean, Dev} = stats([2, 4, 4, 4, 5, 5, 7, 9]),
    io:format("~p ~p~n", [Mean, Dev]).

id(X) -> X.

%% Twelve digits: the last bits of a transcendental function are the C library's own.
r(X) when is_float(X) -> list_to_float(float_to_list(X, [{scientific, 12}]));
r(Other) -> Other.

catch_(F) -> try F() catch C:R -> {C, R} end.

simpson(F, A, B, N) ->
    H = (B - A) / N,
    S = lists:sum([case I of 0 -> 1; N -> 1; _ when I rem 2 =:= 1 -> 4; _ -> 2 end * F(A + I * H) || I <- lists:seq(0, N)]),
    S * H / 3.

bisect(_, A, B, 0) -> (A + B) / 2;
bisect(F, A, B, N) ->
    M = (A + B) / 2,
    case F(A) * F(M) =< 0 of
        true -> bisect(F, A, M, N - 1);
        false -> bisect(F, M, B, N - 1)
    end.

stats(L) ->
    N = length(L),
    Mean = lists:sum(L) / N,
    {Mean, math:sqrt(lists:sum([(X - Mean) * (X - Mean) || X <- L]) / N)}.
