%% A pool of workers with a queue, crashes of workers included; results in the order of the jobs.
%% tier: 3
-module(worker_pools).
-export([main/0]).

main() ->
    logger:set_primary_config(level, none),
    Jobs = [{N, fun() -> job(N) end} || N <- lists:seq(1, 60)],
    Results = run(Jobs, 4),
    io:format("~p~n", [Results]),
    io:format("~w~n", [run([{1, fun() -> self() end}], 3) =/= []]),
    io:format("~w~n", [run([], 3)]).

job(N) when N rem 15 =:= 0 -> exit({refused, N});
job(N) when N rem 11 =:= 0 -> throw(N);
job(N) when N rem 7 =:= 0 -> N / 0;
job(N) -> lists:sum(lists:seq(1, N)).

run(Jobs, Size) -> run(Jobs, Size, #{}, #{}).

run([], _, Running, Done) when map_size(Running) =:= 0 -> lists:sort(maps:to_list(Done));
run([{Id, Fun} | Jobs], Size, Running, Done) when map_size(Running) < Size ->
    {_, Monitor} = spawn_monitor(fun() -> exit({result, Fun()}) end),
    run(Jobs, Size, Running#{Monitor => Id}, Done);
run(Jobs, Size, Running, Done) ->
    receive
        {'DOWN', Monitor, process, _, Reason} ->
            {Id, Left} = maps:take(Monitor, Running),
            run(Jobs, Size, Left, Done#{Id => outcome(Reason)})
    end.

outcome({result, Value}) -> {ok, if is_pid(Value) -> pid; true -> Value end};
outcome({{nocatch, Value}, _}) -> {thrown, Value};
outcome({Reason, [{_, F, _, _} | _]}) -> {crashed, Reason, F};
outcome(Reason) -> {exited, Reason}.
