%% A token passed around rings of several sizes, elections by the largest number, a ring that is cut.
%% tier: 3
-module(token_ring).
-export([main/0]).

main() ->
    [io:format("~w ~w: ~w~n", [N, M, ring(N, M)]) || {N, M} <- [{1, 10}, {10, 10}, {500, 20}]],
    io:format("~w~n", [elect([3, 7, 2, 9, 4])]),
    io:format("~w~n", [elect([1])]),
    process_flag(trap_exit, true),
    First = spawn_link(fun() -> chain(20) end),
    exit(First, cut),
    io:format("~w~n", [receive {'EXIT', First, Why} -> Why end]).

chain(0) -> receive after infinity -> ok end;
chain(N) -> spawn_link(fun() -> chain(N - 1) end), receive after infinity -> ok end.

ring(N, Rounds) ->
    Self = self(),
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> forward(Next) end) end, Self, lists:seq(2, N)),
    Last ! {token, 0},
    turn(Last, Rounds).

turn(Next, 1) -> receive {token, K} -> Next =:= self() orelse (Next ! stop), K end;
turn(Next, Rounds) -> receive {token, K} -> Next ! {token, K}, turn(Next, Rounds - 1) end.

forward(Next) -> receive {token, K} -> Next ! {token, K + 1}, forward(Next); stop -> Next ! stop end.

%% Chang and Roberts.
elect(Ids) ->
    Self = self(),
    Pids = [spawn(fun() -> receive {next, Next} -> Next ! {candidate, Id}, candidate(Id, Next, Self, 0) end end) || Id <- Ids],
    [P ! {next, Q} || {P, Q} <- lists:zip(Pids, tl(Pids) ++ [hd(Pids)])],
    lists:sort([receive {elected, Id, Leader} -> {Id, Leader} end || Id <- Ids]).

candidate(Id, Next, Parent, Seen) ->
    receive
        {candidate, Id} -> Next ! {leader, Id}, candidate(Id, Next, Parent, Seen);
        {candidate, Other} when Other > Id -> Next ! {candidate, Other}, candidate(Id, Next, Parent, Seen + 1);
        {candidate, _} -> candidate(Id, Next, Parent, Seen + 1);
        {leader, Id} -> Parent ! {elected, Id, Id};
        {leader, Leader} -> Next ! {leader, Leader}, Parent ! {elected, Id, Leader}
    end.
