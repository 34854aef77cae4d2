%% ETS tables of type set and ordered_set: insert, look up, walk, delete, count.
%% tier: 3
-module(ets_sets).
-export([main/0]).

main() ->
    [run(Type) || Type <- [set, ordered_set]],
    O = ets:new(o, [ordered_set]),
    ets:insert(O, [{K, x} || K <- [5, 1.0, a, "s", {t}, 3, <<"b">>, -2, 1 bsl 70]]),
    p(ets:tab2list(O)),
    p([ets:first(O), ets:last(O), ets:next(O, 3), ets:prev(O, 3), ets:next(O, 4), ets:next(O, <<"b">>), ets:prev(O, -2)]),
    p([ets:lookup(O, 1), ets:lookup(O, 1.0), ets:member(O, 5.0)]),
    p(walk(O, ets:first(O))),
    ets:delete(O),
    p(try ets:lookup(O, 1) catch C:R -> {C, R} end).

run(Type) ->
    T = ets:new(table, [Type, public, {keypos, 1}]),
    p([ets:insert(T, {a, 1}), ets:insert(T, {a, 2, extra}), ets:lookup(T, a), ets:insert_new(T, {a, 3}), ets:insert_new(T, [{b, 1}, {c, 2}])]),
    p([ets:member(T, b), ets:member(T, z), ets:lookup(T, z), ets:lookup_element(T, a, 2), catch_(fun() -> ets:lookup_element(T, z, 2) end)]),
    ets:insert(T, [{N, N * N} || N <- lists:seq(1, 2000)]),
    p([ets:info(T, size), ets:info(T, type), ets:info(T, keypos), ets:info(T, protection), ets:info(T, name)]),
    p(ets:foldl(fun({K, V}, A) when is_integer(K) -> A + V; (_, A) -> A end, 0, T)),
    p([ets:update_counter(T, 5, 1), ets:update_counter(T, 5, {2, -10}), ets:update_counter(T, 5, [{2, 1}, {2, 2}]), ets:update_counter(T, 5, {2, 5, 20, 0}), ets:update_counter(T, new, 3, {new, 10})]),
    p([ets:update_element(T, 6, {2, changed}), ets:update_element(T, zz, {2, x}), ets:lookup(T, 6)]),
    p([ets:delete(T, 7), ets:lookup(T, 7), ets:delete_object(T, {8, wrong}), ets:delete_object(T, {8, 64}), ets:lookup(T, 8), ets:take(T, 9), ets:take(T, 9)]),
    p(lists:sort(ets:match(T, {'$1', changed}))),
    p(length(ets:tab2list(T))),
    p(lists:sum([K || {K, _} <- ets:tab2list(T), is_integer(K)])),
    p(ets:select_delete(T, [{{'$1', '_'}, [{is_integer, '$1'}, {'>', '$1', 10}], [true]}])),
    p(lists:sort(ets:tab2list(T))),
    p([ets:rename(T, renamed) =:= renamed, ets:info(T, size)]),
    p(ets:delete_all_objects(T)), p(ets:tab2list(T)), p(ets:first(T)),
    p([catch_(fun() -> ets:insert(T, not_a_tuple) end), catch_(fun() -> ets:insert(T, {}) end), catch_(fun() -> ets:update_counter(T, none, 1) end), catch_(fun() -> ets:new(x, [bad]) end)]),
    p(ets:delete(T)).

walk(_, '$end_of_table') -> [];
walk(T, K) -> [K | walk(T, ets:next(T, K))].

p(X) -> io:format("~p~n", [X]).
catch_(F) -> try F() catch C:R -> {C, R} end.
