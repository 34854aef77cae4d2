%% Conway's life on sets, on maps and on a process per cell.
%% tier: 3
-module(life).
-export([main/0]).

main() ->
    Glider = [{1, 0}, {2, 1}, {0, 2}, {1, 2}, {2, 2}], [show(G, 8) || G <- generations(4, ordsets:from_list(Glider))],
    R = [{1, 0}, {2, 0}, {0, 1}, {1, 1}, {1, 2}], Last = lists:last(generations(60, ordsets:from_list(R))), io:format("~p ~p~n", [length(Last), erlang:phash2(Last)]),
    io:format("~p~n", [processes(10, [{4, 5}, {5, 5}, {6, 5}, {5, 6}], 5)]).

generations(0, C) -> [C];
generations(N, C) -> [C | generations(N - 1, step(C))].
step(C) -> Counts = lists:foldl(fun(K, M) -> maps:update_with(K, fun(V) -> V + 1 end, 1, M) end, #{}, [{X + A, Y + B} || {X, Y} <- C, A <- [-1, 0, 1], B <- [-1, 0, 1], {A, B} =/= {0, 0}]),
    ordsets:from_list([K || {K, N} <- maps:to_list(Counts), N =:= 3 orelse N =:= 2 andalso ordsets:is_element(K, C)]).
show(C, N) -> [io:format("~s~n", [[case lists:member({X, Y}, C) of true -> $#; false -> $. end || X <- lists:seq(0, N)]]) || Y <- lists:seq(0, N)], io:nl().

processes(N, Live, Steps) ->
    S = self(), Keys = [{X, Y} || X <- lists:seq(1, N), Y <- lists:seq(1, N)],
    Cells = maps:from_list([{K, spawn_link(fun() -> receive {start, Ps} -> cell(S, K, lists:member(K, Live), Ps, Steps) end end)} || K <- Keys]),
    [map_get({X, Y}, Cells) ! {start, [P || A <- [-1, 0, 1], B <- [-1, 0, 1], {A, B} =/= {0, 0}, {ok, P} <- [maps:find({X + A, Y + B}, Cells)]]} || {X, Y} <- Keys],
    lists:sort([K || _ <- Keys, {K, true} <- [receive {final, F} -> F end]]).
cell(S, K, Alive, _, 0) -> S ! {final, {K, Alive}};
cell(S, K, Alive, Ps, N) -> [P ! {N, Alive} || P <- Ps], Sum = length([x || _ <- Ps, receive {N, A} -> A end]), cell(S, K, Sum =:= 3 orelse Alive andalso Sum =:= 2, Ps, N - 1).
