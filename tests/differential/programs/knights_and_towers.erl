%% A knight's tour by Warnsdorff's rule, the towers of Hanoi, a maze solved breadth first.
%% tier: 2
-module(knights_and_towers).
-export([main/0]).

main() ->
    Tour = tour(6, {1, 1}),
    io:format("~w ~w~n", [length(Tour), lists:sublist(Tour, 12)]),
    Moves = hanoi(8, a, b, c),
    io:format("~w ~w ~w~n", [length(Moves), lists:sublist(Moves, 6), erlang:phash2(Moves)]),
    Maze = ["#########", "#s..#...#", "#.#.#.#.#", "#.#...#.#", "#.#####.#", "#......e#", "#########"],
    Path = solve(Maze),
    io:format("~w~n", [Path]),
    [io:format("~s~n", [[case lists:member({R, C}, Path) of true -> $*; false -> X end
                         || {C, X} <- lists:zip(lists:seq(1, length(Row)), Row)]])
     || {R, Row} <- lists:zip(lists:seq(1, length(Maze)), Maze)].

tour(N, Start) -> tour(N, Start, [Start], N * N - 1).
tour(_, _, Path, 0) -> lists:reverse(Path);
tour(N, At, Path, Left) ->
    Options = lists:sort([{length(free(N, To, Path)), To} || To <- free(N, At, Path)]),
    try_each(N, Options, Path, Left).
try_each(_, [], _, _) -> none;
try_each(N, [{_, To} | Rest], Path, Left) ->
    case tour(N, To, [To | Path], Left - 1) of
        none -> try_each(N, Rest, Path, Left);
        Found -> Found
    end.
free(N, {R, C}, Path) ->
    [{X, Y} || {A, B} <- [{1, 2}, {2, 1}, {2, -1}, {1, -2}, {-1, -2}, {-2, -1}, {-2, 1}, {-1, 2}],
               X <- [R + A], Y <- [C + B], X >= 1, X =< N, Y >= 1, Y =< N, not lists:member({X, Y}, Path)].

hanoi(0, _, _, _) -> [];
hanoi(N, From, To, Via) -> hanoi(N - 1, From, Via, To) ++ [{From, To}] ++ hanoi(N - 1, Via, To, From).

solve(Maze) ->
    Cells = maps:from_list([{{R, C}, X} || {R, Row} <- lists:zip(lists:seq(1, length(Maze)), Maze),
                                           {C, X} <- lists:zip(lists:seq(1, length(Row)), Row), X =/= $#]),
    [Start] = [P || {P, $s} <- maps:to_list(Cells)],
    walk(queue:from_list([[Start]]), #{Start => true}, Cells).
walk(Queue, Seen, Cells) ->
    {{value, [{R, C} = At | _] = Path}, Rest} = queue:out(Queue),
    case map_get(At, Cells) of
        $e -> lists:reverse(Path);
        _ ->
            Next = [P || P <- [{R + 1, C}, {R, C + 1}, {R - 1, C}, {R, C - 1}], is_map_key(P, Cells), not is_map_key(P, Seen)],
            walk(lists:foldl(fun(P, Q) -> queue:in([P | Path], Q) end, Rest, Next),
                 lists:foldl(fun(P, S) -> S#{P => true} end, Seen, Next), Cells)
    end.
