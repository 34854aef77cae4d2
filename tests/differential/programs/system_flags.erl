%% Flags of the machine as a whole and of processes: what they were, what they are, what is refused.
%% tier: 2
-module(system_flags).
-export([main/0]).

main() ->
    Flags = [{fullsweep_after, 10}, {min_heap_size, 500}, {min_bin_vheap_size, 50000}, {backtrace_depth, 4}, {trace_control_word, 17}, {max_heap_size, 100000},
             {max_heap_size, #{size => 0, kill => false, error_logger => false}}],
    [begin Old = erlang:system_flag(F, V), New = erlang:system_flag(F, Old), p({F, Old, New}) end || {F, V} <- Flags],
    p([{F, fails(fun() -> erlang:system_flag(F, V) end)} || {F, V} <-
        [{fullsweep_after, -1}, {min_heap_size, x}, {min_bin_vheap_size, -5}, {backtrace_depth, -1}, {trace_control_word, 1 bsl 32}, {trace_control_word, -1}, {max_heap_size, 10}, {max_heap_size, #{}},
         {max_heap_size, -1}, {nothing, 1}, {"string", 1}, {time_offset, x}, {schedulers_online, 0}, {schedulers_online, x}, {multi_scheduling, x}, {system_logger, 1}]]),
    p([erlang:system_flag(time_offset, finalize), erlang:system_info(time_offset), erlang:system_info(time_warp_mode)]),
    p([erlang:system_flag(multi_scheduling, block), erlang:system_info(multi_scheduling),
       erlang:system_flag(multi_scheduling, unblock), erlang:system_info(multi_scheduling)]),
    p([erlang:system_flag(multi_scheduling, block_normal), erlang:system_flag(multi_scheduling, unblock_normal)]),
    %% What processes are made with.
    erlang:system_flag(min_heap_size, 1000), erlang:system_flag(fullsweep_after, 7),
    p([inner(min_heap_size, []), inner(fullsweep_after, []), inner(min_heap_size, [{min_heap_size, 3000}]), inner(fullsweep_after, [{fullsweep_after, 3}])]),
    erlang:system_flag(min_heap_size, 233), erlang:system_flag(fullsweep_after, 65535),
    p([inner(message_queue_data, [{message_queue_data, off_heap}]), inner(priority, [{priority, low}]),
       inner(max_heap_size, [{max_heap_size, 5000}]), inner(max_heap_size, [{max_heap_size, #{size => 6000, kill => false}}])]),
    p([fails(fun() -> spawn_opt(fun() -> ok end, [O]) end) || O <- [{min_heap_size, -1}, {message_queue_data, x}, {priority, x}, {max_heap_size, 1}, {fullsweep_after, x}, {scheduler, -1}, x, {monitor, x}]]),
    p([process_flag(F, V) || {F, V} <- [{min_heap_size, 600}, {min_heap_size, 233}, {fullsweep_after, 3}, {fullsweep_after, 65535}, {min_bin_vheap_size, 50000}, {min_bin_vheap_size, 1},
        {min_bin_vheap_size, 1}, {max_heap_size, 1000000}, {max_heap_size, 0}, {message_queue_data, off_heap}, {message_queue_data, on_heap}, {scheduler, 1}, {scheduler, 0}, {priority, high}, {priority, normal}]]),
    p([{F, fails(fun() -> process_flag(F, V) end)} || {F, V} <- [{min_heap_size, -1}, {max_heap_size, 100}, {max_heap_size, #{size => 233, kill => x}}, {message_queue_data, x}, {scheduler, -1}, {priority, x}, {x, y}, {1, 2}]]),
    p([process_flag(monitor_nodes, true), process_flag(monitor_nodes, true), process_flag(monitor_nodes, false), process_flag(monitor_nodes, false)]),
    p(lists:sublist(erlang:system_info(heap_sizes), 25)),
    p(process_info(self(), [])),
    p([K || {K, _} <- element(2, process_info(self(), garbage_collection_info))]),
    p([K || {K, _} <- element(2, process_info(self(), garbage_collection))]).

inner(Item, Options) ->
    Me = self(),
    spawn_opt(fun() -> Me ! process_info(self(), Item) end, Options),
    receive {Item, _} = Info -> Info end.

fails(F) -> try F() catch error:E -> {error, E} end.
p(X) -> io:format("~p~n", [X]).
