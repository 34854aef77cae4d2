%% Every algorithm of rand from fixed seeds, jumps, ranges, normal deviates, bytes, shuffles by keys.
%% tier: 2
-module(random_generators).
-export([main/0]).

main() ->
    [begin
         S0 = rand:seed_s(A, {123, 456, 789}),
         {Us, S1} = many(10, fun rand:uniform_s/1, S0),
         {Ns, S2} = many(10, fun(S) -> rand:uniform_s(1000, S) end, S1),
         {Bs, S3} = many(3, fun(S) -> rand:uniform_s(1 bsl 80, S) end, S2),
         {Normals, _} = many(3, fun rand:normal_s/1, S3),
         io:format("~w~n~w~n~w~n~w~n~w~n", [A, Us, Ns, Bs, [round(X * 1.0e9) || X <- Normals]]),
         {Real, S4} = rand:uniform_real_s(S3),
         {Bytes, _} = rand:bytes_s(9, S4),
         io:format("~w ~w~n", [Real, Bytes])
     end || A <- [exrop, exsp, exs1024s, exsss, exro928ss, mwc59, dummy] -- [mwc59, dummy]],
    J = rand:jump(rand:seed_s(exsss, 1)),
    io:format("~w~n", [element(1, rand:uniform_s(1000000, J))]),
    rand:seed(exsss, 42),
    io:format("~w~n", [[rand:uniform(6) || _ <- lists:seq(1, 20)]]),
    E = rand:export_seed(),
    A1 = [rand:uniform() || _ <- [1, 2, 3]],
    rand:seed(E),
    io:format("~w~n", [A1 =:= [rand:uniform() || _ <- [1, 2, 3]]]),
    io:format("~w~n", [[X || {_, X} <- lists:sort([{rand:uniform(), X} || X <- lists:seq(1, 10)])]]),
    io:format("~w~n", [element(1, many(5, fun(S) -> X = rand:mwc59(S), {rand:mwc59_value32(X), X} end, rand:mwc59_seed(7)))]),
    io:format("~w~n", [element(1, many(3, fun(S) -> rand:exsp_next(S) end, element(2, rand:seed_s(exsp, 5)))) =/= []]),
    io:format("~w~n", [[try F() catch C:R -> {C, R} end || F <- [fun() -> rand:uniform(0) end, fun() -> rand:seed(nonsense) end, fun() -> rand:uniform(-3) end]]]),
    random:seed(1, 2, 3),
    io:format("~w~n", [[random:uniform(100) || _ <- lists:seq(1, 10)]]).

many(N, F, S) -> lists:mapfoldl(fun(_, S0) -> F(S0) end, S, lists:seq(1, N)).
