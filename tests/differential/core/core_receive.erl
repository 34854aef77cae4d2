%% Selective receive, timeouts, timers, receive with references.
%% tier: 0
-module(core_receive).
-export([main/0, id/1]).

main() ->
    S = self(),
    [S ! M || M <- [a, {b, 1}, c, {b, 2}, d, {e, 3}]],
    erlang:display(receive {b, X} -> X end),
    erlang:display(receive d -> d end),
    erlang:display(receive {K, V} when V > 2 -> {K, V} end),
    erlang:display(flush()),
    erlang:display(receive never -> bad after 0 -> zero end),
    erlang:display(receive never -> bad after 20 -> timed_out end),
    erlang:display(receive never -> bad after id(1) -> timed_out end),
    S ! present,
    erlang:display(receive present -> got after 0 -> bad end),
    S ! other,
    erlang:display(receive nothing_like_it -> bad after 5 -> not_found end),
    erlang:display(flush()),
    spawn(fun() -> receive after 20 -> S ! late end end),
    erlang:display(receive late -> late after 5000 -> too_late end),
    spawn(fun() -> receive after 20 -> S ! wakes end end),
    erlang:display(receive wakes -> wakes after infinity -> never end),
    T = erlang:send_after(10, S, timer_message),
    erlang:display({is_reference(T), receive timer_message -> fired after 5000 -> lost end}),
    T2 = erlang:start_timer(10, S, payload),
    erlang:display(receive {timeout, T2, P} -> P after 5000 -> lost end),
    T3 = erlang:send_after(100000, S, never),
    erlang:display({is_integer(erlang:read_timer(T3)), is_integer(erlang:cancel_timer(T3)), erlang:cancel_timer(T3), erlang:read_timer(T3)}),
    [S ! {noise, N} || N <- [1, 2, 3]],
    Server = spawn(fun server/0),
    erlang:display([call(Server, N) || N <- [1, 2, 3, 4]]),
    erlang:display(flush()),
    erlang:display(sleep_sort([30, 1, 60])),
    [S ! {N rem 3, N} || N <- [9, 8, 7, 6, 5, 4, 3, 2, 1]],
    erlang:display([receive {R, N} -> {R, N} end || R <- [2, 1, 0, 2, 1, 0, 2, 1, 0]]),
    erlang:display(try receive x -> y after id(-1) -> z end catch C:E -> {C, E} end),
    erlang:display(try receive x -> y after id(forever) -> z end catch C1:E1 -> {C1, E1} end),
    ok.

id(X) -> X.

flush() -> receive M -> [M | flush()] after 0 -> [] end.

server() ->
    receive {call, From, Ref, N} -> From ! {Ref, N * N}, server() end.

call(Server, N) ->
    Ref = make_ref(),
    Server ! {call, self(), Ref, N},
    receive {Ref, Reply} -> Reply end.

sleep_sort(L) ->
    S = self(),
    [spawn(fun() -> receive after N * 2 -> S ! {slept, N} end end) || N <- L],
    [receive {slept, X} -> X end || _ <- L].
