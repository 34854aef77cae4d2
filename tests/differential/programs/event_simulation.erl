%% A bank's queue simulated by a process for each customer on a virtual clock; statistics at the end.
%% tier: 3
-module(event_simulation).
-export([main/0]).

main() ->
    [io:format("~w tellers: ~w~n", [N, simulate(N)]) || N <- [1, 2, 4]].

simulate(Tellers) ->
    rand:seed(exsss, 7),
    Customers = arrivals(60, 0),
    {Served, _} = lists:mapfoldl(fun({At, Work}, Free) ->
        [Earliest | Others] = lists:sort(Free),
        Start = max(At, Earliest),
        {{At, Start - At, Start + Work}, [Start + Work | Others]}
    end, lists:duplicate(Tellers, 0), Customers),
    Self = self(),
    Clock = spawn_link(fun() -> clock([], length(Served)) end),
    [spawn_link(fun() ->
        sleep_until(Clock, At), sleep_until(Clock, Done),
        Self ! {left, Done}
    end) || {At, _, Done} <- Served],
    Left = [receive {left, D} -> D end || _ <- Served],
    Waits = [W || {_, W, _} <- Served],
    {lists:sum(Waits), lists:max(Waits), lists:max(Left), lists:sort(Left) =:= lists:sort([D || {_, _, D} <- Served])}.

arrivals(0, _) -> [];
arrivals(N, T) -> At = T + rand:uniform(10), [{At, 5 + rand:uniform(10)} | arrivals(N - 1, At)].

sleep_until(Clock, T) -> Clock ! {self(), T}, receive {Clock, T} -> ok end.

%% Time goes on when everybody waits.
clock(_, 0) -> ok;
clock(Waiting, Sleepers) when length(Waiting) < Sleepers -> receive {P, T} -> clock([{T, P} | Waiting], Sleepers) end;
clock(Waiting, Sleepers) ->
    [{T, _} | _] = Sorted = lists:sort(Waiting),
    {Now, Later} = lists:partition(fun({X, _}) -> X =:= T end, Sorted),
    [begin M = monitor(process, P), P ! {self(), T}, put(P, M) end || {_, P} <- Now],
    Gone = length([gone || {_, P} <- Now, wait(P)]),
    clock(take(Later, length(Now) - Gone), Sleepers - Gone).

wait(P) ->
    M = get(P),
    receive
        {'DOWN', M, _, P, _} -> true;
        {P, T} -> demonitor(M, [flush]), self() ! {P, T}, false
    end.
take(Waiting, 0) -> Waiting;
take(Waiting, N) -> receive {P, T} -> take([{T, P} | Waiting], N - 1) end.
