%% Dynamic programming in maps, tuples and the process dictionary: knapsack, coins, chains of matrices, subsequences.
%% tier: 2
-module(knapsack_and_change).
-export([main/0]).

main() ->
    Items = [{map, 9, 150}, {compass, 13, 35}, {water, 153, 200}, {sandwich, 50, 160}, {glucose, 15, 60}, {tin, 68, 45}, {banana, 27, 60}, {apple, 39, 40}, {cheese, 23, 30}],
    io:format("~w~n", [knapsack(Items, 200)]),
    io:format("~w~n", [[change(N, [1, 5, 10, 25, 50]) || N <- [1, 10, 50, 100, 500]]]),
    io:format("~w~n", [[fewest(N, [1, 7, 10]) || N <- lists:seq(1, 30)]]),
    io:format("~w~n", [chain([30, 35, 15, 5, 10, 20, 25])]),
    io:format("~w~n", [increasing([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9])]),
    io:format("~w~n", [subset_sum([3, 34, 4, 12, 5, 2], 9)]),
    io:format("~w~n", [[break("catsanddog", ["cat", "cats", "and", "sand", "dog"]), break("catsandog", ["cats", "dog", "sand"])]]).

knapsack(Items, Capacity) ->
    Table = lists:foldl(fun({Name, W, V}, T) ->
        lists:foldl(fun(C, Acc) ->
            {Without, _} = map_get(C, T),
            {With, Names} = map_get(C - W, T),
            if With + V > Without -> Acc#{C := {With + V, [Name | Names]}}; true -> Acc end
        end, T, [C || C <- lists:seq(W, Capacity)])
    end, maps:from_list([{C, {0, []}} || C <- lists:seq(0, Capacity)]), Items),
    map_get(Capacity, Table).

change(0, _) -> 1;
change(N, _) when N < 0 -> 0;
change(_, []) -> 0;
change(N, [C | Cs] = All) ->
    Key = {change, N, length(All)},
    case get(Key) of
        undefined -> R = change(N, Cs) + change(N - C, All), put(Key, R), R;
        R -> R
    end.

fewest(N, Coins) ->
    T = lists:foldl(fun(I, Acc) -> Acc#{I => 1 + lists:min([map_get(I - C, Acc) || C <- Coins, C =< I])} end, #{0 => 0}, lists:seq(1, N)),
    map_get(N, T).

chain(Dims) -> D = list_to_tuple(Dims), {Cost, Tree, _} = chain(1, tuple_size(D) - 1, D, #{}), {Cost, Tree}.
chain(I, I, _, M) -> {0, I, M};
chain(I, J, D, M) ->
    case M of
        #{{I, J} := {C, T}} -> {C, T, M};
        _ ->
            {Best, M3} = lists:foldl(fun(K, {B, M0}) ->
                {C1, T1, M1} = chain(I, K, D, M0),
                {C2, T2, M2} = chain(K + 1, J, D, M1),
                {min(B, {C1 + C2 + element(I, D) * element(K + 1, D) * element(J + 1, D), {T1, T2}}), M2}
            end, {{infinity, none}, M}, lists:seq(I, J - 1)),
            {Cost, Tree} = Best,
            {Cost, Tree, M3#{{I, J} => Best}}
    end.

increasing(L) ->
    Runs = lists:foldl(fun(X, Acc) ->
        Before = [R || [H | _] = R <- Acc, H < X],
        [[X | longest(Before)] | Acc]
    end, [], L),
    lists:reverse(longest(Runs)).
longest([]) -> [];
longest(Ls) -> element(2, lists:max([{length(R), R} || R <- Ls])).

subset_sum(_, 0) -> [];
subset_sum([], _) -> none;
subset_sum([X | Xs], N) when X =< N -> case subset_sum(Xs, N - X) of none -> subset_sum(Xs, N); S -> [X | S] end;
subset_sum([_ | Xs], N) -> subset_sum(Xs, N).

break("", _) -> [""];
break(S, Words) -> [string:trim(W ++ " " ++ R) || W <- Words, lists:prefix(W, S), R <- break(lists:nthtail(length(W), S), Words)].
