%% ETS bags, named tables, match specifications, ownership and heirs.
%% tier: 3
-module(ets_bags).
-export([main/0]).
-include_lib("stdlib/include/ms_transform.hrl").

main() ->
    B = ets:new(b, [bag]), D = ets:new(d, [duplicate_bag]),
    [[ets:insert(T, X) || X <- [{k, 1}, {k, 2}, {k, 1}, {j, 1}]] || T <- [B, D]],
    p([lists:sort(ets:lookup(B, k)), lists:sort(ets:lookup(D, k)), ets:info(B, size), ets:info(D, size)]),
    ets:delete_object(D, {k, 1}), p(ets:lookup(D, k)),
    p(lists:sort(ets:lookup_element(B, k, 2))),
    p(ets:insert_new(B, {k, 9})), p(ets:lookup(B, nothing)),
    named = ets:new(named, [named_table, ordered_set, protected]),
    ets:insert(named, [{N, N rem 5, integer_to_list(N), {nested, N}} || N <- lists:seq(1, 50)]),
    p(ets:match(named, {'$1', 3, '_', {nested, '$2'}})),
    p(ets:match_object(named, {'_', 0, '_', '_'})),
    p(ets:select(named, [{{'$1', '$2', '_', '_'}, [{'<', '$1', 6}], [{{'$2', '$1'}}]}])),
    p(ets:select(named, [{{'$1', '_', '$3', '_'}, [{'orelse', {'=:=', '$1', 7}, {'==', '$3', "9"}}], ['$_']}])),
    p(ets:select(named, [{{'$1', '$2', '_', '_'}, [{'>', {'+', '$1', '$2'}, 50}], [{'*', '$1', 2}]}])),
    p(ets:select_count(named, [{{'_', 2, '_', '_'}, [], [true]}])),
    p(ets:select(named, ets:fun2ms(fun({N, R, S, _}) when N > 40, R =/= 0 -> {N, S} end))),
    p(ets:select_replace(named, [{{'$1', '$2', '$3', '$4'}, [{'=<', '$1', 2}], [{{'$1', replaced, '$3', '$4'}}]}])),
    p(ets:lookup(named, 1)),
    {First, C1} = ets:select(named, [{{'$1', '_', '_', '_'}, [], ['$1']}], 20),
    {Second, C2} = ets:select(C1), {Third, C3} = ets:select(C2),
    p([length(First), length(Second), length(Third), case C3 of '$end_of_table' -> done; _ -> ets:select(C3) end, First ++ Second ++ Third =:= lists:seq(1, 50)]),
    p([X || [X] <- ets:match(named, {'$1', 4, '_', '_'})]),
    p(ets:match_delete(named, {'_', 4, '_', '_'})), p(ets:info(named, size)),
    p(ets:foldr(fun({N, _, _, _}, A) -> [N | A] end, [], named)),
    p(ets:select_reverse(named, [{{'$1', 1, '_', '_'}, [], ['$1']}])),
    p(ets:test_ms({a, 5}, [{{'$1', '$2'}, [{'>', '$2', 3}], [{{'$2', '$1'}}]}])),
    S = self(),
    Owner = spawn(fun() -> T = ets:new(owned, [named_table, {heir, S, my_data}]), ets:insert(T, {inherited, yes}), S ! made, receive stop -> ok end end),
    receive made -> ok end,
    p(catch_(fun() -> ets:insert(owned, {x}) end)), p(ets:lookup(owned, inherited)),
    Owner ! stop, p(receive {'ETS-TRANSFER', owned, Owner, Data} -> Data end),
    p([ets:insert(owned, {x, mine}), ets:info(owned, owner) =:= S]),
    Other = spawn(fun() -> receive {'ETS-TRANSFER', T, _, G} -> S ! {given, T, G, ets:lookup(T, x)} end end),
    ets:give_away(owned, Other, gift), p(receive {given, T1, G1, L1} -> {T1, G1, L1} end),
    M = monitor(process, Other), receive {'DOWN', M, _, _, _} -> ok end,
    p([ets:info(owned, size), catch_(fun() -> ets:lookup(owned, x) end)]),
    Private = spawn(fun() -> ets:new(hidden, [named_table, private]), S ! made, receive stop -> ok end end),
    receive made -> ok end, p(catch_(fun() -> ets:lookup(hidden, x) end)), Private ! stop,
    p(lists:sort(ets:tab2list(B))),
    p(ets:safe_fixtable(B, true)), p(ets:safe_fixtable(B, false)),
    L = ets:new(l, [set, {keypos, 2}]), p([ets:insert(L, {v, key}), ets:lookup(L, key), catch_(fun() -> ets:insert(L, {short}) end)]).

p(X) -> io:format("~p~n", [X]).
catch_(F) -> try F() catch C:R -> {C, R} end.
