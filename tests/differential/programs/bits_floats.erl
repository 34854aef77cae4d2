%% Float segments of 16, 32 and 64 bits, both ways and unaligned.
%% tier: 2
-module(bits_floats).
-export([main/0, id/1]).

main() ->
    Fs = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 3.140625, 65504.0, 6.103515625e-5, 5.960464477539063e-8, 0.1, 1.0e-10, 123456.789, 3.4028234663852886e38, 1.0e-45],
    [io:format("~p 64 ~w ~w~n", [F, <<F/float>>, <<F/float-little>>]) || F <- Fs],
    [io:format("~p 32 ~w ~w~n", [F, <<F:32/float>>, <<F:32/float-little>>]) || F <- Fs],
    [io:format("~p 16 ~w ~w~n", [F, <<F:16/float>>, <<F:16/float-little>>]) || F <- Fs, abs(F) < 65505],
    io:format("~p~n", [[begin <<G:32/float>> = <<F:32/float>>, G end || F <- Fs]]),
    io:format("~p~n", [[begin <<G:16/float>> = <<F:16/float>>, G end || F <- Fs, abs(F) < 65505]]),
    io:format("~p~n", [[begin <<_:3, G/float, _:5>> = <<1:3, F/float, 2:5>>, G =:= F end || F <- Fs]]),
    io:format("~p~n", [[begin <<_:5, G:32/float-little, _/bits>> = <<1:5, F:32/float-little, 2:9>>, G == F end || F <- Fs]]),
    io:format("~w~n", [[<<N/float>> || N <- [0, 1, -7, 1 bsl id(53), 1 bsl id(100)]]]),
    io:format("~p~n", [[case B of <<F/float>> -> F; <<F:32/float>> -> F; <<F:16/float>> -> F; _ -> none end
                        || B <- [<<16#7FF0000000000000:64>>, <<16#7FF8000000000000:64>>, <<16#7F800000:32>>, <<16#FFC00000:32>>, <<16#7C00:16>>, <<16#7E00:16>>,
                                 <<16#3C00:16>>, <<16#0001:16>>, <<1:64>>, <<16#000FFFFFFFFFFFFF:64>>, <<1, 2, 3>>]]]),
    io:format("~p~n", [[X || <<X:16/float>> <= <<16#3C00:16, 16#4000:16, 16#C200:16, 16#7BFF:16>>]]),
    S = id(32),
    <<V:S/float, W:(S * 2)/float, R/binary>> = <<2.25:32/float, 1.0e100/float, "rest">>,
    io:format("~p~n", [{V, W, R}]),
    [io:format("~p~n", [catch_(F)]) || F <- [fun() -> <<(id(a))/float>> end, fun() -> <<(id(1.0)):(id(24))/float>> end, fun() -> Ten = id(10), <<_:Ten/float, _/bits>> = id(<<1.0/float>>) end,
                                             fun() -> <<(id(1 bsl 2000))/float>> end]],
    io:format("~p~n", [sum(<< <<(N / 8):32/float>> || N <- lists:seq(1, 1000) >>, 0.0)]).

id(X) -> X.

sum(<<F:32/float, R/binary>>, S) -> sum(R, S + F);
sum(<<>>, S) -> S.

catch_(F) -> try F() catch C:R -> {C, R} end.
