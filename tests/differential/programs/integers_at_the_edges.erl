%% Arithmetic where small integers end, divisions of all signs, shifts by much, conversions.
%% tier: 1
-module(integers_at_the_edges).
-export([main/0, id/1]).

main() ->
    Edges = [0, 1, -1, (1 bsl 59) - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1, (1 bsl 63) - 1, 1 bsl 63, -(1 bsl 63), (1 bsl 64) - 1, 1 bsl 64, -(1 bsl 64), 1 bsl 127, -(1 bsl 128) + 1],
    [io:format("~w ~w~n", [Op, [apply2(Op, A, B) || A <- Edges, B <- Edges]]) || Op <- ['+', '-', '*']],
    [io:format("~w ~w~n", [Op, erlang:phash2([apply2(Op, A, B) || A <- Edges, B <- Edges])]) || Op <- ['div', 'rem', 'band', 'bor', 'bxor', '/']],
    io:format("~w~n", [[{A, B, A div B, A rem B} || A <- [7, -7, 1 bsl 65, -(1 bsl 65)], B <- [2, -2, 1 bsl 33, -(1 bsl 60)]]]),
    io:format("~w~n", [[id(X) bsl N || X <- [1, -1, 3], N <- [0, 1, 58, 59, 60, 63, 64, 100, -1, -100]]]),
    io:format("~w~n", [[id(X) bsr N || X <- [1 bsl 70, -(1 bsl 70), -1, 5], N <- [0, 1, 64, 69, 70, 71, 200, -3]]]),
    io:format("~w~n", [[{bnot X, -X, abs(X)} || X <- Edges]]),
    io:format("~w~n", [[{float(X), trunc(float(X)) - X} || X <- Edges]]),
    io:format("~w~n", [[try binary_to_integer(integer_to_binary(X, B), B) =:= X catch error:R -> R end || X <- Edges, B <- [2, 10, 16, 36]]]),
    io:format("~w~n", [[catch_it(fun() -> id(1) bsl id(1 bsl 70) end), catch_it(fun() -> id(0) bsl id(1 bsl 70) end), catch_it(fun() -> id(1) bsr id(1 bsl 70) end), catch_it(fun() -> id(1) div 0 end), catch_it(fun() -> id(a) + 1 end), catch_it(fun() -> 1.0 rem id(2) end)]]),
    io:format("~w~n", [[X == float(X) || X <- Edges]]),
    io:format("~w~n", [lists:sort(Edges ++ [1.0, 5.76460752303423488e17, -1.8446744073709552e19, 1.0e300, -1.0e300])]).

id(X) -> X.
catch_it(F) -> try F() catch error:R -> R end.
apply2(Op, A, B) -> try erlang:Op(A, B) catch error:R -> R end.
