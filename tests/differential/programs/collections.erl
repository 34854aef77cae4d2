%% ordsets, orddict, dict, sets (both versions), array, proplists, sofs.
%% tier: 3
-module(collections).
-export([main/0]).

main() ->
    A = ordsets:from_list([3, 1, 2, 3]), B = ordsets:from_list([2, 3, 4]),
    p([A, ordsets:union(A, B), ordsets:intersection(A, B), ordsets:subtract(A, B), ordsets:is_subset([1], A), ordsets:add_element(0, A), ordsets:del_element(2, A), ordsets:is_disjoint(A, [9]), ordsets:fold(fun(X, S) -> X + S end, 0, A), ordsets:union([[1], [3], [2]])]),
    D = orddict:from_list([{b, 2}, {a, 1}]),
    p([D, orddict:store(c, 3, D), orddict:fetch(a, D), orddict:find(z, D), orddict:append(l, x, orddict:append(l, y, D)), orddict:update(a, fun(X) -> X + 1 end, D), orddict:update_counter(z, 5, D), orddict:erase(a, D), orddict:merge(fun(_, X, Y) -> {X, Y} end, D, [{a, 9}, {q, 1}]), orddict:take(a, D), orddict:filter(fun(_, V) -> V > 1 end, D), orddict:fetch_keys(D), catch_(fun() -> orddict:fetch(z, D) end)]),
    Di = lists:foldl(fun(N, X) -> dict:store(N, N * N, X) end, dict:new(), lists:seq(1, 500)),
    p([dict:size(Di), dict:fetch(20, Di), dict:find(1000, Di), dict:is_key(3, Di), dict:fold(fun(_, V, S) -> V + S end, 0, Di), lists:sort(dict:to_list(dict:filter(fun(K, _) -> K < 4 end, Di))), dict:size(lists:foldl(fun dict:erase/2, Di, lists:seq(1, 450)))]),
    p(lists:sort(dict:to_list(dict:append(k, v2, dict:append_list(k, [a, b], dict:from_list([{k, [v]}]))))) ), p(lists:sort(dict:fetch_keys(dict:merge(fun(_, X, _) -> X end, dict:from_list([{1, a}]), dict:from_list([{2, b}]))))),
    p(lists:sort(dict:to_list(dict:map(fun(K, V) -> K + V end, dict:update_counter(1, 10, dict:update(2, fun(V) -> -V end, dict:from_list([{1, 1}, {2, 2}]))))))),
    p(catch_(fun() -> dict:fetch(zz, Di) end)),
    [begin
         S1 = sets:from_list(lists:seq(1, 50), O), S2 = sets:from_list(lists:seq(25, 75), O),
         p([sets:size(S1), lists:sum(sets:to_list(sets:union(S1, S2))), lists:sort(sets:to_list(sets:intersection(S1, S2))), sets:size(sets:subtract(S1, S2)), sets:is_element(3, S1), sets:is_subset(sets:from_list([1, 2], O), S1), sets:is_disjoint(S1, S2), sets:fold(fun(X, Y) -> X + Y end, 0, S2), lists:sort(sets:to_list(sets:filter(fun(X) -> X < 5 end, S1))), sets:is_set(S1), sets:is_empty(sets:new(O)), sets:size(sets:add_element(99, sets:del_element(1, S1)))])
     end || O <- [[], [{version, 2}], [{version, 1}]]],
    Ar = lists:foldl(fun(N, X) -> array:set(N, N * 10, X) end, array:new(), lists:seq(0, 300, 3)),
    p([array:size(Ar), array:get(3, Ar), array:get(4, Ar), array:sparse_size(Ar), length(array:sparse_to_list(Ar)), array:foldl(fun(_, undefined, S) -> S; (_, V, S) -> V + S end, 0, Ar), array:sparse_foldr(fun(I, _, S) -> max(I, S) end, 0, Ar), array:default(Ar)]),
    p([array:to_list(array:from_list([a, b, c])), array:to_orddict(array:set(2, x, array:new([{default, d}]))), array:to_list(array:resize(2, array:from_list([a, b, c]))), array:to_list(array:map(fun(I, V) -> {I, V} end, array:from_list([a, b]))), array:is_fix(array:new(3)), catch_(fun() -> array:set(5, x, array:new(3)) end), catch_(fun() -> array:get(-1, Ar) end), array:to_list(array:reset(1, array:from_list([a, b, c], zz))), array:from_orddict([{1, a}, {3, b}])]),
    P = [a, {b, 1}, {c, 2, 3}, {b, 2}, {d, false}, {"k", v}],
    p([proplists:get_value(b, P), proplists:get_value(a, P), proplists:get_value(z, P, def), proplists:get_all_values(b, P), proplists:get_bool(a, P), proplists:get_bool(d, P), proplists:lookup(c, P), proplists:lookup_all(b, P), proplists:delete(b, P), proplists:is_defined(d, P), proplists:append_values(b, [{b, [1]}, {b, [2]}]), proplists:compact([{a, true}, {b, 1}]), proplists:unfold([a, {b, 1}]), proplists:expand([{a, [x, y]}], [a, b]), proplists:split(P, [a, b]), proplists:substitute_aliases([{bb, b}], [{bb, 1}]), proplists:get_keys([a, {b, 1}, a]) -- [a, b], proplists:to_map([a, {b, 1}, {b, 2}]), proplists:normalize([{no_x, true}, y], [{negations, [{no_x, x}]}])]),
    F = sofs:family([{a, [1, 2]}, {b, [2, 3]}]),
    p([sofs:to_external(sofs:family_to_relation(F)), sofs:to_external(sofs:union_of_family(F)), sofs:to_external(sofs:converse(sofs:relation([{1, a}, {2, b}]))), sofs:to_external(sofs:relation_to_family(sofs:relation([{x, 1}, {x, 2}, {y, 3}]))), sofs:to_external(sofs:composite(sofs:relation([{1, a}]), sofs:relation([{a, z}])))]).

p(X) -> io:format("~p~n", [X]).
catch_(F) -> try F() catch C:R -> {C, R} end.
