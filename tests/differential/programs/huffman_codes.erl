%% Huffman codes over bit strings, and run lengths.
%% tier: 2
-module(huffman_codes).
-export([main/0]).

main() ->
    Texts = ["abracadabra", "mississippi river", lists:duplicate(50, $a) ++ "b", "the quick brown fox jumps over the lazy dog"],
    [begin
         Codes = codes(tree(Text)),
         Bits = << <<(map_get(C, Codes))/bitstring>> || C <- Text >>,
         io:format("~p: ~w bits of ~w, ~w~n", [Text, bit_size(Bits), 8 * length(Text), lists:sort(maps:to_list(Codes))]),
         io:format("~w ~w~n", [decode(Bits, tree(Text), tree(Text)) =:= Text, Bits])
     end || Text <- Texts],
    [io:format("~p ~p~n", [runs(T), unruns(runs(T)) =:= T]) || T <- ["", "a", "aaabbbbc", [1, 1, 2.0, 2, x, x]]].

tree(Text) ->
    Counts = lists:foldl(fun(C, M) -> maps:update_with(C, fun(N) -> N + 1 end, 1, M) end, #{}, Text),
    build(lists:sort([{N, {leaf, C}} || {C, N} <- maps:to_list(Counts)])).

build([{_, Tree}]) -> Tree;
build([{N1, A}, {N2, B} | Rest]) -> build(lists:sort([{N1 + N2, {branch, A, B}} | Rest])).

codes({leaf, C}) -> #{C => <<0:1>>};
codes(Tree) -> maps:from_list(codes(Tree, <<>>)).
codes({leaf, C}, Bits) -> [{C, Bits}];
codes({branch, A, B}, Bits) -> codes(A, <<Bits/bitstring, 0:1>>) ++ codes(B, <<Bits/bitstring, 1:1>>).

decode(<<>>, _, _) -> [];
decode(<<0:1, Rest/bitstring>>, {leaf, C}, Top) -> [C | decode(Rest, Top, Top)];
decode(<<Bit:1, Rest/bitstring>>, {branch, A, B}, Top) ->
    case if Bit =:= 0 -> A; true -> B end of
        {leaf, C} -> [C | decode(Rest, Top, Top)];
        Branch -> decode(Rest, Branch, Top)
    end.

runs([]) -> [];
runs([X | Xs]) -> runs(Xs, X, 1).
runs([X | Xs], X, N) -> runs(Xs, X, N + 1);
runs(Xs, X, N) -> [{X, N} | runs(Xs)].
unruns(Runs) -> lists:append([lists:duplicate(N, X) || {X, N} <- Runs]).
