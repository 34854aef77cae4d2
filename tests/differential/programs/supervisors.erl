%% Supervisors: strategies, restart kinds, intensity, dynamic children.
%% tier: 4
-module(supervisors).
-behaviour(supervisor).
-export([main/0, init/1, start_worker/2, start_worker/3]).

main() ->
    logger:set_primary_config(level, none),
    process_flag(trap_exit, true),
    [strategy(S) || S <- [one_for_one, one_for_all, rest_for_one]],
    [kind(K, Why) || K <- [permanent, transient, temporary], Why <- [normal, shutdown, {shutdown, x}, crash]],
    intensity(), simple(), dynamic(), order(), significant(), failing_start().

init({Flags, Children}) -> {ok, {Flags, Children}};
init(ignore) -> ignore.

start_worker(Name, To) -> start_worker(Name, To, ok).
start_worker(Name, To, Ok) ->
    S = self(),
    P = spawn_link(fun() -> process_flag(trap_exit, true), register(Name, self()), To ! {up, Name}, S ! {registered, self()}, worker(Name, To, S) end),
    receive {registered, P} -> case Ok of ok -> {ok, P}; Other -> Other end end.

worker(Name, To, S) -> receive {'EXIT', S, R} -> To ! {down, Name, R}, exit(R); {die, R} -> exit(R) end.

child(Name) -> child(Name, permanent).
child(Name, Restart) -> #{id => Name, start => {?MODULE, start_worker, [Name, self()]}, restart => Restart}.

start(Flags, Children) -> {ok, S} = supervisor:start_link(?MODULE, {Flags, Children}), S.
stop(S) -> exit(S, shutdown), receive {'EXIT', S, R} -> R end.

strategy(Strategy) ->
    S = start(#{strategy => Strategy, intensity => 3, period => 5}, [child(N) || N <- [a, b, c]]),
    p({Strategy, events()}),
    p([{I, is_pid(P), T, M} || {I, P, T, M} <- supervisor:which_children(S)]), p(supervisor:count_children(S)),
    kill(b), p(events()),
    p(stop(S)), p(events()).

kind(Restart, Why) ->
    S = start(#{strategy => one_for_one}, [child(w, Restart)]), events(),
    kill(w, Why), E = events(),
    p({Restart, Why, E, [{I, if is_pid(P) -> pid; true -> P end} || {I, P, _, _} <- supervisor:which_children(S)]}), stop(S), events().

intensity() ->
    S = start(#{strategy => one_for_one, intensity => 2, period => 10}, [child(fragile), child(bystander)]), events(),
    [begin kill(fragile), p(events()) end || _ <- [1, 2]],
    kill(fragile), p(receive {'EXIT', S, R} -> R after 1000 -> still_there end), p(events()).

simple() ->
    S = start(#{strategy => simple_one_for_one, intensity => 5}, [#{id => any, start => {?MODULE, start_worker, []}, restart => transient}]),
    [{ok, P1}, {ok, _}] = [supervisor:start_child(S, [N, self()]) || N <- [x, y]], p(events()),
    p([proplists:get_value(active, supervisor:count_children(S)), length(supervisor:which_children(S))]),
    kill(x), p(events()), p(is_process_alive(P1)),
    p(supervisor:terminate_child(S, whereis(y))), p(events()), p(supervisor:count_children(S)), p(stop(S)), p(events()).

dynamic() ->
    S = start(#{strategy => one_for_one}, [child(first)]), events(),
    {ok, P} = supervisor:start_child(S, child(second)), p(is_pid(P)),
    p(supervisor:start_child(S, child(second)) =:= {error, {already_started, P}}),
    p([supervisor:terminate_child(S, second), supervisor:terminate_child(S, none), element(1, supervisor:restart_child(S, second)), supervisor:restart_child(S, second), supervisor:delete_child(S, second), supervisor:terminate_child(S, first), supervisor:delete_child(S, first)]),
    p(supervisor:start_child(S, bad_spec)), p(events()), p([I || {I, _, _, _} <- supervisor:which_children(S)]),
    {ok, Spec} = supervisor:get_childspec(S, second), p(maps:without([start], Spec)), p(stop(S)), p(events()),
    p(supervisor:check_childspecs([child(ok)])), p(supervisor:check_childspecs([#{id => x}])), p(supervisor:start_link(?MODULE, ignore)).

order() ->
    Inner = #{id => inner, type => supervisor, start => {supervisor, start_link, [?MODULE, {#{}, [child(i1), child(i2)]}]}},
    S = start(#{}, [child(before), Inner, child(afterwards)]), p(events()), kill(i2), p(events()), p(stop(S)), p(events()).

significant() ->
    S = start(#{strategy => one_for_one, auto_shutdown => any_significant}, [(child(sig, transient))#{significant => true}, child(other)]), events(),
    kill(sig, normal), p(receive {'EXIT', S, R} -> R after 1000 -> alive end), p(events()).

failing_start() ->
    Bad = #{id => bad, start => {?MODULE, start_worker, [bad, self(), {error, will_not}]}},
    p(supervisor:start_link(?MODULE, {#{}, [child(good), Bad]})), p(receive {'EXIT', _, R} -> R after 100 -> no_exit end), p(lists:sort(events())),
    p(supervisor:start_link(?MODULE, {#{strategy => nonsense}, []})), p(receive {'EXIT', _, R2} -> R2 after 100 -> no_exit end).

kill(Name) -> kill(Name, crash).
kill(Name, Why) -> P = whereis(Name), M = monitor(process, P), P ! {die, Why}, receive {'DOWN', M, _, _, _} -> ok end.
events() -> receive {K, _} = E when K =:= up -> [E | events()]; {down, _, _} = E -> [E | events()] after 30 -> [] end.
p(X) -> io:format("~p~n", [X]).
