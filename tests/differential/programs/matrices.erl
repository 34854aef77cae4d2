%% Matrix products, determinants in fractions, inverses, paths, transposes.
%% tier: 3
-module(matrices).
-export([main/0]).

main() ->
    A = [[1, 2, 3], [4, 5, 6], [7, 8, 10]], B = [[(I * J) rem 7 - 3 || J <- lists:seq(1, 12)] || I <- lists:seq(1, 12)],
    p(mul(A, A)), p(transpose(A)), p(det(A)), p(inverse(A)), p(mul(inverse(A), [[{X, 1} || X <- R] || R <- A]) =/= []), p(erlang:phash2(mul(B, mul(B, B)))), p(power([[1, 1], [1, 0]], 300)),
    p(det([[1 / 1, 2.5], [3.0, 4.0]])), p(warshall([[0, 3, inf, 7], [8, 0, 2, inf], [5, inf, 0, 1], [2, inf, inf, 0]])), M = [[X * Y rem 101 || X <- lists:seq(1, 40)] || Y <- lists:seq(1, 40)], p(lists:sum(lists:append(mul(M, M)))).

transpose([[] | _]) -> [];
transpose(M) -> [[hd(R) || R <- M] | transpose([tl(R) || R <- M])].
mul(A, B) -> T = transpose(B), [[dot(R, C) || C <- T] || R <- A].
dot([], []) -> 0;
dot([X | Xs], [Y | Ys]) when is_tuple(X), is_tuple(Y) -> [times(X, Y) | case dot(Xs, Ys) of 0 -> []; L -> L end];
dot([X | Xs], [Y | Ys]) -> X * Y + dot(Xs, Ys).
det([[X]]) -> X;
det([R | Rs]) -> lists:sum([sign(I) * X * det([drop(I, Q) || Q <- Rs]) || {I, X} <- lists:enumerate(R)]).
sign(I) -> 1 - 2 * ((I + 1) rem 2).
drop(I, L) -> {A, [_ | B]} = lists:split(I - 1, L), A ++ B.
inverse(M) -> D = det(M), N = lists:seq(1, length(M)), [[frac(sign(I + J - 1) * det([drop(I, Q) || Q <- drop(J, M)]), D) || J <- N] || I <- N].
frac(N, D) -> G = gcd(N, D), {N div G, D div G}.
times({A, B}, {C, D}) -> frac(A * C, B * D).
gcd(A, 0) -> A;
gcd(A, B) -> gcd(B, A rem B).
power(_, 0) -> [[1, 0], [0, 1]];
power(M, N) when N rem 2 =:= 0 -> H = power(M, N div 2), mul(H, H);
power(M, N) -> mul(M, power(M, N - 1)).
warshall(M) -> lists:foldl(fun(K, D) -> Rk = lists:nth(K, D), [[least(X, plus(lists:nth(K, R), Y)) || {X, Y} <- lists:zip(R, Rk)] || R <- D] end, M, lists:seq(1, length(M))).
least(inf, B) -> B;
least(A, inf) -> A;
least(A, B) -> min(A, B).
plus(A, B) when A =:= inf; B =:= inf -> inf;
plus(A, B) -> A + B.
p(X) -> io:format("~p~n", [X]).
