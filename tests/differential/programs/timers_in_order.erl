%% send_after, start_timer, cancel and read, zero and past times, many at once in the order of their deadlines.
%% tier: 3
-module(timers_in_order).
-export([main/0]).

main() ->
    Refs = [{N, erlang:send_after(N * 8, self(), {fired, N})} || N <- [5, 1, 3, 2, 4]],
    io:format("~w~n", [is_integer(erlang:read_timer(element(2, hd(Refs))))]),
    io:format("~w~n", [is_integer(erlang:cancel_timer(proplists:get_value(3, Refs)))]),
    io:format("~w~n", [[receive {fired, N} -> N after 500 -> none end || _ <- [1, 2, 3, 4]]]),
    io:format("~w~n", [[erlang:cancel_timer(proplists:get_value(3, Refs)), erlang:read_timer(proplists:get_value(1, Refs)), erlang:cancel_timer(make_ref())]]),
    T = erlang:start_timer(0, self(), now),
    io:format("~w~n", [receive {timeout, T, now} -> ok end]),
    Abs = erlang:monotonic_time(millisecond) + 20,
    A = erlang:send_after(Abs, self(), absolute, [{abs, true}]),
    io:format("~w~n", [receive absolute -> erlang:monotonic_time(millisecond) >= Abs after 500 -> late end]),
    io:format("~w~n", [erlang:cancel_timer(A, [{async, false}, {info, true}])]),
    B = erlang:start_timer(10000, self(), x),
    erlang:cancel_timer(B, [{async, true}]),
    io:format("~w~n", [receive {cancel_timer, B, Left} -> is_integer(Left) end]),
    io:format("~w~n", [erlang:cancel_timer(erlang:start_timer(10000, self(), x), [{info, false}])]),
    register(timed, self()),
    erlang:send_after(5, timed, by_name),
    io:format("~w~n", [receive by_name -> ok after 500 -> lost end]),
    erlang:send_after(5, nobody_there, x),
    Dead = spawn(fun() -> ok end),
    erlang:send_after(5, Dead, x),
    [erlang:send_after(N rem 50, self(), {n, N rem 50}) || N <- lists:seq(1, 3000)],
    Order = [receive {n, K} -> K end || _ <- lists:seq(1, 3000)],
    io:format("~w~n", [length(Order)]),
    [io:format("~w~n", [try F() catch C:R -> {C, R} end]) || F <- [fun() -> erlang:send_after(-1, self(), x) end, fun() -> erlang:send_after(a, self(), x) end, fun() -> erlang:start_timer(1, {}, x) end, fun() -> erlang:cancel_timer(x) end, fun() -> receive after -1 -> x end end, fun() -> receive after id(1 bsl 40) -> x end end]],
    io:format("~w~n", [receive X -> X after 0 -> empty end]).

id(X) -> X.
