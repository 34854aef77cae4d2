%% The key functions, zips, folds with accumulators, splits and flattening, with improper arguments too.
%% tier: 1
-module(lists_keys_and_zips).
-export([main/0]).

main() ->
    L = [{c, 3, x}, {a, 1}, {b, 2.0}, {d}, {b, 2}, notatuple, {a, 0}],
    io:format("~w~n", [[lists:keyfind(K, N, L) || {K, N} <- [{a, 1}, {2, 2}, {2.0, 2}, {x, 3}, {zz, 1}]]]),
    io:format("~w~n", [[lists:keymember(2, 2, L), lists:keysearch(b, 1, L), lists:keydelete(b, 1, L)]]),
    io:format("~w~n", [lists:keyreplace(a, 1, L, {a, new})]),
    io:format("~w~n", [lists:keystore(q, 1, L, {q, 9})]),
    io:format("~w~n", [lists:keytake(b, 1, L)]),
    T = [{X rem 3, X} || X <- lists:seq(10, 1, -1)],
    io:format("~w~n~w~n~w~n", [lists:keysort(1, T), lists:ukeysort(1, T), lists:keymerge(1, lists:keysort(1, T), [{1, extra}])]),
    io:format("~w~n", [lists:keymap(fun(X) -> X * 10 end, 2, T)]),
    io:format("~w~n", [{lists:zip([1, 2], [a, b]), lists:unzip3([{1, a, x}, {2, b, y}]), lists:zipwith3(fun(A, B, C) -> A + B * C end, [1, 2], [3, 4], [5, 6])}]),
    io:format("~w~n", [lists:mapfoldr(fun(X, S) -> {X + S, S * 2} end, 1, [1, 2, 3, 4])]),
    io:format("~w~n", [{lists:splitwith(fun(X) -> X < 3 end, [1, 2, 3, 1]), lists:partition(fun(X) -> X < 3 end, [1, 2, 3, 1]), lists:split(2, [a, b, c])}]),
    io:format("~w~n", [{lists:dropwhile(fun is_atom/1, [a, 1, b]), lists:takewhile(fun is_atom/1, [a, 1, b]), lists:droplast([1, 2]), lists:nthtail(2, [a, b, c])}]),
    io:format("~w~n", [{lists:flatten([1, [2, [[], 3]], [[4]]]), lists:flatlength([1, [2, [3]]]), lists:flatten([a, [b]], [c])}]),
    io:format("~w~n", [{lists:sublist([a, b, c, d], 2, 2), lists:sublist([a], 5), lists:join(x, [1, 2, 3]), lists:prefix([1], [1, 2]), lists:suffix([2], [1, 2])}]),
    io:format("~w~n", [{lists:search(fun(X) -> X > 2 end, [1, 3, 5]), lists:filtermap(fun(X) when X > 1 -> {true, -X}; (_) -> false end, [1, 2, 3]), lists:enumerate(5, [a, b])}]),
    io:format("~w~n", [{lists:foldr(fun(X, A) -> [X, A] end, [], [1, 2, 3]), lists:concat([a, 1, "x", 2.5]), lists:max([1, a, "s", 2.0]), lists:min([{}, [], <<>>])}]),
    io:format("~w~n", [[1, 2, 3, 2, 1] -- [2, 1, 7]]),
    [io:format("~p~n", [try F() catch C:R -> {C, R} end])
     || F <- [fun() -> lists:nth(4, [a, b]) end, fun() -> lists:keyfind(a, 0, []) end, fun() -> lists:zip([1], []) end,
              fun() -> lists:sum([1 | 2]) end, fun() -> lists:reverse(abc) end, fun() -> lists:flatten([1 | 2]) end,
              fun() -> lists:split(3, [1]) end, fun() -> lists:keyreplace(a, 1, [], b) end, fun() -> lists:seq(1, 5, -1) end,
              fun() -> lists:append([[1], 2]) end, fun() -> [1] ++ 2 end, fun() -> [1 | 2] ++ [3] end, fun() -> [1, 2] -- 3 end]].
