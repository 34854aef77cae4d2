%% A scheduler of coroutines by funs, with priorities, sleeping and channels: no processes at all.
%% tier: 2
-module(priority_scheduler).
-export([main/0]).

main() ->
    Log = run([{1, worker(low, 3)}, {5, worker(high, 2)}, {3, sleeper(4)}, {2, producer(3)}, {2, consumer(3)}]),
    io:format("~p~n", [Log]).

%% A coroutine is fun(Input) -> {yield, Output, Next} | {sleep, N, Next} | {send, Channel, V, Next} | {recv, Channel, Next} | done.
worker(_, 0) -> fun(_) -> done end;
worker(Name, N) -> fun(_) -> {yield, {Name, N}, worker(Name, N - 1)} end.
sleeper(N) -> fun(_) -> {sleep, N, worker(slept, 1)} end.
producer(0) -> fun(_) -> done end;
producer(N) -> fun(_) -> {send, c, N * N, producer(N - 1)} end.
consumer(0) -> fun(_) -> done end;
consumer(N) -> fun(_) -> {recv, c, fun(V) -> {yield, {got, V}, consumer(N - 1)} end} end.

run(Routines) -> loop([{P, R, none} || {P, R} <- Routines], [], [], #{}, 0, []).

loop([], [], [], _, T, Log) -> lists:reverse([{finished, T} | Log]);
loop([], [], Waiting, _, T, Log) -> lists:reverse([{deadlock, length(Waiting), T} | Log]);
loop([], Sleeping, Waiting, Channels, T, Log) ->
    {Awake, Still} = lists:partition(fun({Until, _, _}) -> Until =< T + 1 end, Sleeping),
    loop([{P, R, none} || {_, P, R} <- Awake], Still, Waiting, Channels, T + 1, Log);
loop(Ready, Sleeping, Waiting, Channels, T, Log) ->
    [{P, R, Input} | Rest] = lists:sort(fun({A, _, _}, {B, _, _}) -> A >= B end, Ready),
    case R(Input) of
        done -> loop(Rest, Sleeping, Waiting, Channels, T + 1, Log);
        {yield, Out, Next} -> loop([{P, Next, none} | Rest], Sleeping, Waiting, Channels, T + 1, [{T, Out} | Log]);
        {sleep, N, Next} -> loop(Rest, [{T + N, P, Next} | Sleeping], Waiting, Channels, T + 1, Log);
        {send, C, V, Next} ->
            case lists:keytake(C, 1, Waiting) of
                {value, {C, P2, R2}, Others} -> loop([{P, Next, none}, {P2, R2, V} | Rest], Sleeping, Others, Channels, T + 1, Log);
                false -> loop([{P, Next, none} | Rest], Sleeping, Waiting, maps:update_with(C, fun(L) -> L ++ [V] end, [V], Channels), T + 1, Log)
            end;
        {recv, C, Next} ->
            case Channels of
                #{C := [V | Vs]} -> loop([{P, Next, V} | Rest], Sleeping, Waiting, Channels#{C := Vs}, T + 1, Log);
                _ -> loop(Rest, Sleeping, [{C, P, Next} | Waiting], Channels, T + 1, Log)
            end
    end.
