%% What a process does, told to a tracer: spawning, linking, registering, exiting, running, with sequential tokens.
%% tier: 4
-module(process_tracing).
-export([main/0]).

main() ->
    P = spawn_link(fun() -> receive go -> work() end end),
    erlang:trace(P, true, [procs, set_on_spawn]),
    P ! go,
    receive after 50 -> ok end,
    Events = flush(),
    io:format("~p~n", [[E || {trace, Q, E, _} <- Events, Q =:= P]]),
    io:format("~p~n", [lists:sort([{E, simple(X)} || {trace, _, E, X} <- Events, E =/= link, E =/= unlink, E =/= getting_linked, E =/= getting_unlinked])]),
    T = spawn(fun() -> receive go -> self() ! own, receive own -> ok end end end),
    erlang:trace(T, true, [send, 'receive', timestamp]),
    T ! go,
    receive after 30 -> ok end,
    io:format("~p~n", [[{E, M} || {trace_ts, _, E, M, {_, _, _}} <- flush()] ++ [{E, M} || {trace_ts, _, E, M, _, {_, _, _}} <- flush()]]),
    seq_trace:set_system_tracer(self()),
    seq_trace:set_token(label, 17), seq_trace:set_token(send, true), seq_trace:set_token('receive', true), seq_trace:set_token(print, true),
    io:format("~p~n", [[seq_trace:get_token(label), seq_trace:get_token(send), element(1, seq_trace:get_token(serial))]]),
    Echo = spawn(fun() -> receive {From, X} -> seq_trace:print(17, "printed"), From ! {echo, X, seq_trace:get_token(label)} end end),
    Echo ! {self(), hello},
    Answer = receive {echo, _, _} = A -> A end,
    seq_trace:set_token([]),
    io:format("~p~n", [Answer]),
    receive after 20 -> ok end,
    io:format("~p~n", [[element(1, I) || {seq_trace, 17, I} <- flush_all()]]),
    seq_trace:reset_trace(),
    seq_trace:set_system_tracer(false),
    io:format("~p~n", [[seq_trace:get_token(), seq_trace:get_system_tracer()]]),
    erlang:system_monitor(self(), [{large_heap, 10000}]),
    spawn(fun() -> lists:seq(1, 100000), ok end),
    io:format("~p~n", [receive {monitor, Q, large_heap, Info} when is_pid(Q) -> lists:sort(proplists:get_keys(Info)) after 1000 -> none end]),
    io:format("~p~n", [element(2, erlang:system_monitor(undefined))]).

work() ->
    C = spawn(fun() -> receive stop -> exit(stopped) end end),
    link(C),
    register(process_tracing_name, self()),
    unregister(process_tracing_name),
    unlink(C),
    C ! stop,
    receive after 10 -> ok end.

flush() -> receive M when element(1, M) =:= trace; element(1, M) =:= trace_ts -> [M | flush()] after 0 -> [] end.
flush_all() -> receive M -> [M | flush_all()] after 0 -> [] end.
simple(X) when is_pid(X) -> pid;
simple({erlang, apply, _}) -> apply;
simple(X) -> X.
