%% Spawning in every form, answers, ordering, many short-lived processes.
%% tier: 2
-module(processes_spawn).
-export([main/0, answer/2, loop/1]).

main() ->
    S = self(),
    spawn(?MODULE, answer, [S, spawn3]),
    p(get_answer()),
    spawn(fun() -> answer(S, spawn1) end),
    p(get_answer()),
    {_, M} = spawn_monitor(fun() -> exit({done, 1}) end),
    p(receive {'DOWN', M, process, _, R} -> R end),
    process_flag(trap_exit, true),
    L = spawn_link(?MODULE, answer, [S, linked]),
    p(get_answer()), p(receive {'EXIT', L, R2} -> R2 end),
    {_, M2} = spawn_opt(?MODULE, answer, [S, opt], [link, monitor, {priority, low}, {min_heap_size, 5000}, {fullsweep_after, 0}]),
    p(get_answer()), p(receive {'DOWN', M2, process, _, R3} -> R3 end), p(receive {'EXIT', _, R4} -> R4 end),
    Loops = [spawn_link(?MODULE, loop, [N]) || N <- lists:seq(1, 50)],
    [P ! {add, 5, S} || P <- Loops],
    p([receive {P, V} -> V end || P <- Loops]),
    [P ! {add, 5, S} || P <- lists:reverse(Loops)],
    p([receive {P, V} -> V end || P <- Loops]),
    [P ! stop || P <- Loops],
    p(lists:usort([receive {'EXIT', P, Why} -> Why end || P <- Loops])),
    p(lists:any(fun is_process_alive/1, Loops)),
    p(pmap(fun(X) -> X * X end, lists:seq(1, 300)) =:= [X * X || X <- lists:seq(1, 300)]),
    p(fib(15)),
    p(generations(200, S)),
    p(length(lists:usort([spawn(fun() -> ok end) || _ <- lists:seq(1, 2000)]))),
    p([try F() catch C:E -> {C, E} end || F <- [fun() -> spawn(not_a_fun) end, fun() -> spawn(m, f, x) end, fun() -> spawn_opt(fun() -> ok end, [zz]) end]]),
    p(pid_to_list(S) =:= pid_to_list(list_to_pid(pid_to_list(S)))),
    p(prioritised()).

p(X) -> io:format("~p~n", [X]).
answer(To, X) -> To ! {answer, X}.
get_answer() -> receive {answer, X} -> X end.

loop(N) -> receive {add, K, From} -> From ! {self(), N + K}, loop(N + K); stop -> exit(stopped) end.

pmap(F, L) ->
    S = self(),
    Ps = [spawn(fun() -> S ! {self(), F(X)} end) || X <- L],
    [receive {P, R} -> R end || P <- Ps].

fib(N) when N < 2 -> N;
fib(N) when N < 8 -> fib(N - 1) + fib(N - 2);
fib(N) ->
    S = self(),
    [A, B] = [spawn(fun() -> S ! {self(), fib(K)} end) || K <- [N - 1, N - 2]],
    receive {A, X} -> receive {B, Y} -> X + Y end end.

generations(0, S) -> S ! {answer, oldest}, get_answer();
generations(N, S) -> spawn(fun() -> next(N - 1, S) end), get_answer().
next(0, S) -> S ! {answer, last_generation};
next(N, S) -> spawn(fun() -> next(N - 1, S) end).

prioritised() ->
    [begin P0 = process_flag(priority, P), process_flag(priority, P0), P0 end || P <- [low, normal, high, max]].
