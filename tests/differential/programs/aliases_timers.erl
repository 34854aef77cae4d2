%% Process aliases, send_after, start_timer, cancel_timer, read_timer.
%% tier: 2
-module(aliases_timers).
-export([main/0]).

main() ->
    S = self(),
    A = alias(),
    A ! via_alias, p(receive via_alias -> got end),
    p([unalias(A), unalias(A)]),
    A ! dropped, p(receive dropped -> bad after 10 -> none end),
    A2 = alias([reply]),
    A2 ! first, A2 ! second,
    p([receive first -> first after 10 -> none end, receive second -> second after 10 -> none end]),
    P = spawn(fun echo/0),
    p([request(P, N) || N <- [1, 2, 3]]),
    p(request(P, silent)),
    p(request(P, die)),
    p(receive Late -> {late, Late} after 30 -> none end),
    Mref = monitor(process, spawn(fun echo/0), [{alias, explicit_unalias}]),
    Mref ! through_monitor, p(receive through_monitor -> got end),
    demonitor(Mref), p(unalias(Mref)),
    {_, M1} = spawn_monitor(fun() -> ok end), p(receive {'DOWN', M1, _, _, R1} -> R1 end),
    T1 = erlang:send_after(5, S, {timer, 1}), p([is_reference(T1), receive {timer, 1} -> fired end]),
    T2 = erlang:start_timer(5, S, hello), p(receive {timeout, T2, W} -> W end),
    T3 = erlang:send_after(60000, S, x),
    Left = erlang:read_timer(T3), p(Left > 50000 andalso Left =< 60000),
    p([is_integer(erlang:cancel_timer(T3)), erlang:cancel_timer(T3), erlang:read_timer(T3), erlang:cancel_timer(make_ref())]),
    T4 = erlang:send_after(60000, S, x),
    p(erlang:cancel_timer(T4, [{info, false}])),
    T5 = erlang:send_after(60000, S, x),
    p([erlang:cancel_timer(T5, [{async, true}]), receive {cancel_timer, T5, V} -> is_integer(V) end]),
    T6 = erlang:start_timer(erlang:monotonic_time(millisecond) + 5, S, absolute, [{abs, true}]),
    p(receive {timeout, T6, W6} -> W6 end),
    [erlang:send_after(T, S, {due, T}) || T <- [40, 10, 30, 0, 20]],
    p([receive {due, T} -> T end || _ <- lists:seq(1, 5)]),
    register(timer_target, S),
    erlang:send_after(5, timer_target, to_name), p(receive to_name -> named end),
    erlang:send_after(5, no_such_target, lost), p(receive lost -> bad after 20 -> nobody end),
    [erlang:send_after(N rem 20, S, many) || N <- lists:seq(1, 1000)],
    p(length([receive many -> ok end || _ <- lists:seq(1, 1000)])),
    {Dead, DM} = spawn_monitor(fun() -> ok end), receive {'DOWN', DM, _, _, _} -> ok end,
    p(is_reference(erlang:send_after(5, Dead, to_dead))),
    T0 = erlang:monotonic_time(millisecond), receive after 50 -> ok end, T9 = erlang:monotonic_time(millisecond),
    p(T9 - T0 >= 50 andalso T9 - T0 < 1000),
    p([try F() catch C:E -> {C, E} end || F <- [fun() -> erlang:send_after(a, S, x) end, fun() -> erlang:send_after(-1, S, x) end, fun() -> erlang:start_timer(1, 1, x) end, fun() -> erlang:cancel_timer(x) end, fun() -> alias([bad]) end]]).

p(X) -> io:format("~p~n", [X]).

echo() ->
    receive
        {_, _, silent} -> echo();
        {_, _, die} -> exit(died);
        {From, Ref, X} -> From ! {Ref, {self() =/= From, X}}, echo()
    end.

request(P, X) ->
    M = monitor(process, P, [{alias, reply_demonitor}]),
    P ! {M, M, X},
    receive {M, R} -> {ok, R}; {'DOWN', M, process, P, R} -> {down, R} after 30 -> unalias(M), demonitor(M, [flush]), timeout end.
