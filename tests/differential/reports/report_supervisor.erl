%% Supervisor reports: a child that dies, and the restart limit reached.
%% tier: 4
-module(report_supervisor).
-behaviour(supervisor).
-export([main/0, init/1, start_child/0]).

main() ->
    process_flag(trap_exit, true),
    {ok, S} = supervisor:start_link({local, top_supervisor}, ?MODULE, []),
    [begin wait_for(the_child), exit(whereis(the_child), {crash, N}), receive after 60 -> ok end end || N <- [1, 2]],
    receive {'EXIT', S, R} -> io:format("~p~n", [R]) after 1000 -> ok end,
    receive after 100 -> ok end.

init([]) -> {ok, {#{intensity => 1, period => 10}, [#{id => child, start => {?MODULE, start_child, []}}]}}.
start_child() -> {ok, spawn_link(fun() -> register(the_child, self()), receive after infinity -> ok end end)}.
wait_for(N) -> case whereis(N) of undefined -> receive after 1 -> wait_for(N) end; _ -> ok end.
