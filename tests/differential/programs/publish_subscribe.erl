%% Topics with wildcards, subscribers that come and go, a monitor for each.
%% tier: 3
-module(publish_subscribe).
-export([main/0]).

main() ->
    Bus = spawn_link(fun() -> bus(#{}) end),
    A = subscriber(Bus, [[news, '_'], [sport, football]]),
    B = subscriber(Bus, [['_', football]]),
    C = subscriber(Bus, [[news, local]]),
    publish(Bus, [news, local], 1), publish(Bus, [sport, football], 2), publish(Bus, [sport, tennis], 3),
    io:format("~w ~w ~w~n", [stop(A), stop(B), seen(C)]),
    publish(Bus, [news, local], 4), publish(Bus, [news, world], 5),
    io:format("~w ~w~n", [seen(C), count(Bus)]),
    stop(C),
    io:format("~w~n", [count(Bus)]).

subscriber(Bus, Topics) ->
    Pid = spawn(fun() -> collect([]) end),
    [call(Bus, {subscribe, Pid, T}) || T <- Topics],
    Pid.

collect(Seen) ->
    receive
        {event, Topic, N} -> collect([{Topic, N} | Seen]);
        {From, Tag, seen} -> From ! {Tag, lists:reverse(Seen)}, collect(Seen)
    end.

seen(Pid) -> call(Pid, seen).
stop(Pid) ->
    Seen = seen(Pid),
    Monitor = monitor(process, Pid),
    exit(Pid, shutdown),
    receive {'DOWN', Monitor, _, _, Why} -> {Why, Seen} end.

publish(Bus, Topic, N) -> call(Bus, {publish, Topic, N}).
count(Bus) -> call(Bus, count).

call(Pid, Request) ->
    Tag = make_ref(),
    Pid ! {self(), Tag, Request},
    receive {Tag, Answer} -> Answer end.

bus(Subscribers) ->
    receive
        {From, Tag, {subscribe, Pid, Topic}} ->
            From ! {Tag, ok},
            bus(Subscribers#{monitor(process, Pid) => {Pid, Topic}});
        {From, Tag, {publish, Topic, N}} ->
            [Pid ! {event, Topic, N} || {Pid, Pattern} <- maps:values(Subscribers), fits(Pattern, Topic)],
            From ! {Tag, ok},
            bus(Subscribers);
        {From, Tag, count} -> From ! {Tag, map_size(Subscribers)}, bus(Subscribers);
        {'DOWN', Monitor, process, _, _} -> bus(maps:remove(Monitor, Subscribers))
    end.

fits([], []) -> true;
fits(['_' | P], [_ | T]) -> fits(P, T);
fits([X | P], [X | T]) -> fits(P, T);
fits(_, _) -> false.
