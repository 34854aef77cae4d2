%% Receives nested in receives, priorities by patterns, timeouts of zero, marks of references.
%% tier: 3
-module(selective_priorities).
-export([main/0]).

main() ->
    [self() ! {P, N} || {P, N} <- [{low, 1}, {high, 2}, {low, 3}, {urgent, 4}, {high, 5}, other]  -- [other]],
    self() ! other,
    io:format("~w~n", [drain()]),
    [self() ! I || I <- lists:seq(1, 2000)],
    Ref = make_ref(),
    self() ! {Ref, found},
    io:format("~w~n", [receive {Ref, X} -> X end]),
    io:format("~w~n", [receive Big when is_integer(Big), Big > 1500 -> Big after 0 -> none end]),
    io:format("~w~n", [length(flush())]),
    io:format("~w~n", [[receive A -> A after 0 -> nothing end, receive B -> B after 5 -> later end]]),
    Server = spawn_link(fun() -> server([]) end),
    io:format("~w~n", [[ask(Server, {put, K}) || K <- [c, a, b]]]),
    io:format("~w~n", [ask(Server, all)]),
    self() ! outer,
    io:format("~w~n", [nested()]).

drain() ->
    receive {urgent, N} -> [{urgent, N} | drain()]
    after 0 ->
        receive {high, N} -> [{high, N} | drain()]
        after 0 ->
            receive Any -> [Any | drain()]
            after 0 -> []
            end
        end
    end.

flush() -> receive X -> [X | flush()] after 0 -> [] end.

ask(Pid, What) ->
    Ref = monitor(process, Pid),
    Pid ! {Ref, self(), What},
    receive
        {Ref, Answer} -> demonitor(Ref, [flush]), Answer;
        {'DOWN', Ref, _, _, Why} -> exit(Why)
    end.

server(Keys) ->
    receive
        {Ref, From, {put, K}} -> From ! {Ref, length(Keys)}, server([K | Keys]);
        {Ref, From, all} -> From ! {Ref, lists:sort(Keys)}, server(Keys)
    end.

nested() ->
    receive
        outer ->
            self() ! inner2,
            self() ! inner1,
            receive
                inner1 -> receive inner2 -> {both, element(2, process_info(self(), message_queue_len))} end
            end
    end.
