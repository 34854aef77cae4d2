%% A game played to its end by minimax with memory in the process dictionary.
%% tier: 2
-module(tic_tac_toe).
-export([main/0]).

main() ->
    Empty = erlang:make_tuple(9, '_'),
    {Value, Move} = best(Empty, x),
    io:format("value ~w, first move ~w, ~w positions seen~n", [Value, Move, length(get_keys())]),
    play(Empty, x),
    io:format("~w~n", [best({x, x, '_', o, o, '_', '_', '_', '_'}, o)]).

play(Board, Player) ->
    case outcome(Board) of
        none ->
            {_, Move} = best(Board, Player),
            Next = setelement(Move, Board, Player),
            {A, B, C, D, E, F, G, H, I} = Next,
            io:format("~w~w~w~n~w~w~w~n~w~w~w~n~n", [A, B, C, D, E, F, G, H, I]),
            play(Next, other(Player));
        Outcome -> io:format("~w~n", [Outcome])
    end.

other(x) -> o;
other(o) -> x.

outcome(Board) ->
    Lines = [{1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {1, 4, 7}, {2, 5, 8}, {3, 6, 9}, {1, 5, 9}, {3, 5, 7}],
    case [P || {A, B, C} <- Lines, P <- [element(A, Board)], P =/= '_', element(B, Board) =:= P, element(C, Board) =:= P] of
        [Winner | _] -> {wins, Winner};
        [] -> case lists:member('_', tuple_to_list(Board)) of true -> none; false -> draw end
    end.

best(Board, Player) ->
    case get({Board, Player}) of
        undefined ->
            Result = lists:max([{score(setelement(M, Board, Player), Player), -M}
                                || M <- lists:seq(1, 9), element(M, Board) =:= '_']),
            Best = {element(1, Result), -element(2, Result)},
            put({Board, Player}, Best),
            Best;
        Known -> Known
    end.

score(Board, Player) ->
    case outcome(Board) of
        {wins, Player} -> 1;
        draw -> 0;
        none -> -element(1, best(Board, other(Player)))
    end.
