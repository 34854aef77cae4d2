%% Exact fractions: Gauss elimination, Bernoulli numbers, continued fractions, Egyptian fractions.
%% tier: 2
-module(rational_numbers).
-export([main/0]).

main() ->
    io:format("~w~n", [solve([[{2, 1}, {1, 1}, {-1, 1}, {8, 1}], [{-3, 1}, {-1, 1}, {2, 1}, {-11, 1}], [{-2, 1}, {1, 1}, {2, 1}, {-3, 1}]])]),
    Hilbert = [[{1, I + J - 1} || J <- lists:seq(1, 7)] ++ [{1, 1}] || I <- lists:seq(1, 7)],
    io:format("~w~n", [solve(Hilbert)]),
    io:format("~w~n", [[bernoulli(N) || N <- [0, 1, 2, 4, 6, 8, 10, 12, 20]]]),
    io:format("~w~n", [continued(649, 200)]),
    io:format("~w~n", [egyptian({43, 48})]),
    io:format("~w~n", [lists:foldl(fun(N, S) -> add(S, {1, N}) end, {0, 1}, lists:seq(1, 100))]).

reduce({N, D}) -> G = gcd(N, D), S = if D < 0 -> -1; true -> 1 end, {S * N div G, S * D div G}.
gcd(A, 0) -> abs(A);
gcd(A, B) -> gcd(B, A rem B).
add({A, B}, {C, D}) -> reduce({A * D + C * B, B * D}).
sub(A, {C, D}) -> add(A, {-C, D}).
mul({A, B}, {C, D}) -> reduce({A * C, B * D}).
divide(A, {C, D}) -> mul(A, {D, C}).

solve(Rows) -> back(lists:reverse(eliminate(Rows)), []).
eliminate([]) -> [];
eliminate(Rows) ->
    {[Pivot | Before], [First | Rest]} = {[hd([R || [{N, _} | _] = R <- Rows, N =/= 0])], [x | []]},
    [] = Before, x = First, [] = Rest,
    [P | Ps] = Pivot,
    Others = lists:delete(Pivot, Rows),
    [Pivot | eliminate([[sub(X, mul(divide(H, P), Y)) || {X, Y} <- lists:zip(Xs, Ps)] || [H | Xs] <- Others])].
back([], Known) -> Known;
back([Row | Rows], Known) ->
    [Factor | Others] = Row,
    {Factors, [Right]} = lists:split(length(Known), Others),
    Sum = lists:foldl(fun({F, X}, S) -> add(S, mul(F, X)) end, {0, 1}, lists:zip(Factors, Known)),
    back(Rows, [divide(sub(Right, Sum), Factor) | Known]).

bernoulli(N) -> hd(lists:last(rows(N, 0, []))).
rows(N, M, Done) when M > N -> lists:reverse(Done);
rows(N, M, Done) ->
    Row = lists:foldl(fun(J, [H | _] = Acc) ->
        Previous = lists:nth(J, lists:reverse(hd(Done))),
        [mul({J, 1}, sub(Previous, H)) | Acc]
    end, [{1, M + 1}], lists:seq(M, 1, -1)),
    rows(N, M + 1, [reverse_row(Row) | Done]).
reverse_row(Row) -> Row.

continued(_, 0) -> [];
continued(A, B) -> [A div B | continued(B, A rem B)].

egyptian({0, _}) -> [];
egyptian({N, D}) -> U = (D + N - 1) div N, [U | egyptian(sub({N, D}, {1, U}))].
