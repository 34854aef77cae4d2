%% A registry of names with monitors, leases that run out, and lists of members: like pg, by hand, next to the real pg.
%% tier: 4
-module(linked_registry).
-export([main/0]).

main() ->
    {ok, _} = pg:start_link(scope),
    Workers = [spawn(fun wait/0) || _ <- lists:seq(1, 4)],
    [ok = pg:join(scope, G, W) || {G, W} <- lists:zip([a, a, b, b], Workers)],
    pg:join(scope, a, [self(), self()]),
    io:format("~w~n", [{length(pg:get_members(scope, a)), length(pg:get_local_members(scope, b)), lists:sort(pg:which_groups(scope)), pg:get_members(scope, none)}]),
    io:format("~w~n", [{pg:leave(scope, a, self()), length(pg:get_members(scope, a)), pg:leave(scope, b, self())}]),
    {Ref, Now} = pg:monitor(scope, b),
    io:format("~w~n", [length(Now)]),
    exit(lists:last(Workers), kill),
    io:format("~w~n", [receive {Ref, leave, b, [P]} -> P =:= lists:last(Workers) after 1000 -> none end]),
    pg:demonitor(scope, Ref),
    [exit(W, kill) || W <- Workers],
    wait_for(fun() -> pg:get_members(scope, b) =:= [] end),
    io:format("~w~n", [pg:which_groups(scope)]),
    true = register(first, self()),
    io:format("~w~n", [[catch register(first, self()), catch register(undefined, self()), whereis(first) =:= self(), lists:member(first, registered()), element(2, process_info(self(), registered_name))] -- [x]]),
    unregister(first),
    io:format("~w~n", [[whereis(first), catch unregister(first), catch (first ! x), process_info(self(), registered_name)]]).

wait() -> receive stop -> ok end.
wait_for(F) -> case F() of true -> ok; false -> receive after 5 -> wait_for(F) end end.
