%% Selective receive: order, guards, timeouts, nested receives, references.
%% tier: 2
-module(selective_receive).
-export([main/0]).

main() ->
    S = self(),
    [S ! {N rem 4, N} || N <- lists:seq(1, 20)],
    p([receive {R, N} -> {R, N} end || R <- [3, 0, 1, 2, 2, 3]]),
    p(flush()),
    [S ! M || M <- [1, 2.5, a, "list", <<"bin">>, {t}, #{k => 1}, 100]],
    p([receive F when is_float(F) -> F end, receive #{k := V} -> {map, V} end, receive L when is_list(L) -> L end, receive I when is_integer(I), I > 50 -> I end, receive <<"b", B/binary>> -> B end]),
    p(flush()),
    [p(receive x -> y after T -> {timeout, T} end) || T <- [0, 1, 10]],
    p(receive after 0 -> zero end), p(receive after 5 -> five end),
    S ! late_enough,
    p(receive late_enough -> yes after 0 -> no end),
    p(nested()),
    Server = spawn(fun() -> server(0) end),
    [S ! {noise, N} || N <- lists:seq(1, 5000)],
    p(lists:sum([call(Server, N) || N <- lists:seq(1, 2000)])),
    p(length(flush())),
    [spawn(fun() -> S ! {w, N} end) || N <- lists:seq(1, 100)],
    p(lists:sum([receive {w, N} -> N end || _ <- lists:seq(1, 100)])),
    Sender = spawn(fun() -> [S ! {seq, N} || N <- lists:seq(1, 1000)] end),
    p(is_pid(Sender)),
    p([receive {seq, N} -> N end || _ <- lists:seq(1, 1000)] =:= lists:seq(1, 1000)),
    p(priority([{low, 1}, {high, 2}, {low, 3}, {high, 4}, {medium, 5}])),
    Key = make_ref(), Bound = {k, Key},
    S ! {make_ref(), other}, S ! {Bound, mine},
    p(receive {Bound, W} -> W end),
    p(length(flush())),
    p(loop_until(0)),
    p(timeouts_in_order([50, 10, 30, 20, 40])),
    p(receive_twice()),
    p(try receive a -> b after 1 bsl 40 -> c end catch C:E -> {C, E} end).

p(X) -> io:format("~p~n", [X]).
flush() -> receive M -> [M | flush()] after 0 -> [] end.

nested() ->
    S = self(),
    [S ! M || M <- [outer, inner, {value, 1}, {value, 2}]],
    receive inner -> receive outer -> receive {value, 2} -> receive {value, X} -> X end end end end.

server(N) -> receive {call, From, Ref, X} -> From ! {Ref, X * 2}, server(N + 1) end.
call(P, X) -> Ref = make_ref(), P ! {call, self(), Ref, X}, receive {Ref, R} -> R after 5000 -> timeout end.

priority(Ms) ->
    [self() ! M || M <- Ms],
    [receive {high, N} -> N after 0 -> receive {medium, N} -> N after 0 -> receive {_, N} -> N end end end || _ <- Ms].

loop_until(3) -> three;
loop_until(N) -> self() ! tick, receive tick -> loop_until(N + 1) after 1000 -> never end.

timeouts_in_order(Ts) ->
    S = self(),
    [spawn(fun() -> receive after T * 2 -> S ! {woke, T} end end) || T <- Ts],
    [receive {woke, T} -> T end || _ <- Ts].

receive_twice() ->
    self() ! {a, 1}, self() ! {b, 2},
    F = fun(K) -> receive {K, V} -> V after 0 -> none end end,
    [F(b), F(b), F(a), F(a)].
