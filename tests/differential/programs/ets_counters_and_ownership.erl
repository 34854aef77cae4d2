%% update_counter in all its forms, update_element, heirs, give_away, protection, named tables.
%% tier: 3
-module(ets_counters_and_ownership).
-export([main/0]).

main() ->
    T = ets:new(t, [public]),
    ets:insert(T, {k, 1, 10, x}),
    io:format("~w~n", [[ets:update_counter(T, k, 5), ets:update_counter(T, k, {3, -4}), ets:update_counter(T, k, [{2, 1}, {3, 100, 50, 0}, {2, -100, 0, 7}]), ets:lookup(T, k)]]),
    io:format("~w~n", [[ets:update_counter(T, new, {2, 3}, {new, 0}), ets:lookup(T, new), ets:update_counter(T, k, [])]]),
    io:format("~w~n", [[ets:update_element(T, k, {4, y}), ets:update_element(T, k, [{2, a}, {3, b}]), ets:update_element(T, none, {2, 1}), ets:lookup(T, k)]]),
    [io:format("~w~n", [try F() catch C:R -> {C, R} end])
     || F <- [fun() -> ets:update_counter(T, k, 1) end, fun() -> ets:update_counter(T, missing, 1) end, fun() -> ets:update_element(T, k, {1, z}) end,
              fun() -> ets:update_counter(T, new, {9, 1}) end, fun() -> ets:insert(T, notuple) end, fun() -> ets:new(t, [nonsense]) end, fun() -> ets:lookup(nosuch, 1) end]],
    ets:update_element(T, k, {2, 1 bsl 70}),
    io:format("~w~n", [[ets:update_counter(T, k, {2, 1}), ets:update_counter(T, k, {2, -(1 bsl 70)})]]),
    Self = self(),
    Owner = spawn(fun() ->
        H = ets:new(h, [named_table, {heir, Self, inherited}]),
        ets:insert(H, {from, owner}),
        G = ets:new(g, []),
        ets:give_away(G, Self, gift),
        receive stop -> ok end
    end),
    G = receive {'ETS-TRANSFER', Tab, Owner, gift} -> Tab end,
    io:format("~w~n", [ets:info(G, owner) =:= self()]),
    io:format("~w~n", [[catch ets:insert(h, {a, b}), ets:lookup(h, from)]]),
    Owner ! stop,
    receive {'ETS-TRANSFER', h, Owner, inherited} -> ok end,
    io:format("~w~n", [[ets:insert(h, {a, b}), lists:sort(ets:tab2list(h)), ets:whereis(h) =/= undefined, ets:rename(h, h2), ets:whereis(h)]]),
    P = ets:new(private, [private]),
    {_, M} = spawn_monitor(fun() -> exit({caught, catch ets:lookup(P, x)}) end),
    io:format("~p~n", [receive {'DOWN', M, _, _, {caught, {'EXIT', {badarg, [{ets, lookup, [_, x], _} | _]}}}} -> refused end]),
    io:format("~w~n", [[ets:insert_new(h2, [{z, 1}, {a, 2}]), ets:insert_new(h2, [{z, 1}, {y, 2}]), ets:take(h2, z), ets:lookup_element(h2, y, 2), ets:delete(h2)]]).
