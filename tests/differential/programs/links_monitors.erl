%% Links, monitors, exit signals and their reasons, demonitor and flush.
%% tier: 2
-module(links_monitors).
-export([main/0]).

main() ->
    logger:set_primary_config(level, none),
    process_flag(trap_exit, true),
    Ends = [{returns, fun() -> ok end}, {exit_normal, fun() -> exit(normal) end}, {exit_shutdown, fun() -> exit(shutdown) end}, {exit_term, fun() -> exit({a, [b]}) end}, {exit_kill, fun() -> exit(kill) end},
            {throws, fun() -> throw(ball) end}, {errors, fun() -> error(oops) end}, {badmatch, fun() -> {a, _} = list_to_tuple([b, c]) end}, {killed, fun() -> exit(self(), kill), wait() end},
            {self_exit, fun() -> exit(self(), bye), wait() end}, {self_normal, fun() -> exit(self(), normal), wait() end}],
    [p({Name, link_reason(F), monitor_reason(F)}) || {Name, F} <- Ends],
    [p({Sent, signalled(Sent, false), signalled(Sent, true)}) || Sent <- [normal, kill, shutdown, {some, term}, killed]],
    p(chain(20, collapse)),
    p(tree()),
    M1 = monitor(process, no_such_process_name),
    p(receive {'DOWN', M1, process, {N1, Node}, R1} -> {N1, Node =:= node(), R1} end),
    P2 = spawn(fun wait/0),
    Ms = [monitor(process, P2) || _ <- [1, 2, 3]],
    demonitor(hd(Ms)), exit(P2, over),
    p([receive {'DOWN', M, _, _, R} -> R after 100 -> nothing end || M <- Ms]),
    {P3, M3} = spawn_monitor(fun wait/0), exit(P3, x), wait_dead(P3),
    p([demonitor(M3, [flush, info]), demonitor(M3, [flush]), demonitor(M3)]),
    p(receive {'DOWN', M3, _, _, _} -> unexpected after 10 -> none end),
    {P4, M4} = spawn_monitor(fun wait/0),
    p([demonitor(M4, [info]), demonitor(M4, [info])]), exit(P4, kill),
    P5 = spawn_link(fun wait/0), unlink(P5), exit(P5, kill), wait_dead(P5),
    p(receive {'EXIT', P5, _} -> unexpected after 10 -> none end),
    P6 = spawn(fun wait/0), link(P6), link(P6), exit(P6, twice),
    p([receive {'EXIT', P6, W} -> W after 20 -> once end || _ <- [1, 2]]),
    Parent = self(),
    P7 = spawn(fun() -> process_flag(trap_exit, true), Parent ! ready, receive {'EXIT', F, W} -> Parent ! {trapped, F =:= Parent, W} end end),
    receive ready -> ok end, exit(P7, normal),
    p(receive {trapped, FromMe, W7} -> {FromMe, W7} after 500 -> none end),
    P8 = spawn(fun() -> link(Parent), exit(linked_back) end),
    p(receive {'EXIT', P8, W8} -> W8 end),
    p({process_flag(trap_exit, false), process_flag(trap_exit, true)}),
    p(catch exit(self(), kill_not_now)),
    p(receive {'EXIT', Me, W9} when Me =:= Parent -> W9 end),
    p([element(1, I) || I <- [process_info(self(), links), process_info(self(), monitors), process_info(self(), trap_exit)]]),
    {P10, M10} = spawn_monitor(fun wait/0),
    p([process_info(self(), monitors) =:= {monitors, [{process, P10}]}, process_info(P10, monitored_by) =:= {monitored_by, [self()]}]),
    exit(P10, kill), p(receive {'DOWN', M10, A, B, C} -> {A, B =:= P10, C} end),
    Port = open_port({spawn, "ram_file_drv"}, []), port_close(Port),
    Earlier = binary_to_term(<<131, 88, 100, 13:16, "nonode@nohost", 7:32, 0:32, 42:32>>),
    [p({Name, nobody(Identifier, false), nobody(Identifier, true)}) || {Name, Identifier} <- [{pid, P10}, {port, Port}, {earlier, Earlier}]].

%% A link to what is not there.
nobody(Identifier, Trapping) ->
    S = self(),
    {P, M} = spawn_monitor(fun() ->
        process_flag(trap_exit, Trapping),
        S ! {self(), try link(Identifier) catch Class:Reason -> {Class, Reason} end},
        receive {'EXIT', Identifier, Signal} -> exit({got, Signal}) after 50 -> ok end
    end),
    {receive {P, Answer} -> Answer after 100 -> none end, receive {'DOWN', M, _, _, Why} -> Why end}.

p(X) -> io:format("~p~n", [X]).
wait() -> receive after infinity -> ok end.
wait_dead(P) -> case is_process_alive(P) of true -> erlang:yield(), wait_dead(P); false -> ok end.

link_reason(F) -> P = spawn_link(F), receive {'EXIT', P, R} -> tidy(R) end.
monitor_reason(F) -> {P, M} = spawn_monitor(F), receive {'DOWN', M, process, P, R} -> tidy(R) end.

tidy({R, [{M, F, A, _} | _]}) -> {R, {M, F, A}};
tidy(R) -> R.

signalled(Reason, Trap) ->
    S = self(),
    {P, M} = spawn_monitor(fun() -> process_flag(trap_exit, Trap), S ! {ready, self()}, receive {'EXIT', _, R} -> exit({trapped, R}); finish -> exit(survived) end end),
    receive {ready, P} -> ok end,
    exit(P, Reason), P ! finish,
    receive {'DOWN', M, process, P, R} -> R end.

chain(N, Why) ->
    S = self(),
    {P, M} = spawn_monitor(fun() -> chain_link(N, S) end),
    Last = receive {last, L} -> L end,
    Last ! Why,
    receive {'DOWN', M, process, P, R} -> R end.

chain_link(0, S) -> S ! {last, self()}, receive Why -> exit(Why) end;
chain_link(N, S) -> spawn_link(fun() -> chain_link(N - 1, S) end), wait().

tree() ->
    S = self(),
    {Root, M} = spawn_monitor(fun() -> [spawn_link(fun() -> S ! {leaf, self()}, wait() end) || _ <- lists:seq(1, 30)], wait() end),
    Leaves = [receive {leaf, L} -> L end || _ <- lists:seq(1, 30)],
    Ms = [monitor(process, L) || L <- Leaves],
    exit(hd(Leaves), cut),
    receive {'DOWN', M, process, Root, R} -> {R, lists:usort([receive {'DOWN', X, _, _, W} -> W end || X <- Ms])} end.
