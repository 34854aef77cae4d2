%% proc_lib: synchronous start, failures, names, initial calls, hibernation.
%% tier: 4
-module(proc_lib_start).
-export([main/0, init_ok/1, init_fail/1, init_hang/0, init_ret/1, woken/1]).

main() ->
    logger:set_primary_config(level, none), process_flag(trap_exit, true),
    {ok, P} = proc_lib:start_link(?MODULE, init_ok, [self()]), p(is_pid(P)),
    P ! {ask, self()}, p(receive {answer, A} -> A end),
    p([proc_lib:start_link(?MODULE, init_fail, [W]) || W <- [exit, shutdown]]), p([receive {'EXIT', _, R} -> R after 500 -> none end || _ <- [1, 2]]),
    p(proc_lib:start(?MODULE, init_fail, [exit])), p(proc_lib:start(?MODULE, init_hang, [], 20)), p(proc_lib:start_link(?MODULE, init_ret, [{error, refused}])), p(proc_lib:start(?MODULE, init_ret, [ignore])),
    p([proc_lib:initial_call(P), proc_lib:translate_initial_call(P)]),
    P ! sleep, P ! {ask, self()}, p(receive {answer, A2} -> A2 end),
    unlink(P), exit(P, kill), link(P), p(receive {'EXIT', P, R2} -> R2 end),
    Q = proc_lib:spawn_link(fun() -> receive stop -> exit(stopped) end end), Q ! stop, p(receive {'EXIT', Q, R3} -> R3 end),
    {S, M} = proc_lib:spawn_opt(fun() -> exit(get('$ancestors')) end, [monitor]), p(receive {'DOWN', M, _, S, L} -> L =:= [self()] end),
    p(try proc_lib:stop(Q) catch exit:R4 -> R4 end),
    E = proc_lib:spawn_link(fun() -> error(reason) end), p(receive {'EXIT', E, {R5, [_ | _]}} -> R5 end).

init_ok(Parent) -> proc_lib:init_ack({ok, self()}), loop(Parent).
loop(Parent) ->
    receive
        {ask, F} -> F ! {answer, [hd(get('$ancestors')) =:= Parent, get('$initial_call')]}, loop(Parent);
        sleep -> proc_lib:hibernate(?MODULE, woken, [Parent]);
        {system, From, Msg} -> sys:handle_system_msg(Msg, From, Parent, ?MODULE, [], Parent)
    end.
woken(Parent) -> loop(Parent).
init_fail(exit) -> exit(failed);
init_fail(shutdown) -> exit(shutdown).
init_hang() -> receive after infinity -> ok end.
init_ret(R) -> proc_lib:init_ack(R).
p(X) -> io:format("~p~n", [X]).
