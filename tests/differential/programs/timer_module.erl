%% The timer server: one-shot, repeated, cancelled; measuring and sleeping.
%% tier: 4
-module(timer_module).
-export([main/0]).

main() ->
    S = self(),
    {ok, _} = timer:send_after(10, once), p(receive once -> once after 1000 -> lost end),
    {ok, T} = timer:send_interval(5, again), p([receive again -> N after 1000 -> lost end || N <- [1, 2, 3]]), p(timer:cancel(T)), flush(), p(receive again -> still after 30 -> stopped end),
    {ok, T2} = timer:apply_after(10, erlang, send, [S, applied]), p(receive applied -> applied after 1000 -> {lost, T2} end),
    {ok, T3} = timer:send_after(10000, S, never), p(timer:cancel(T3)), p(timer:cancel(bad)),
    {ok, _} = timer:exit_after(10, spawn(fun() -> register(victim, self()), receive after infinity -> ok end end), bye),
    {ok, _} = timer:kill_after(10, spawn(fun() -> receive after infinity -> ok end end)),
    {ok, T4} = timer:apply_interval(5, erlang, send, [S, tick]), receive tick -> ok end, receive tick -> ok end, timer:cancel(T4), p(ticked),
    {Us, V} = timer:tc(fun() -> timer:sleep(10), value end), p([Us >= 10000, V]), {Us2, 6} = timer:tc(lists, sum, [[1, 2, 3]]), p(Us2 < 1000000),
    p([timer:seconds(2), timer:minutes(3), timer:hours(1), timer:hms(1, 2, 3)]), p(timer:now_diff({1, 2, 3}, {1, 1, 1})), p(timer:sleep(1)), p(timer:send_after(-1, x)).

flush() -> receive again -> flush() after 0 -> ok end.
p(X) -> io:format("~p~n", [X]).
