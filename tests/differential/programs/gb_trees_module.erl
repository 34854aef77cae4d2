%% Every function of gb_trees and gb_sets, with what they refuse.
%% tier: 2
-module(gb_trees_module).
-export([main/0]).

main() ->
    T = gb_trees:from_orddict([{K, K * K} || K <- lists:seq(1, 20)]),
    io:format("~w~n", [{gb_trees:size(T), gb_trees:is_defined(3, T), gb_trees:lookup(21, T), gb_trees:get(4, T)}]),
    io:format("~w~n", [gb_trees:to_list(gb_trees:enter(5, five, gb_trees:update(6, six, gb_trees:insert(0, zero, gb_trees:delete(7, T)))))]),
    io:format("~w~n", [{gb_trees:smallest(T), gb_trees:largest(T), element(1, gb_trees:take_smallest(T)), element(1, gb_trees:take(9, T))}]),
    io:format("~w~n", [gb_trees:take_any(99, gb_trees:empty())]),
    io:format("~w~n", [[catch_reason(F) || F <- [fun() -> gb_trees:insert(1, x, T) end, fun() -> gb_trees:get(99, T) end,
                                                fun() -> gb_trees:delete(99, T) end, fun() -> gb_trees:smallest(gb_trees:empty()) end]]]),
    io:format("~w~n", [iterate(gb_trees:iterator_from(15, T))]),
    io:format("~w~n", [gb_trees:values(gb_trees:map(fun(K, V) -> V - K end, T))]),
    io:format("~w~n", [gb_trees:balance(gb_trees:from_orddict([{1, a}, {2, b}]))]),
    A = gb_sets:from_list([3, 1, 4, 1, 5, 9, 2, 6]),
    B = gb_sets:from_list([2, 7, 1, 8]),
    io:format("~w~n", [[gb_sets:to_list(S) || S <- [A, gb_sets:union(A, B), gb_sets:intersection(A, B), gb_sets:subtract(A, B)]]]),
    io:format("~w~n", [{gb_sets:is_subset(gb_sets:from_list([1]), A), gb_sets:is_disjoint(A, B), gb_sets:is_member(9, A)}]),
    io:format("~w~n", [gb_sets:fold(fun(X, Acc) -> X + Acc end, 0, A)]),
    io:format("~w~n", [gb_sets:to_list(gb_sets:filter(fun(X) -> X rem 2 =:= 0 end, A))]),
    io:format("~w~n", [catch_reason(fun() -> gb_sets:insert(1, A) end)]).

iterate(I) -> case gb_trees:next(I) of none -> []; {K, V, Next} -> [{K, V} | iterate(Next)] end.
catch_reason(F) -> try F() catch C:R -> {C, R} end.
