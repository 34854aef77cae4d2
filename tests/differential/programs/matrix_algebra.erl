%% Matrices as lists and as tuples: products, determinants, powers, transposes, an inverse in floats.
%% tier: 2
-module(matrix_algebra).
-export([main/0]).

main() ->
    A = [[2, -1, 0], [1, 3, 4], [0, 5, -6]],
    io:format("~w~n", [product(A, A)]),
    io:format("~w~n", [determinant(A)]),
    io:format("~w~n", [determinant([[(I * J + I + J) rem 11 || J <- lists:seq(1, 7)] || I <- lists:seq(1, 7)])]),
    io:format("~w~n", [power([[1, 1], [1, 0]], 90)]),
    io:format("~w~n", [transpose([[1, 2, 3], [4, 5, 6]])]),
    io:format("~w~n", [[[round(X * 1000) / 1000 || X <- Row] || Row <- product(A, inverse(A))]]),
    io:format("~w~n", [inverse([[4.0, 7.0], [2.0, 6.0]])]),
    io:format("~w~n", [life(4, {{0, 1, 0, 0, 0}, {0, 0, 1, 0, 0}, {1, 1, 1, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}})]),
    io:format("~w~n", [spiral([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]])]).

transpose([]) -> [];
transpose([[] | _]) -> [];
transpose(M) -> [[hd(R) || R <- M] | transpose([tl(R) || R <- M])].
product(A, B) -> T = transpose(B), [[lists:sum(lists:zipwith(fun(X, Y) -> X * Y end, R, C)) || C <- T] || R <- A].
power(M, 1) -> M;
power(M, N) when N rem 2 =:= 0 -> H = power(M, N div 2), product(H, H);
power(M, N) -> product(M, power(M, N - 1)).
determinant([[X]]) -> X;
determinant([First | Rest]) ->
    lists:sum([sign(J) * X * determinant([remove(J, R) || R <- Rest]) || {J, X} <- lists:enumerate(First), X =/= 0]).
sign(J) when J rem 2 =:= 1 -> 1;
sign(_) -> -1.
remove(J, R) -> {A, [_ | B]} = lists:split(J - 1, R), A ++ B.
inverse(M) ->
    N = length(M),
    Rows = [[float(X) || X <- R] ++ [if I =:= J -> 1.0; true -> 0.0 end || J <- lists:seq(1, N)] || {I, R} <- lists:enumerate(M)],
    [lists:nthtail(N, R) || R <- lists:foldl(fun eliminate/2, Rows, lists:seq(1, N))].
eliminate(K, Rows) ->
    {_, P} = lists:max([{abs(lists:nth(K, R)), I} || {I, R} <- lists:enumerate(Rows), I >= K]),
    Swapped = swap(K, P, Rows),
    Pivot = [X / lists:nth(K, lists:nth(K, Swapped)) || X <- lists:nth(K, Swapped)],
    [if I =:= K -> Pivot; true -> F = lists:nth(K, R), [X - F * Y || {X, Y} <- lists:zip(R, Pivot)] end || {I, R} <- lists:enumerate(Swapped)].
swap(I, I, L) -> L;
swap(I, J, L) -> T = list_to_tuple(L), tuple_to_list(setelement(I, setelement(J, T, element(I, T)), element(J, T))).
life(0, G) -> G;
life(N, G) ->
    S = tuple_size(G),
    At = fun(R, C) -> element((C + S - 1) rem S + 1, element((R + S - 1) rem S + 1, G)) end,
    life(N - 1, list_to_tuple([list_to_tuple([begin
        Around = lists:sum([At(R + A, C + B) || A <- [-1, 0, 1], B <- [-1, 0, 1]]) - At(R, C),
        case {At(R, C), Around} of {1, 2} -> 1; {_, 3} -> 1; _ -> 0 end
    end || C <- lists:seq(1, S)]) || R <- lists:seq(1, S)])).
spiral([]) -> [];
spiral([[] | _]) -> [];
spiral([First | Rest]) -> First ++ spiral(lists:reverse(transpose(Rest))).
