%% Permutations, combinations, subsets, partitions of numbers, necklaces; counted and listed.
%% tier: 1
-module(permutations_and_sets).
-export([main/0]).

main() ->
    io:format("~w~n", [permutations([a, b, c])]),
    io:format("~w~n", [length(permutations(lists:seq(1, 7)))]),
    io:format("~w~n", [combinations(3, [1, 2, 3, 4, 5])]),
    io:format("~w~n", [subsets([x, y, z])]),
    io:format("~w~n", [partitions(6)]),
    io:format("~w~n", [[length(partitions(N)) || N <- lists:seq(1, 20)]]),
    io:format("~w~n", [[next("adcb"), next("dcba"), next([1, 3, 2])]]),
    io:format("~w~n", [[nth_permutation(K, "abcd") || K <- [0, 1, 5, 23]]]),
    io:format("~w~n", [[catalan(N) || N <- lists:seq(0, 15)]]),
    io:format("~w~n", [[stirling(6, K) || K <- lists:seq(0, 6)]]),
    io:format("~w~n", [lists:usort([canonical(L) || L <- words(4, [0, 1])])]).

permutations([]) -> [[]];
permutations(L) -> [[H | T] || H <- L, T <- permutations(L -- [H])].
combinations(0, _) -> [[]];
combinations(_, []) -> [];
combinations(N, [H | T]) -> [[H | C] || C <- combinations(N - 1, T)] ++ combinations(N, T).
subsets([]) -> [[]];
subsets([H | T]) -> S = subsets(T), S ++ [[H | X] || X <- S].
partitions(N) -> partitions(N, N).
partitions(0, _) -> [[]];
partitions(N, Max) -> [[K | P] || K <- lists:seq(min(N, Max), 1, -1), P <- partitions(N - K, K)].
next(L) ->
    case lists:splitwith(fun({A, B}) -> A >= B end, lists:reverse(lists:zip(lists:droplast(L), tl(L)))) of
        {_, []} -> none;
        {Tail, [{Pivot, _} | _]} ->
            {Head, [Pivot | Rest]} = lists:split(length(L) - length(Tail) - 2, L),
            Swap = lists:min([X || X <- Rest, X > Pivot]),
            Head ++ [Swap | lists:sort([Pivot | Rest -- [Swap]])]
    end.
nth_permutation(_, []) -> [];
nth_permutation(K, L) -> F = factorial(length(L) - 1), X = lists:nth(K div F + 1, lists:sort(L)), [X | nth_permutation(K rem F, L -- [X])].
factorial(0) -> 1;
factorial(N) -> N * factorial(N - 1).
catalan(N) -> factorial(2 * N) div factorial(N + 1) div factorial(N).
stirling(N, N) -> 1;
stirling(N, K) when K =:= 0; K > N -> 0;
stirling(N, K) -> K * stirling(N - 1, K) + stirling(N - 1, K - 1).
words(0, _) -> [[]];
words(N, A) -> [[X | W] || X <- A, W <- words(N - 1, A)].
canonical(L) -> lists:min([begin {A, B} = lists:split(N, L), B ++ A end || N <- lists:seq(0, length(L) - 1)]).
