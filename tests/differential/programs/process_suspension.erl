%% Suspending and resuming, by whom and how often; collections and checks asked of others; who is told what.
%% tier: 2
-module(process_suspension).
-export([main/0]).

main() ->
    logger:set_primary_config(level, none),
    P = spawn(fun loop/0),
    p([erlang:suspend_process(P), erlang:suspend_process(P), erlang:suspend_process(P, [unless_suspending])]),
    {suspending, [{P, Active, Outstanding}]} = process_info(self(), suspending),
    p({Active, Outstanding, process_info(P, status)}),
    P ! {self(), one},
    p(receive one -> early after 20 -> suspended end),
    p([erlang:resume_process(P), process_info(P, status)]),
    p([erlang:resume_process(P), receive one -> one after 1000 -> nothing end]),
    p(fails(fun() -> erlang:resume_process(P) end)),
    p([fails(fun() -> erlang:suspend_process(Bad) end) || Bad <- [self(), foo, 1]]),
    p([fails(fun() -> erlang:suspend_process(P, Bad) end) || Bad <- [[foo], foo, [{asynchronous}], [unless_suspending | x]]]),
    %% Who suspends lets go when it ends.
    {Q, M} = spawn_monitor(fun() -> erlang:suspend_process(P), erlang:suspend_process(P), exit(done) end),
    p(receive {'DOWN', M, process, Q, R} -> R end),
    P ! {self(), two},
    p(receive two -> two after 1000 -> nothing end),
    p(erlang:suspend_process(P, [{asynchronous, tagged}])),
    p(receive {tagged, State} -> State after 1000 -> nothing end),
    p(erlang:resume_process(P)),
    %% One that is suspended can be collected and killed.
    erlang:suspend_process(P),
    p([garbage_collect(P), garbage_collect(P, [{async, id}]), receive {garbage_collect, id, G} -> G end]),
    p(erlang:check_process_code(P, lists)),
    N = monitor(process, P),
    exit(P, kill),
    p(receive {'DOWN', N, process, P, Why} -> Why after 1000 -> alive end),
    p([garbage_collect(P), garbage_collect(P, [{type, minor}])]),
    p(fails(fun() -> erlang:suspend_process(P) end)),
    p([fails(F) || F <- [fun() -> garbage_collect(x) end, fun() -> garbage_collect(self(), [x]) end]]),
    p(process_info(self(), suspending)).

loop() -> receive {From, X} -> From ! X, loop() end.
fails(F) -> try F() catch error:E -> {error, E} end.
p(X) -> io:format("~p~n", [X]).
