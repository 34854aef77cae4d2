%% List and binary comprehensions in every combination.
%% tier: 2
-module(comprehensions).
-export([main/0, id/1]).

main() ->
    L = lists:seq(1, id(10)), B = id(<<"binary comprehension">>),
    io:format("~w~n", [[{X, Y, Z} || X <- L, Y <- L, X < Y, Z <- L, Y < Z, X * X + Y * Y =:= Z * Z]]),
    io:format("~w~n", [[X || X <- L, X rem 2 =:= 0, X > 4]]),
    io:format("~w~n", [[{K, V} || {K, V} <- maps:to_list(#{a => 1, b => 2, c => 3}), V =/= 2]]),
    io:format("~s~n", [[string:uppercase([C]) || <<C>> <= B, C =/= $\s]]),
    io:format("~p~n", [<< <<(C bxor 32)>> || <<C>> <= B, C > 32 >>]),
    io:format("~p~n", [<< <<A, C>> || <<A:8, C:8>> <= B >>]),
    io:format("~w~n", [[X || <<X:12>> <= B]]),
    io:format("~w~n", [[X || <<X:3>> <= <<16#FACE:16>>]]),
    io:format("~w~n", [<< <<X:3>> || X <- L >>]),
    io:format("~w~n", [[N || <<Len, Data:Len/binary>> <= <<3, "abc", 0, 2, "xy", 9, "short">>, N <- [Data]]]),
    io:format("~w~n", [<< <<(byte_size(P)):16, P/binary>> || P <- [<<"a">>, <<"bcd">>, <<>>] >>]),
    io:format("~w~n", [[F || <<F:32/float>> <= << <<X:32/float>> || X <- [1.0, 2.5, -0.125] >>]]),
    io:format("~w~n", [[X || <<X:16/little-signed>> <= <<1, 0, 255, 255, 0, 128>>]]),
    io:format("~w~n", [[C || <<C/utf8>> <= <<"aé€😀"/utf8>>]]),
    io:format("~w~n", [[X || <<1:1, X:7>> <= <<129, 2, 131, 4>>]]),
    io:format("~w~n", [[[Y || Y <- lists:seq(1, X)] || X <- L, X < 5]]),
    io:format("~w~n", [[begin Sq = X * X, Sq + 1 end || X <- L]]),
    io:format("~w~n", [length([x || _ <- L, _ <- L, _ <- L])]),
    io:format("~w~n", [lists:append([[X || X <- L, X rem R =:= 0] || R <- [2, 3]])]),
    io:format("~w~n", [[X || {ok, [X | _]} <- [{ok, [1]}, {ok, []}, {ok, [2, 3]}, error]]]),
    io:format("~w~n", [transpose([[1, 2, 3], [4, 5, 6]])]),
    io:format("~w~n", [[P || P <- tl(L), [] =:= [D || D <- lists:seq(2, P - 1), P rem D =:= 0]]]),
    io:format("~w~n", [perms("abc")]),
    io:format("~w~n", [powerset([1, 2, 3])]),
    io:format("~p~n", [<< <<B1:1>> || <<B1:1, _:1>> <= <<16#AAAA:16>> >>]),
    io:format("~p~n", [bit_size(<< <<X:X>> || X <- L >>)]),
    X = outer,
    io:format("~w ~w~n", [[X || X <- [1, 2]], X]),
    [io:format("~p~n", [catch_(F)]) || F <- [fun() -> [Y || Y <- id(x)] end, fun() -> [Y || Y <- id([1, 2 | z])] end, fun() -> [Y || <<Y>> <= id("s")] end,
                                             fun() -> << <<Y>> || Y <- id([1, b]) >> end, fun() -> [Y || Y <- [1], id(yes)] end,
                                             fun() -> [Y || Y <- [1, 0], 1 / Y > 0] end]].

id(X) -> X.

transpose([[] | _]) -> [];
transpose(M) -> [[hd(R) || R <- M] | transpose([tl(R) || R <- M])].

perms([]) -> [[]];
perms(L) -> [[H | T] || H <- L, T <- perms(L -- [H])].

powerset([]) -> [[]];
powerset([H | T]) -> P = powerset(T), P ++ [[H | S] || S <- P].

catch_(F) -> try F() catch C:R -> {C, R} end.
