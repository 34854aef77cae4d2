%% Exit signals through trees of links: normal, kill, trapped, unlinked, from linked to the dead.
%% tier: 3
-module(exit_propagation).
-export([main/0]).

main() ->
    process_flag(trap_exit, true),
    [io:format("~w: ~w~n", [Reason, tree(Reason)]) || Reason <- [normal, shutdown, kill, {error, deep}, killed]],
    Dead = spawn(fun() -> ok end),
    M = monitor(process, Dead),
    receive {'DOWN', M, _, _, _} -> ok end,
    link(Dead),
    io:format("~w~n", [receive {'EXIT', Dead, R} -> R after 100 -> none end]),
    P = spawn_link(fun() -> receive after infinity -> ok end end),
    unlink(P),
    exit(P, gone),
    io:format("~w~n", [receive {'EXIT', P, X} -> X after 20 -> none end]),
    Trapper = spawn_link(fun() -> process_flag(trap_exit, true), trap(2) end),
    exit(Trapper, one), exit(Trapper, normal),
    io:format("~w~n", [receive {'EXIT', Trapper, Seen} -> Seen end]),
    Self = self(),
    io:format("~w~n", [catch exit(Self, to_myself)]),
    io:format("~w~n", [receive {'EXIT', Self, to_myself} -> trapped end]),
    io:format("~w~n", [[catch link(P), catch exit(not_a_pid, x), catch unlink(atom)]]),
    io:format("~w~n", [[receive Left -> Left after 0 -> empty end]]).

trap(0) -> receive after 10 -> ok end, exit(done);
trap(N) -> receive {'EXIT', _, R} -> put(R, N), trap1(N - 1, R) end.
trap1(0, R) -> exit({seen, lists:sort(get()), R});
trap1(N, _) -> trap(N).

tree(Reason) ->
    Self = self(),
    Root = spawn(fun() -> node(3, Self) end),
    Pids = [Root | [receive {born, Q} -> Q end || _ <- lists:seq(1, 15)]] -- [none],
    All = lists:usort(Pids),
    Monitors = [monitor(process, Q) || Q <- All],
    exit(lists:last(All), Reason),
    case Reason of
        normal ->
            [demonitor(Mon, [flush]) || Mon <- Monitors],
            Alive = length([Q || Q <- All, is_process_alive(Q)]),
            [exit(Q, kill) || Q <- All],
            {alive, Alive};
        _ -> count([receive {'DOWN', Mon, _, _, R} -> R end || Mon <- Monitors])
    end.

count(L) -> [{X, length([Y || Y <- L, Y =:= X])} || X <- lists:usort(L)].

node(Depth, Top) ->
    Top ! {born, self()},
    [spawn_link(fun() -> node(Depth - 1, Top) end) || Depth > 0, _ <- [1, 2]],
    receive after infinity -> ok end.
