%% process_info, system_info and statistics: the parts that are the same everywhere.
%% tier: 3
-module(process_information).
-export([main/0, waiter/0]).

main() ->
    S = self(),
    P = spawn_opt(?MODULE, waiter, [], [{priority, high}, {min_heap_size, 1000}]),
    register(info_waiter, P), link(P), P ! unread, P ! {unread, 2},
    wait_waiting(P),
    p([process_info(P, K) || K <- [registered_name, initial_call, current_function, status, message_queue_len, messages, priority, trap_exit, dictionary, monitors, suspending, error_handler]]),
    p(process_info(P, links) =:= {links, [S]}),
    p(process_info(P, [message_queue_len, priority, status])),
    p(element(1, hd(element(2, process_info(P, current_stacktrace))))),
    p([is_integer(element(2, process_info(P, K))) || K <- [heap_size, stack_size, total_heap_size, reductions, memory]]),
    p([K || K <- [registered_name, links, dictionary, messages, status, group_leader], lists:keymember(K, 1, process_info(P))]),
    p(lists:keymember(P, 1, [{X, 1} || X <- processes()])),
    p(process_info(self(), registered_name)),
    unlink(P), exit(P, kill), M = monitor(process, P), receive {'DOWN', M, _, _, _} -> ok end,
    p([process_info(P), process_info(P, status), process_info(P, [links])]),
    p([try F() catch C:E -> {C, E} end || F <- [fun() -> process_info(S, nope) end, fun() -> process_info(nope) end, fun() -> process_info(S, [heap_size, nope]) end]]),
    Before = element(2, process_info(S, reductions)),
    lists:foldl(fun(X, A) -> X + A end, 0, lists:seq(1, 10000)),
    p(element(2, process_info(S, reductions)) > Before + 5000),
    p([erlang:system_info(K) || K <- [otp_release, wordsize, {wordsize, external}, machine]]),
    
    p([is_integer(erlang:system_info(K)) || K <- [process_limit, process_count, atom_limit, atom_count, schedulers, schedulers_online, port_limit, ets_limit]]),
    p([is_tuple(erlang:statistics(K)) || K <- [reductions, runtime, wall_clock, garbage_collection, io]]),
    p([erlang:memory(total) > 0, is_list(erlang:memory()), erlang:memory(processes) > 0]),
    p([erlang:node(), erlang:is_alive(), nodes()]),
    p([is_integer(os:system_time()), is_integer(erlang:system_time(second)), erlang:convert_time_unit(1500, millisecond, second), erlang:convert_time_unit(2, second, microsecond)]),
    {Mega, Sec, Micro} = erlang:timestamp(), p([is_integer(Mega), Sec < 1000000, Micro < 1000000]),
    p(erlang:monotonic_time() =< erlang:monotonic_time()),
    p([erlang:unique_integer() =/= erlang:unique_integer(), erlang:unique_integer([positive]) > 0]),
    p(lists:sort([1, erlang:unique_integer([monotonic])]) =/= []),
    p(erlang:module_loaded(lists) andalso not erlang:module_loaded(no_such_module)),
    p([erlang:is_builtin(erlang, hd, 1), erlang:is_builtin(lists, map, 2), erlang:is_builtin(lists, reverse, 2)]),
    p([lists:member({main, 0}, ?MODULE:module_info(exports)), ?MODULE:module_info(module), is_list(?MODULE:module_info(attributes))]),
    p(erlang:get_module_info(?MODULE, exports) =:= ?MODULE:module_info(exports)).

waiter() -> put(where, here), process_flag(trap_exit, true), receive never -> ok end.
wait_waiting(P) -> case process_info(P, status) of {status, waiting} -> ok; _ -> erlang:yield(), wait_waiting(P) end.
p(X) -> io:format("~p~n", [X]).
