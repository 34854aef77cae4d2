%% Levenshtein distance, longest common subsequence, and the edits themselves.
%% tier: 2
-module(edit_distance).
-export([main/0]).

main() ->
    Pairs = [{"kitten", "sitting"}, {"", "abc"}, {"flaw", "lawn"}, {"same", "same"}, {"интерес", "интервал"},
             {"saturday", "sunday"}, {lists:seq(1, 50), lists:seq(26, 75)}],
    [io:format("~tp ~tp: ~w, common ~tp~n", [A, B, distance(A, B), common(A, B)]) || {A, B} <- Pairs],
    io:format("~p~n", [edits("saturday", "sunday")]),
    io:format("~p~n", [edits("abcabba", "cbabac")]).

distance(A, B) ->
    Last = lists:foldl(fun(X, [Up | _] = Row) -> row(X, B, Row, [Up + 1]) end, lists:seq(0, length(B)), A),
    lists:last(Last).

row(_, [], [_], Acc) -> lists:reverse(Acc);
row(X, [Y | Ys], [Diagonal, Up | Row], [Left | _] = Acc) ->
    Cost = if X =:= Y -> Diagonal; true -> 1 + lists:min([Diagonal, Up, Left]) end,
    row(X, Ys, [Up | Row], [Cost | Acc]).

common(A, B) ->
    {_, Result} = lcs(A, B, #{}),
    element(2, Result).

lcs(A, B, Memo) ->
    Key = {length(A), length(B)},
    case Memo of
        #{Key := Known} -> {Memo, Known};
        _ ->
            {Memo1, Value} = case {A, B} of
                {[], _} -> {Memo, {0, []}};
                {_, []} -> {Memo, {0, []}};
                {[X | As], [X | Bs]} -> {M, {N, L}} = lcs(As, Bs, Memo), {M, {N + 1, [X | L]}};
                {[_ | As], [_ | Bs]} ->
                    {M1, R1} = lcs(As, B, Memo),
                    {M2, R2} = lcs(A, Bs, M1),
                    {M2, if element(1, R1) >= element(1, R2) -> R1; true -> R2 end}
            end,
            {Memo1#{Key => Value}, Value}
    end.

edits(A, B) -> edits(A, B, common(A, B)).
edits([X | As], [X | Bs], [X | C]) -> [{keep, X} | edits(As, Bs, C)];
edits([X | As], B, C) when C =:= []; hd(C) =/= X -> [{delete, X} | edits(As, B, C)];
edits(A, [Y | Bs], C) -> [{insert, Y} | edits(A, Bs, C)];
edits([], [], []) -> [].
