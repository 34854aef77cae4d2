%% A hundred thousand processes alive at once, and a long ring.
%% tier: 3
-module(many_processes).
-export([main/0]).

main() ->
    S = self(),
    N = 100000,
    Ps = [spawn(fun() -> receive {add, K} -> S ! {sum, K + 1} end end) || _ <- lists:seq(1, N)],
    io:format("~p~n", [length(Ps)]),
    io:format("~p~n", [erlang:system_info(process_count) > N]),
    lists:foldl(fun(P, K) -> P ! {add, K}, K + 1 end, 0, Ps),
    io:format("~p~n", [collect(N, 0)]),
    io:format("~p~n", [ring(5000, 20)]),
    io:format("~p~n", [tree(13)]),
    Ms = [element(2, spawn_monitor(fun() -> exit(I) end)) || I <- lists:seq(1, 5000)],
    io:format("~p~n", [lists:sum([receive {'DOWN', M, _, _, R} -> R end || M <- Ms])]).

collect(0, Sum) -> Sum;
collect(N, Sum) -> receive {sum, K} -> collect(N - 1, Sum + K) end.

ring(Size, Rounds) ->
    S = self(),
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> pass(Next) end) end, S, lists:seq(1, Size)),
    ring_run(Last, Rounds, 0).
ring_run(_, 0, Hops) -> Hops;
ring_run(P, N, Hops) -> P ! {token, Hops}, receive {token, H} -> ring_run(P, N - 1, H) end.
pass(Next) -> receive {token, H} -> Next ! {token, H + 1}, pass(Next) end.

tree(0) -> 1;
tree(Depth) ->
    S = self(),
    Kids = [spawn(fun() -> S ! {self(), tree(Depth - 1)} end) || _ <- [left, right]],
    1 + lists:sum([receive {K, V} -> V end || K <- Kids]).
