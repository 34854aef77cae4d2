%% Counters, persistent terms, the environment, nodes, ports, and the machine's figures.
%% tier: 0
-module(core_system).
-export([main/0]).

main() -> counters(), persistent_terms(), environment(), nodes_and_ports(), figures().

t(F) ->
    erlang:display(clean(try {ok, F()} catch C:R:S -> {C, R, info(S)} end)).

info([{_, _, _, I} | _]) -> lists:keydelete(line, 1, lists:keydelete(file, 1, I));
info(_) -> [].

clean(R) when is_reference(R) -> ref;
clean(P) when is_pid(P) -> pid;
clean(T) when is_tuple(T) -> list_to_tuple([clean(E) || E <- tuple_to_list(T)]);
clean([H | T]) -> [clean(H) | clean(T)];
clean(X) -> X.

counters() ->
    A = atomics:new(3, []), U = atomics:new(3, [{signed, false}]), C = counters:new(3, [write_concurrency]),
    [t(fun() -> maps:remove(memory, I:info(R)) end) || {I, R} <- [{atomics, A}, {atomics, U}, {counters, C}]],
    t(fun() -> atomics:add(U, 1, -1) end), t(fun() -> atomics:get(U, 1) end),
    t(fun() -> atomics:add(A, 1, 1 bsl 63) end), t(fun() -> atomics:get(A, 1) end),
    t(fun() -> atomics:put(U, 1, -1) end), t(fun() -> atomics:put(A, 1, 1 bsl 63) end),
    t(fun() -> atomics:put(A, 4, 1) end), t(fun() -> atomics:put(A, 0, 1) end), t(fun() -> atomics:put(A, x, 1) end),
    t(fun() -> counters:put(C, 1, 1 bsl 63) end), t(fun() -> counters:add(C, 1, 1 bsl 63) end),
    t(fun() -> counters:get(C, 1) end), t(fun() -> counters:get(C, 9) end), t(fun() -> counters:sub(C, 2, 5) end),
    t(fun() -> counters:get(C, 2) end),
    t(fun() -> atomics:put(make_ref(), 9, 1) end), t(fun() -> atomics:new(0, []) end),
    t(fun() -> atomics:new(1 bsl 70, []) end), t(fun() -> atomics:new(x, []) end), t(fun() -> atomics:new(1, [x]) end),
    t(fun() -> atomics:compare_exchange(A, 2, 0, 5) end), t(fun() -> atomics:compare_exchange(A, 2, 0, 6) end),
    t(fun() -> atomics:compare_exchange(A, 2, foo, 5) end), t(fun() -> atomics:exchange(A, 2, -7) end),
    t(fun() -> atomics:add_get(A, 2, 10) end), t(fun() -> atomics:sub_get(A, 2, 10) end),
    t(fun() -> atomics:sub(U, 2, 1) end), t(fun() -> atomics:get(U, 2) end).

persistent_terms() ->
    t(fun() -> persistent_term:put({k, 1}, [a, #{b => "c"}]) end), t(fun() -> persistent_term:get({k, 1}) end),
    t(fun() -> persistent_term:put({k, 1}, 1.0) end), t(fun() -> persistent_term:get({k, 1}) end),
    t(fun() -> persistent_term:get(nope) end), t(fun() -> persistent_term:get(nope, x) end),
    t(fun() -> lists:member({{k, 1}, 1.0}, persistent_term:get()) end),
    t(fun() -> persistent_term:erase({k, 1}) end), t(fun() -> persistent_term:erase({k, 1}) end),
    t(fun() -> maps:keys(persistent_term:info()) end).

environment() ->
    t(fun() -> os:putenv("BROOD_TEST", "v\x{e5}l=u") end), t(fun() -> os:getenv("BROOD_TEST") end),
    t(fun() -> os:getenv("BROOD_TEST", d) end), t(fun() -> os:unsetenv("BROOD_TEST") end),
    t(fun() -> os:getenv("BROOD_TEST") end), t(fun() -> os:getenv("BROOD_TEST", d) end),
    [t(fun() -> os:F(X) end) || F <- [getenv, unsetenv], X <- ["x=", [0], x, [$a, -1], "=x"]],
    [t(fun() -> os:putenv(N, V) end) || {N, V} <- [{"a=", "b"}, {"a", x}, {x, "a"}, {"a", [0]}]],
    t(fun() -> os:set_signal(sigterm, handle) end), t(fun() -> os:set_signal(sigkill, handle) end),
    t(fun() -> os:set_signal(sigterm, x) end), t(fun() -> os:set_signal(sigterm, default) end).

nodes_and_ports() ->
    [t(F) || F <- [fun() -> node() end, fun() -> node(self()) end, fun() -> node(make_ref()) end,
                   fun() -> node(foo) end, fun() -> nodes() end, fun() -> is_alive() end,
                   fun() -> erlang:get_cookie() end, fun() -> erlang:setnode(foo, 1) end]],
    [t(fun() -> nodes(X) end) || X <- [visible, hidden, connected, this, known, foo, [], [visible, this], [this | x],
                                       [visible, foo], 1]],
    [t(fun() -> nodes(X, M) end) || {X, M} <- [{this, #{}}, {connected, #{connection_id => true}},
                                               {[this, known], #{connection_id => true, node_type => true}},
                                               {known, #{node_type => false}}, {visible, #{foo => true}},
                                               {visible, #{node_type => 1}}, {visible, x}, {foo, #{}}]],
    [t(fun() -> erlang:monitor_node(N, F) end) || {N, F} <- [{node(), true}, {node(), false}, {foo@bar, true},
                                                             {foo@bar, x}, {1, true}]],
    [t(F) || F <- [fun() -> port_close(foo) end, fun() -> port_command(foo, "a") end,
                   fun() -> port_control(foo, 1, "a") end, fun() -> port_connect(foo, self()) end,
                   fun() -> erlang:port_info(foo) end, fun() -> erlang:port_info(1) end,
                   fun() -> erlang:port_call(foo, 1, x) end, fun() -> erlang:port_get_data(foo) end,
                   fun() -> erlang:port_set_data(foo, 1) end, fun() -> erlang:port_info(foo, name) end,
                   fun() -> open_port({spawn_executable, "/no/such"}, []) end,
                   fun() -> open_port({spawn_driver, "no_such"}, []) end]].

figures() ->
    [t(fun() -> {I, erlang:system_info(I)} end) ||
        I <- [otp_release, version, machine, wordsize, {wordsize, internal}, {wordsize, external}, process_limit, atom_limit,
              creation, compat_rel, debug_compiled, dynamic_trace, emu_type, fullsweep_after, garbage_collection,
              heap_type, max_heap_size, message_queue_data, min_heap_size, min_bin_vheap_size, modified_timing_level,
              nif_version, scheduler_bind_type, time_correction,
              time_offset, time_warp_mode, tolerant_timeofday, trace_control_word, foo, {foo, 1}, {wordsize, x}, 1,
              port_parallelism, taints, multi_scheduling_blockers, dist_ctrl, lock_checking, build_type, ets_limit,
              {cpu_topology, defined}]],
    [t(fun() -> {I, shape(erlang:statistics(I))} end) ||
        I <- [context_switches, exact_reductions, garbage_collection, io, reductions, run_queue, runtime,
              scheduler_wall_time, total_active_tasks, total_run_queue_lengths, wall_clock, foo, 1]],
    t(fun() -> [{K, is_integer(V)} || {K, V} <- erlang:memory()] end),
    t(fun() -> is_integer(erlang:memory(total)) end), t(fun() -> [K || {K, _} <- erlang:memory([ets, total])] end),
    t(fun() -> erlang:memory(foo) end), t(fun() -> erlang:memory([foo]) end), t(fun() -> erlang:memory(1) end),
    t(fun() -> erlang:system_flag(foo, 1) end), t(fun() -> erlang:system_flag(system_logger, foo) end),
    t(fun() -> is_integer(erlang:system_flag(outstanding_system_requests_limit, 100)) end),
    t(fun() -> erlang:system_info(outstanding_system_requests_limit) end),
    t(fun() -> erlang:system_flag(outstanding_system_requests_limit, 0) end),
    t(fun() -> erlang:system_flag(trace_control_word, 0) end), t(fun() -> erlang:system_flag(microstate_accounting, false) end),
    t(fun() -> erlang:bump_reductions(1) end), t(fun() -> erlang:bump_reductions(-1) end),
    t(fun() -> erlang:bump_reductions(x) end), t(fun() -> erlang:system_monitor() end),
    t(fun() -> erlang:system_profile() end), t(fun() -> erlang:dt_get_tag() end),
    t(fun() -> erlang:dt_spread_tag(true) end), t(fun() -> erlang:dt_append_vm_tag_data(<<"a">>) end),
    t(fun() -> erts_internal:time_unit() end), t(fun() -> erts_internal:is_system_process(self()) end),
    t(fun() -> erts_internal:is_system_process(foo) end), t(fun() -> erts_internal:system_check(schedulers) end),
    t(fun() -> erts_internal:system_check(foo) end), t(fun() -> erlang:load_nif(foo, 0) end),
    t(fun() -> {error, {load_failed, [_ | _]}} = erlang:load_nif("no_such", 0), ok end),
    t(fun() -> erlang:halt(foo) end), t(fun() -> erlang:halt(-1) end), t(fun() -> erlang:halt(1, [foo]) end),
    t(fun() -> erlang:halt(1, [{flush, x}]) end), t(fun() -> erlang:halt(1, x) end), t(fun() -> garbage_collect() end),
    t(fun() -> Me = self(), P = spawn(fun() -> Me ! ran end), {erlang:yield(), is_pid(P), receive ran -> ran after 0 -> late end} end),
    t(fun() -> io:printable_range() end), t(fun() -> error_logger:warning_map() end).

shape(X) when is_integer(X) -> integer;
shape(X) when is_tuple(X) -> list_to_tuple([shape(E) || E <- tuple_to_list(X)]);
shape(X) -> X.
