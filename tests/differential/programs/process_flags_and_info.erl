%% Flags set and read back, information about others and oneself, priorities, suspended and resumed.
%% tier: 3
-module(process_flags_and_info).
-export([main/0]).

main() ->
    io:format("~w~n", [[process_flag(F, V) || {F, V} <- [{trap_exit, true}, {trap_exit, false}, {priority, high}, {priority, normal}, {sensitive, true}, {sensitive, false}, {message_queue_data, off_heap}, {message_queue_data, on_heap}, {save_calls, 0}]]]),
    io:format("~w~n", [[process_info(self(), I) || I <- [trap_exit, priority, status, links, monitors, monitored_by, message_queue_len, registered_name, messages, suspending, sequential_trace_token, catchlevel, message_queue_data, error_handler]]]),
    [io:format("~w~n", [try process_flag(F, V) catch C:R -> {C, R} end]) || {F, V} <- [{nonsense, 1}, {priority, urgent}, {trap_exit, maybe_}, {save_calls, -1}, {min_heap_size, a}]],
    P = spawn_opt(fun() -> receive stop -> ok end end, [{priority, low}, {min_heap_size, 1000}, {fullsweep_after, 5}, link]),
    receive after 10 -> ok end,
    io:format("~w~n", [[process_info(P, I) || I <- [priority, status, current_function, initial_call, message_queue_len, trap_exit]]]),
    {garbage_collection, G} = process_info(P, garbage_collection),
    io:format("~w~n", [[proplists:get_value(fullsweep_after, G), proplists:get_value(min_heap_size, G) >= 1000]]),
    io:format("~w~n", [element(2, process_info(P, links)) =:= [self()]]),
    true = erlang:suspend_process(P),
    io:format("~w~n", [[process_info(P, status), lists:keyfind(P, 1, element(2, process_info(self(), suspending)))] =:= [{status, suspended}, {P, 1, 0}]]),
    io:format("~w~n", [[catch_it(fun() -> erlang:suspend_process(P, [unless_suspending]) end), erlang:resume_process(P), catch_it(fun() -> erlang:resume_process(P) end)]]),
    P ! {message, 1}, P ! stop,
    M = monitor(process, P),
    receive {'DOWN', M, process, P, normal} -> ok end,
    io:format("~w~n", [[process_info(P), process_info(P, status), is_process_alive(P)]]),
    io:format("~w~n", [[catch_it(fun() -> process_info(self(), nonsense) end), catch_it(fun() -> process_info(x) end), process_info(self(), [])]]),
    io:format("~w~n", [[K || {K, _} <- process_info(self())]]),
    {_, M2} = spawn_opt(fun() -> lists:seq(1, 10000000) end, [monitor, {max_heap_size, #{size => 10000, kill => true, error_logger => false}}]),
    io:format("~w~n", [receive {'DOWN', M2, _, _, Why} -> Why end]),
    io:format("~w~n", [catch_it(fun() -> erlang:system_flag(nonsense_flag_, 1) end)]).

catch_it(F) -> try F() catch C:R -> {C, R} end.
