%% Arrays: growing, fixed, sparse, with defaults of their own, and what they refuse.
%% tier: 2
-module(array_module).
-export([main/0]).

main() ->
    A = lists:foldl(fun(I, Acc) -> array:set(I * I, I, Acc) end, array:new({default, none}), lists:seq(0, 30)),
    io:format("~w~n", [{array:size(A), array:get(16, A), array:get(17, A), array:get(5000, A), array:sparse_size(A)}]),
    io:format("~w~n", [array:sparse_to_orddict(A)]),
    io:format("~w~n", [array:foldl(fun(_, none, S) -> S; (I, V, S) -> S + I * V end, 0, A)]),
    io:format("~w~n", [array:sparse_foldr(fun(I, _, L) -> [I | L] end, [], A)]),
    F = array:fix(array:from_list([a, b, c])),
    io:format("~w~n", [{array:to_list(F), array:is_fix(F), array:default(F)}]),
    io:format("~w~n", [[try G() catch C:R -> {C, R} end || G <- [fun() -> array:set(3, d, F) end, fun() -> array:get(-1, F) end,
                                                                fun() -> array:get(3, F) end, fun() -> array:new(-5) end, fun() -> array:get(0, not_one) end]]]),
    io:format("~w~n", [array:to_list(array:resize(5, array:relax(F)))]),
    io:format("~w~n", [array:to_orddict(array:reset(1, array:from_list([x, y, z], d)))]),
    io:format("~w~n", [array:to_list(array:map(fun(I, V) -> {I, V} end, F))]),
    io:format("~w~n", [array:from_orddict([{2, a}, {5, b}], q) =:= array:set(5, b, array:set(2, a, array:new({default, q})))]),
    Big = array:from_list(lists:seq(1, 10000)),
    io:format("~w~n", [{array:size(Big), array:get(9999, Big), lists:sum(array:to_list(array:set(0, 0, Big)))}]).
