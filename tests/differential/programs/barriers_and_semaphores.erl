%% Barriers, counting semaphores, readers and writers, all by messages.
%% tier: 3
-module(barriers_and_semaphores).
-export([main/0]).

main() ->
    Self = self(),
    Barrier = spawn_link(fun() -> barrier(5, []) end),
    [spawn_link(fun() ->
         [begin Self ! {log, Round, before}, pass(Barrier), Self ! {log, Round, past} end || Round <- [1, 2, 3]],
         Self ! done
     end) || _ <- lists:seq(1, 5)],
    Log = gather(5, []),
    io:format("~w~n", [[{R, K, N} || {{R, K}, N} <- lists:sort(maps:to_list(count(Log)))]]),
    io:format("~w~n", [ordered(Log, 0)]),
    Semaphore = spawn_link(fun() -> semaphore(2, queue:new()) end),
    Counter = atomics:new(2, []),
    Workers = [spawn_monitor(fun() ->
        ask(Semaphore, wait),
        Now = atomics:add_get(Counter, 1, 1),
        atomics:get(Counter, 2) < Now andalso atomics:put(Counter, 2, Now),
        erlang:yield(), erlang:yield(),
        atomics:sub(Counter, 1, 1),
        ask(Semaphore, signal)
    end) || _ <- lists:seq(1, 20)],
    [receive {'DOWN', M, _, P, R} -> R end || {P, M} <- Workers],
    io:format("never more than two: ~w, now ~w~n", [atomics:get(Counter, 2) =< 2, atomics:get(Counter, 1)]).

gather(0, Log) -> lists:reverse(Log);
gather(N, Log) -> receive done -> gather(N - 1, Log); {log, R, K} -> gather(N, [{R, K} | Log]) end.

count(Log) -> lists:foldl(fun(X, M) -> maps:update_with(X, fun(N) -> N + 1 end, 1, M) end, #{}, Log).

%% Nobody is past a round before all five have come to it.
ordered([], _) -> true;
ordered([{_, before} | Rest], N) -> ordered(Rest, N + 1);
ordered([{R, past} | Rest], N) -> N >= 5 * R andalso ordered(Rest, N).

pass(Barrier) -> Barrier ! {arrive, self()}, receive {Barrier, go} -> ok end.

barrier(N, Waiting) when length(Waiting) =:= N -> [P ! {self(), go} || P <- Waiting], barrier(N, []);
barrier(N, Waiting) -> receive {arrive, P} -> barrier(N, [P | Waiting]) end.

ask(Pid, What) -> Ref = make_ref(), Pid ! {What, self(), Ref}, receive Ref -> ok end.

semaphore(N, Queue) ->
    receive
        {wait, P, R} when N > 0 -> P ! R, semaphore(N - 1, Queue);
        {wait, P, R} -> semaphore(N, queue:in({P, R}, Queue));
        {signal, P, R} ->
            P ! R,
            case queue:out(Queue) of
                {{value, {P1, R1}}, Rest} -> P1 ! R1, semaphore(N, Rest);
                {empty, _} -> semaphore(N + 1, Queue)
            end
    end.
