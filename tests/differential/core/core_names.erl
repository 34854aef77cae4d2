%% Registered names, the process dictionary, process_info, references.
%% tier: 0
-module(core_names).
-export([main/0, id/1]).

main() ->
    erlang:display([put(a, 1), put(a, 2), put({b}, "x"), get(a), get({b}), get(none)]),
    erlang:display([erase(a), erase(a), get(a)]),
    [put({n, N}, N) || N <- seq(1, 500)],
    erlang:display([get({n, 1}), get({n, 250}), get({n, 500}), length(get()), length(get_keys())]),
    [erase({n, N}) || N <- seq(1, 499)],
    erlang:display([get({n, 500}), get({n, 499}), length(get())]),
    erlang:display(length(erase())),
    erlang:display(get()),
    erlang:display([register(main_process, self()), whereis(main_process) =:= self(), whereis(nobody_here)]),
    main_process ! to_name,
    erlang:display(receive to_name -> received end),
    {main_process, node()} ! to_node,
    erlang:display(receive to_node -> received end),
    erlang:display(class(fun() -> register(main_process, self()) end)),
    erlang:display(class(fun() -> register(undefined, self()) end)),
    erlang:display(class(fun() -> register(second_name, self()) end)),
    erlang:display(process_info(self(), registered_name)),
    erlang:display([unregister(main_process), whereis(main_process), class(fun() -> unregister(main_process) end)]),
    P = spawn(fun() -> register(short_lived, self()), receive stop -> ok end end),
    wait_for(short_lived),
    erlang:display(whereis(short_lived) =:= P),
    M = monitor(process, P), P ! stop,
    erlang:display(receive {'DOWN', M, _, _, R} -> R end),
    erlang:display(whereis(short_lived)),
    self() ! one, self() ! {two, 2},
    erlang:display(process_info(self(), message_queue_len)),
    erlang:display(process_info(self(), messages)),
    erlang:display(process_info(P, links)),
    R1 = make_ref(), R2 = make_ref(),
    erlang:display({R1 =:= R1, R1 =:= R2, is_reference(R1), R1 < R2}),
    U = erlang:unique_integer([positive, monotonic]), U2 = erlang:unique_integer([positive, monotonic]),
    erlang:display({U > 0, U2 > U}),
    erlang:display({process_flag(trap_exit, true), process_flag(trap_exit, false), process_flag(priority, low), process_flag(priority, normal)}),
    erlang:display({group_leader() =:= element(2, process_info(self(), group_leader)), node(self()) =:= node()}),
    T = erlang:monotonic_time(), T2 = erlang:monotonic_time(),
    erlang:display({is_integer(T), T2 >= T}),
    ok.

id(X) -> X.

wait_for(Name) -> case whereis(Name) of undefined -> receive after 1 -> wait_for(Name) end; P -> P end.

seq(N, M) when N > M -> [];
seq(N, M) -> [N | seq(N + 1, M)].

class(F) -> try F() catch C:R -> {C, R} end.
