%% Maps of all sizes: iteration, folds, merges, updates of missing keys, nested, as keys of maps.
%% tier: 2
-module(maps_iteration).
-export([main/0]).

main() ->
    [begin
         M = maps:from_list([{K, K * 2} || K <- lists:seq(1, N)]),
         I = iterate(maps:next(maps:iterator(M))),
         io:format("~w: ~w ~w ~w~n", [N, map_size(M), lists:sort(I) =:= lists:sort(maps:to_list(M)), maps:fold(fun(K, V, S) -> K + V + S end, 0, M)]),
         io:format("~w~n", [erlang:phash2(M)])
     end || N <- [0, 1, 31, 32, 33, 34, 100, 1000]],
    A = #{a => 1, b => #{c => [1, 2, #{d => e}]}, 1 => one, 1.0 => float, "s" => x, <<"b">> => y, {t} => z, #{k => v} => m},
    io:format("~p~n", [lists:sort(maps:to_list(A))]),
    io:format("~w~n", [[map_get(1, A), map_get(1.0, A), maps:get(#{k => v}, A), maps:find(none, A), maps:get(none, A, dflt), is_map_key({t}, A)]]),
    io:format("~w~n", [lists:sort(maps:to_list(maps:merge_with(fun(_, X, Y) -> {X, Y} end, #{a => 1, b => 2}, #{b => 3, c => 4})))]),
    io:format("~w~n", [[maps:filter(fun(_, V) -> V > 1 end, #{a => 1, b => 2}), maps:filtermap(fun(K, V) -> V > 1 andalso {true, {K, V}} end, #{a => 1, b => 2}), maps:map(fun(_, V) -> -V end, #{x => 1})]]),
    io:format("~w~n", [[maps:with([a, z], #{a => 1, b => 2}), maps:without([a, z], #{a => 1, b => 2}), maps:take(a, #{a => 1}), maps:take(q, #{a => 1}), maps:update_with(a, fun(X) -> X + 1 end, #{a => 1}), maps:intersect(#{a => 1, b => 2}, #{b => 3}), maps:from_keys([x, y], 0), maps:groups_from_list(fun(X) -> X rem 2 end, [1, 2, 3])]]),
    [io:format("~w~n", [try F() catch C:R -> {C, R} end])
     || F <- [fun() -> maps:get(x, #{}) end, fun() -> (id(#{}))#{x := 1} end, fun() -> maps:update(x, 1, #{}) end, fun() -> map_size(id([])) end, fun() -> (id(a))#{b => c} end, fun() -> maps:merge(#{}, []) end,
              fun() -> maps:from_list([a]) end, fun() -> maps:fold(x, 0, #{}) end, fun() -> maps:update_with(q, fun(X) -> X end, #{}) end, fun() -> maps:iterator(x) end]],
    io:format("~w~n", [lists:sort([#{b => 1}, #{a => 2}, #{a => 1}, #{}, #{a => 1, b => 0}, #{1 => x}, #{1.0 => x}])]),
    io:format("~w~n", [[#{1 => a} == #{1.0 => a}, #{a => 1} == #{a => 1.0}, #{a => 1} =:= #{a => 1.0}, #{a => 1} < #{a => 1.5}]]),
    #{a := X, b := #{c := [_, _ | [#{d := D}]]}} = A,
    io:format("~w~n", [{X, D}]).

id(X) -> X.
iterate(none) -> [];
iterate({K, V, I}) -> [{K, V} | iterate(maps:next(I))].
