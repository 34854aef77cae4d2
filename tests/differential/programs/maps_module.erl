%% Every function of the maps module, on small maps and large ones.
%% tier: 3
-module(maps_module).
-export([main/0]).

main() ->
    S = #{a => 1, b => 2, c => 3},
    L = maps:from_list([{N, N * N} || N <- lists:seq(1, 100)]),
    p([maps:get(a, S), maps:get(z, S, default), maps:find(b, S), maps:find(z, S), maps:is_key(c, S), maps:size(L)]),
    p([maps:put(d, 4, S), maps:update(a, 10, S), maps:remove(a, S), maps:remove(zz, S), maps:take(b, S), maps:take(zz, S)]),
    p([lists:sort(maps:keys(S)), lists:sort(maps:values(S)), lists:sort(maps:to_list(S))]),
    p(lists:sum(maps:keys(L))), p(lists:sum(maps:values(L))),
    p(maps:map(fun(K, V) -> {K, V} end, S)),
    p(maps:filter(fun(_, V) -> V rem 2 =:= 1 end, S)),
    p(maps:size(maps:filter(fun(K, _) -> K rem 7 =:= 0 end, L))),
    p(maps:filtermap(fun(a, _) -> false; (_, V) when V > 2 -> {true, V * 100}; (_, _) -> true end, S)),
    p(maps:fold(fun(_, V, A) -> V + A end, 0, L)),
    p(maps:merge(S, #{c => 30, d => 40})),
    p(maps:size(maps:merge(L, maps:from_list([{N, x} || N <- lists:seq(90, 120)])))),
    p(maps:merge_with(fun(_, A, B) -> [A, B] end, S, #{b => x, d => y})),
    p(maps:intersect(S, #{a => x, c => y, q => z})),
    p(maps:intersect_with(fun(K, A, B) -> {K, A, B} end, S, #{a => x, c => y})),
    p([maps:with([a, c, zz], S), maps:without([a, zz], S)]),
    p(lists:sort(maps:to_list(maps:with(lists:seq(95, 105), L)))),
    p([maps:update_with(a, fun(V) -> V + 1 end, S), maps:update_with(z, fun(V) -> V + 1 end, 0, S)]),
    p(maps:from_keys([x, y, z], 0)),
    p(lists:foldl(fun(X, M) -> maps:update_with(X rem 3, fun(L0) -> [X | L0] end, [X], M) end, #{}, lists:seq(1, 10))),
    p(lists:sort(maps:to_list(L)) =:= lists:sort([{K, V} || {K, V} <- iterate(maps:iterator(L))])),
    p(lists:sort(iterate(maps:iterator(S)))),
    p(maps:next(maps:iterator(#{}))),
    p(maps:next(maps:iterator(#{only => one}))),
    ok = maps:foreach(fun(_, _) -> ok end, L),
    p(maps:from_list([{a, 1}, {a, 2}, {b, 3}])),
    p(maps:new()),
    [p(try F() catch C:R -> {C, R} end) || F <- [fun() -> maps:get(z, S) end, fun() -> maps:update(z, 1, S) end, fun() -> maps:get(a, not_map) end,
                                                 fun() -> maps:from_list([a]) end, fun() -> maps:update_with(z, fun(V) -> V end, S) end,
                                                 fun() -> maps:fold(f, 0, S) end, fun() -> maps:keys([]) end, fun() -> maps:map(fun(_) -> 1 end, S) end,
                                                 fun() -> maps:merge(S, 1) end, fun() -> maps:take(a, 1) end]].

iterate(I) ->
    case maps:next(I) of
        none -> [];
        {K, V, Next} -> [{K, V} | iterate(Next)]
    end.

p(X) -> io:format("~p~n", [X]).
