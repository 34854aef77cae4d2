%% one_for_all, rest_for_one, simple_one_for_one, intensity reached, terminate and restart by hand.
%% tier: 4
-module(supervision_strategies).
-behaviour(supervisor).
-export([main/0, init/1, start_worker/1]).

main() ->
    logger:set_primary_config(level, none),
    process_flag(trap_exit, true),
    [strategy(S) || S <- [one_for_one, one_for_all, rest_for_one]],
    {ok, Sup} = supervisor:start_link(?MODULE, {simple_one_for_one, 1, [child(w, temporary)]}),
    Kids = [element(2, supervisor:start_child(Sup, [])) || _ <- [1, 2, 3]],
    exit(hd(Kids), kill),
    sync(hd(Kids)),
    io:format("~w~n", [supervisor:count_children(Sup)]),
    stop(Sup),
    {ok, Sup2} = supervisor:start_link(?MODULE, {one_for_one, 2, [child(a, permanent)]}),
    [begin [{a, P, _, _}] = supervisor:which_children(Sup2), exit(P, kill), sync(P) end || _ <- [1, 2, 3], is_process_alive(Sup2)],
    io:format("~w~n", [receive {'EXIT', Sup2, Why} -> Why after 1000 -> alive end]),
    {ok, Sup3} = supervisor:start_link(?MODULE, {one_for_one, 1, [child(a, transient), child(b, temporary)]}),
    io:format("~w~n", [[supervisor:terminate_child(Sup3, a), [I || {I, undefined, _, _} <- supervisor:which_children(Sup3)],
                        element(1, supervisor:restart_child(Sup3, a)), supervisor:delete_child(Sup3, a), supervisor:terminate_child(Sup3, none)]]),
    io:format("~p~n", [supervisor:start_child(Sup3, child(a, permanent)) =:= {error, {already_started, pid_of(Sup3, a)}}]),
    io:format("~p~n", [supervisor:check_childspecs([child(a, permanent), #{id => x}])]),
    io:format("~p~n", [maps:remove(start, element(2, supervisor:get_childspec(Sup3, a)))]),
    stop(Sup3),
    io:format("~p~n", [supervisor:start_link(?MODULE, bad)]).

pid_of(Sup, Id) -> hd([P || {I, P, _, _} <- supervisor:which_children(Sup), I =:= Id]).

strategy(Strategy) ->
    {ok, Sup} = supervisor:start_link(?MODULE, {Strategy, 3, [child(I, permanent) || I <- [a, b, c]]}),
    Before = [{I, P} || {I, P, _, _} <- supervisor:which_children(Sup)],
    B = proplists:get_value(b, Before),
    exit(B, kill),
    sync(B),
    After = [{I, P} || {I, P, _, _} <- supervisor:which_children(Sup)],
    io:format("~w: ~w~n", [Strategy, lists:sort([{I, proplists:get_value(I, Before) =:= P} || {I, P} <- After])]),
    stop(Sup).

sync(Pid) -> M = monitor(process, Pid), receive {'DOWN', M, _, _, _} -> ok end, receive after 20 -> ok end.
stop(Sup) -> exit(Sup, shutdown), receive {'EXIT', Sup, shutdown} -> ok end.

child(Id, Restart) -> #{id => Id, start => {?MODULE, start_worker, [[]]}, restart => Restart, shutdown => 100}.
start_worker(_) -> {ok, spawn_link(fun() -> receive after infinity -> ok end end)}.
start_worker() -> start_worker([]).
init(bad) -> start_worker(), {stop_me, please};
init({Strategy, Intensity, Specs}) -> {ok, {#{strategy => Strategy, intensity => Intensity, period => 10}, Specs}}.
