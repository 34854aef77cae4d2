%% start, start_monitor, init_ack, init_fail forms, spawned with names, translated initial calls, sys messages by hand.
%% tier: 4
-module(proc_lib_protocols).
-export([main/0, start_ok/1, start_fail/1, start_slow/1, start_crash/1, system_continue/3, system_terminate/4, system_get_state/1, system_replace_state/2, system_code_change/4]).

main() ->
    logger:set_primary_config(level, none),
    process_flag(trap_exit, true),
    {ok, P} = proc_lib:start_link(?MODULE, start_ok, [self()]),
    io:format("~p~n", [proc_lib:initial_call(P)]),
    io:format("~p~n", [proc_lib:translate_initial_call(P)]),
    io:format("~p~n", [sys:get_state(P)]),
    io:format("~p~n", [sys:replace_state(P, fun(S) -> {replaced, S} end)]),
    ok = sys:suspend(P),
    P ! {self(), question},
    io:format("~p~n", [receive A -> A after 30 -> suspended end]),
    ok = sys:change_code(P, ?MODULE, old, extra),
    ok = sys:resume(P),
    io:format("~p~n", [receive B -> B after 1000 -> none end]),
    ok = sys:log(P, true),
    P ! {self(), again},
    receive {answer, _} -> ok end,
    io:format("~p~n", [sys:log(P, get) =/= []]),
    io:format("~p~n", [sys:terminate(P, finished)]),
    io:format("~p~n", [receive {'EXIT', P, R} -> R end]),
    io:format("~p~n", [[proc_lib:start_link(?MODULE, F, [self()], 50) || F <- [start_fail, start_crash, start_slow]]]),
    io:format("~p~n", [[receive {'EXIT', _, E} -> reason(E) after 100 -> none end || _ <- [1, 2, 3]]]),
    {{ok, Q}, Mon} = proc_lib:start_monitor(?MODULE, start_ok, [self()]),
    exit(Q, kill),
    io:format("~p~n", [receive {'DOWN', Mon, process, Q, Why} -> Why end]),
    H = proc_lib:spawn_link(fun() -> proc_lib:hibernate(?MODULE, start_fail, [self()]) end),
    H ! wake,
    io:format("~p~n", [receive {'EXIT', H, HR} -> reason(HR) after 200 -> asleep end]).

reason({R, [_ | _]}) -> R;
reason(R) -> R.

start_ok(Parent) -> proc_lib:init_ack(Parent, {ok, self()}), loop(Parent, sys:debug_options([]), [initial]).
start_fail(Parent) -> proc_lib:init_ack(Parent, {error, refused}), exit(refused).
start_crash(_) -> error(crashed).
start_slow(_) -> receive after infinity -> ok end.

loop(Parent, Debug, State) ->
    receive
        {system, From, Request} -> sys:handle_system_msg(Request, From, Parent, ?MODULE, Debug, State);
        {From, Question} ->
            Debug1 = sys:handle_debug(Debug, fun(_, _, _) -> ok end, ?MODULE, {in, Question}),
            From ! {answer, State},
            loop(Parent, Debug1, [Question])
    end.

system_continue(Parent, Debug, State) -> loop(Parent, Debug, State).
system_terminate(Reason, _, _, _) -> exit(Reason).
system_get_state(State) -> {ok, State}.
system_replace_state(F, State) -> New = F(State), {ok, New, New}.
system_code_change(State, _, Old, Extra) -> {ok, {Old, Extra, State}}.
