%% All solutions of the queens problem, with lists and with bit masks.
%% tier: 2
-module(n_queens).
-export([main/0]).

main() ->
    io:format("~w~n", [queens(6, 6)]),
    io:format("~w~n", [[length(queens(N, N)) || N <- lists:seq(1, 8)]]),
    io:format("~w~n", [[count(N) || N <- lists:seq(1, 10)]]),
    [io:format("~s~n", [[case Q of C -> $Q; _ -> $. end || C <- lists:seq(1, 8)]]) || Q <- hd(queens(8, 8))].

queens(0, _) -> [[]];
queens(K, N) -> [[Q | Qs] || Qs <- queens(K - 1, N), Q <- lists:seq(1, N), safe(Q, Qs, 1)].
safe(_, [], _) -> true;
safe(Q, [P | Ps], D) -> Q =/= P andalso Q =/= P + D andalso Q =/= P - D andalso safe(Q, Ps, D + 1).

count(N) -> count((1 bsl N) - 1, 0, 0, 0).
count(All, All, _, _) -> 1;
count(All, Cols, Left, Right) -> places(All band bnot (Cols bor Left bor Right), All, Cols, Left, Right, 0).
places(0, _, _, _, _, Sum) -> Sum;
places(Free, All, Cols, L, R, Sum) ->
    Bit = Free band -Free,
    places(Free bxor Bit, All, Cols, L, R, Sum + count(All, Cols bor Bit, (L bor Bit) bsl 1, (R bor Bit) bsr 1)).
