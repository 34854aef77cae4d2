%% Every rand algorithm from a fixed seed: exact numbers.
%% tier: 3
-module(rand_seeded).
-export([main/0]).

main() ->
    [algorithm(A) || A <- [exsss, exro928ss, exrop, exs1024s, exsp, exs64, exsplus, exs1024, dummy]],
    S0 = rand:seed_s(exsss, {1, 2, 3}), S1 = rand:jump(S0), io:format("~p ~p~n", [element(1, rand:uniform_s(1000000, S1)), rand:export_seed_s(S0)]),
    rand:seed(exsss, 42), io:format("~p~n", [[rand:uniform(6) || _ <- lists:seq(1, 30)]]),
    Exported = rand:export_seed(), A = rand:uniform(), rand:seed(Exported), io:format("~p~n", [A =:= rand:uniform()]),
    io:format("~p~n", [lists:keysort(1, [{rand:uniform(), X} || X <- lists:seq(1, 10)])]), io:format("~w~n", [rand:bytes(20)]),
    io:format("~p~n", [[rand:uniform(1 bsl 100) || _ <- [1, 2, 3]]]), io:format("~p~n", [[round(rand:normal(10, 4) * 1000) || _ <- lists:seq(1, 20)]]),
    io:format("~p~n", [[try F() catch C:R -> {C, R} end || F <- [fun() -> rand:uniform(0) end, fun() -> rand:uniform(1.5) end]]]),
    io:format("~p ~p~n", [rand:mwc59_seed(1), rand:mwc59(rand:mwc59_seed(1))]), io:format("~p~n", [rand:splitmix64_next(7)]).

algorithm(A) ->
    {Is, S} = lists:mapfoldl(fun(_, S) -> rand:uniform_s(1000000, S) end, rand:seed_s(A, {11, 22, 33}), lists:seq(1, 8)),
    {Fs, S2} = lists:mapfoldl(fun(_, X) -> rand:uniform_s(X) end, S, [1, 2, 3]), {R, S3} = rand:uniform_real_s(S2), {N, _} = rand:normal_s(S3),
    io:format("~p ~w ~w ~w ~w~n", [A, Is, Fs, R, round(N * 1.0e9)]).
