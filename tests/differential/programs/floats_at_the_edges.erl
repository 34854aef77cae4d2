%% Text of floats in every form, signed zeros, the largest and the smallest, comparisons with integers.
%% tier: 2
-module(floats_at_the_edges).
-export([main/0, id/1]).

main() ->
    Floats = [0.0, -0.0, 1.0, 0.1, 1 / 3, 1.0e22, 1.0e23, 123456789012345680.0, 5.0e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 4.35, 0.5, 2.5, 3.5, -1.5, 1.0e15, 1.0e16, 99999.99999],
    [io:format("~w ~p ~s ~s ~s~n", [F, F, float_to_list(F), float_to_list(F, [short]), float_to_list(F, [{scientific, 5}])]) || F <- Floats],
    io:format("~p~n", [[float_to_list(F, [{decimals, D}]) || F <- [0.1, 2.5, 3.5, -0.05, 1.0e10, 123.456], D <- [0, 1, 2, 10]]]),
    io:format("~p~n", [[float_to_list(F, [{decimals, 6}, compact]) || F <- [1.5, 0.0, 100.0, 0.000001]]]),
    io:format("~w~n", [[{round(F), trunc(F), floor(F), ceil(F)} || F <- [0.5, 1.5, 2.5, -0.5, -1.5, 4503599627370496.5, 0.49999999999999994, 1.0e20]]]),
    io:format("~w~n", [[{list_to_float(S), S} || S <- ["1.0", "-0.0", "1.5e-10", "1.0e+5", "179769313486231570000.0", "0.1e-320"]]]),
    io:format("~p~n", [[try list_to_float(S) catch error:R -> R end || S <- ["1", "1.", ".5", "1.0e400", "1.0e", "nan", "1.0 ", "1.0e-400"]]]),
    io:format("~w~n", [[try F() catch error:R -> R end || F <- [fun() -> id(1.0e308) * 10 end, fun() -> id(1.0) / 0 end, fun() -> id(0.0) / id(0.0) end, fun() -> math:sqrt(-1) end, fun() -> math:log(0) end, fun() -> float(1 bsl 1100) end, fun() -> trunc(id(1.0e308)) > 0 end, fun() -> math:pow(10, 400) end, fun() -> id(-0.0) =:= id(0.0) end, fun() -> id(-0.0) == 0 end]]]),
    io:format("~w~n", [[{A < B, A == B, A =:= B} || {A, B} <- [{1, 1.0}, {9007199254740993, 9007199254740992.0}, {9007199254740992, 9007199254740992.0}, {1 bsl 100, 1.2676506002282294e30}, {(1 bsl 100) + 1, 1.2676506002282294e30}, {1.0e308, 1 bsl 1023}]]]),
    io:format("~w~n", [[X || <<X/float>> <= << <<F/float>> || F <- Floats >>] =:= Floats]),
    io:format("~w~n", [[<<F:32/float>> || F <- [0.1, 1.5, 65504.0]] ++ [<<F:16/float>> || F <- [0.1, 1.5, 65504.0]]]),
    io:format("~w~n", [[case B of <<X:S/float>> -> X; _ -> nomatch end || {B, S} <- [{<<16#7ff0000000000000:64>>, 64}, {<<16#7fc00000:32>>, 32}, {<<16#3c00:16>>, 16}, {<<16#7c00:16>>, 16}, {<<1:64>>, 64}]]]),
    io:format("~w~n", [[1.0e-5, 0.001, 12345.678, 1.0e21, 100000.0, 123456.0e3]]).

id(X) -> X.
