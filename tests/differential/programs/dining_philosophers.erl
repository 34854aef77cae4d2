%% Five philosophers, five forks that are processes, an order that avoids deadlock: everybody eats.
%% tier: 3
-module(dining_philosophers).
-export([main/0]).

main() ->
    Forks = list_to_tuple([spawn_link(fun fork/0) || _ <- lists:seq(1, 5)]),
    Self = self(),
    Pids = [spawn_link(fun() -> philosopher(I, element(I, Forks), element(I rem 5 + 1, Forks), I =:= 5, 20, Self) end)
            || I <- lists:seq(1, 5)],
    Meals = [receive {P, I, N} -> {I, N} end || P <- Pids],
    io:format("~w~n", [Meals]),
    Uses = [begin F ! {uses, self()}, receive {F, N} -> N end end || F <- tuple_to_list(Forks)],
    io:format("~w~n", [Uses]),
    [begin unlink(F), exit(F, kill) end || F <- tuple_to_list(Forks)].

fork() -> fork(0).
fork(Uses) ->
    receive
        {take, Who} ->
            Who ! {taken, self()},
            receive {put, Who} -> fork(Uses + 1) end;
        {uses, Who} -> Who ! {self(), Uses}, fork(Uses)
    end.

philosopher(I, _, _, _, 0, Parent) -> Parent ! {self(), I, 20};
philosopher(I, Left, Right, Swap, N, Parent) ->
    {First, Second} = if Swap -> {Right, Left}; true -> {Left, Right} end,
    take(First), take(Second),
    erlang:yield(),
    Second ! {put, self()}, First ! {put, self()},
    philosopher(I, Left, Right, Swap, N - 1, Parent).

take(Fork) -> Fork ! {take, self()}, receive {taken, Fork} -> ok end.
