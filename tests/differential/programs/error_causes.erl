%% The causes that BIFs give with badarg, as error_info of their stack trace entries.
%% tier: 3
-module(error_causes).
-export([main/0]).

main() ->
    Dead = spawn(fun() -> ok end),
    M = monitor(process, Dead), receive {'DOWN', M, _, _, _} -> ok end,
    Me = self(),
    register(taken, spawn(fun() -> receive stop -> ok end end)),
    [check(F, A) || {F, A} <-
        [{register, [1, Me]}, {register, [undefined, Me]}, {register, [a, 1]}, {register, [taken, Me]},
         {register, [free, whereis(taken)]}, {register, [free, Dead]}, {unregister, [nobody]}, {unregister, [1]},
         {whereis, [1]}, {link, [1]}, {unlink, [1]}, {exit, [1, x]}, {is_process_alive, [1]},
         {spawn, [1, f, []]}, {spawn, [m, f, x]}, {spawn, [x]}, {spawn_link, [m, 1, []]},
         {spawn_opt, [m, f, [], [bad]]}, {spawn_opt, [m, f, [], bad]}, {spawn_opt, [m, f, 1, []]},
         {spawn_monitor, [1, f, []]}, {spawn_request, [m, f, [], [bad]]},
         {monitor, [bad, Me]}, {monitor, [process, 1]}, {monitor, [process, {a, 1}]},
         {monitor, [time_offset, x]}, {monitor, [process, Me, [bad]]}, {monitor, [process, Me, bad]},
         {demonitor, [1]}, {demonitor, [1, []]}, {demonitor, [make_ref(), [bad]]}, {demonitor, [make_ref(), bad]},
         {alias, [[bad]]}, {alias, [bad]}, {unalias, [1]},
         {process_flag, [bad, 1]}, {process_flag, [1, 1]}, {process_flag, [trap_exit, 1]},
         {process_flag, [error_handler, 1]}, {process_flag, [priority, x]}, {process_flag, [min_heap_size, x]},
         {process_flag, [fullsweep_after, -1]}, {process_flag, [max_heap_size, x]},
         {process_flag, [message_queue_data, x]}, {process_flag, [save_calls, x]}, {process_flag, [sensitive, 1]},
         {process_flag, [min_bin_vheap_size, x]},
         {process_flag, [Dead, save_calls, 1]}, {process_flag, [Me, save_calls, x]},
         {process_flag, [x, save_calls, 1]},
         {process_info, [1]}, {process_info, [Me, bad]}, {process_info, [1, links]}, {process_info, [Me, [bad]]},
         {process_info, [Me, [links | x]]},
         {send, [1, x]}, {send, [nobody, x]}, {send, [{a, 1}, x]}, {send, [Me, x, [bad]]}, {send, [nobody, x, []]},
         {send, [Me, x, bad]}, {'!', [nobody, x]}, {'!', ["s", x]},
         {send_after, [-1, Me, x]}, {send_after, [x, Me, x]}, {send_after, [1, 1, x]}, {send_after, [1, Me, x, [bad]]},
         {send_after, [1, Me, x, bad]}, {send_after, [1 bsl 70, Me, x]}, {start_timer, [x, Me, x]},
         {start_timer, [1, 1, x]}, {start_timer, [1, Me, x, [{abs, x}]]},
         {cancel_timer, [1]}, {cancel_timer, [make_ref(), [bad]]}, {cancel_timer, [make_ref(), bad]},
         {read_timer, [1]}, {read_timer, [make_ref(), [bad]]},
         {monotonic_time, [bad]}, {monotonic_time, [0]}, {system_time, [bad]}, {time_offset, [bad]},
         {convert_time_unit, [1, bad, second]}, {convert_time_unit, [x, second, second]},
         {unique_integer, [[bad]]}, {unique_integer, [bad]},
         {group_leader, [1, Me]}, {group_leader, [Me, 1]}, {group_leader, [Me, Dead]},
         {suspend_process, [1]}, {suspend_process, [Me]}, {suspend_process, [Dead]}, {suspend_process, [whereis(taken), [bad]]},
         {resume_process, [1]}, {resume_process, [whereis(taken)]},
         {garbage_collect, [1]}, {garbage_collect, [Me, [bad]]}, {garbage_collect, [Me, bad]},
         {check_process_code, [1, m]}, {check_process_code, [Me, 1]}, {check_process_code, [Me, m, [bad]]},
         {hibernate, [1, f, []]}, {hibernate, [m, f, x]},
         {halt, [x]}, {halt, [-1]}, {halt, [1, [bad]]}, {halt, [1, bad]},
         {system_flag, [bad, 1]}, {system_flag, [1, 1]}, {system_info, [bad]}, {system_info, [1]}, {statistics, [bad]},
         {get, []}, {put, []}, {erase, [a, b]}]],
    check_in(erts_internal, group_leader, [x, y]),
    check_in(erts_internal, suspend_process, [x, y]),
    taken ! stop.

check(F, A) -> check_in(erlang, F, A).

check_in(M, F, A) ->
    Result = try apply(M, F, A) of
                 V -> {value, shape(V)}
             catch
                 C:R:Stack ->
                     [{FM, FF, FA, L} | _] = Stack,
                     {C, R, {FM, FF, if is_list(FA) -> length(FA); true -> FA end},
                      case proplists:get_value(error_info, L) of
                          undefined -> none;
                          Info -> maps:to_list(Info)
                      end}
             end,
    io:format("~s/~b ~0p~n", [F, length(A), Result]).

shape(V) when is_reference(V) -> reference;
shape(V) when is_pid(V) -> pid;
shape(V) -> V.
