%% A sudoku solver with candidate sets in maps.
%% tier: 3
-module(sudoku).
-export([main/0]).

main() ->
    [show(solve(parse(S))) || S <- ["53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79",
                                    "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......", "11......."  ++ lists:duplicate(72, $.)]].

cells() -> [{R, C} || R <- lists:seq(0, 8), C <- lists:seq(0, 8)].
parse(S) -> maps:from_list([{At, D - $0} || {At, D} <- lists:zip(cells(), S), D =/= $.]).
peer({R, C}, {R2, C2}) -> R =:= R2 orelse C =:= C2 orelse (R div 3 =:= R2 div 3 andalso C div 3 =:= C2 div 3).

solve(Given) ->
    Peers = maps:from_list([{A, [B || B <- cells(), A =/= B, peer(A, B)]} || A <- cells()]),
    try maps:fold(fun(At, D, Cs) -> assign(At, D, Cs, Peers) end, maps:from_keys(cells(), lists:seq(1, 9)), Given) of Cs -> search(Cs, Peers) catch contradiction -> none end.

assign(At, D, Cs, Peers) -> lists:foldl(fun(X, Acc) -> eliminate(At, X, Acc, Peers) end, Cs, lists:delete(D, map_get(At, Cs))).
eliminate(At, D, Cs, Peers) ->
    case lists:member(D, map_get(At, Cs)) of
        false -> Cs;
        true ->
            case lists:delete(D, map_get(At, Cs)) of
                [] -> throw(contradiction);
                [Only] -> lists:foldl(fun(P, Acc) -> eliminate(P, Only, Acc, Peers) end, Cs#{At := [Only]}, map_get(At, Peers));
                Many -> Cs#{At := Many}
            end
    end.

search(Cs, Peers) ->
    case lists:sort([{length(L), At} || At <- cells(), L <- [map_get(At, Cs)], length(L) > 1]) of
        [] -> Cs;
        [{_, At} | _] -> try_each(map_get(At, Cs), At, Cs, Peers)
    end.
try_each([], _, _, _) -> none;
try_each([D | Ds], At, Cs, Peers) ->
    case try search(assign(At, D, Cs, Peers), Peers) catch contradiction -> none end of
        none -> try_each(Ds, At, Cs, Peers);
        Solved -> Solved
    end.

show(none) -> io:format("no solution~n~n");
show(Cs) -> [io:format("~s~n", [[hd(map_get({R, C}, Cs)) + $0 || C <- lists:seq(0, 8)]]) || R <- lists:seq(0, 8)], io:nl().
