%% Floats to text and back, in every form the libraries offer.
%% tier: 2
-module(float_text).
-export([main/0, id/1]).

main() ->
    Fs = [0.0, -0.0, 1.0, -1.5, 0.1, 0.3, 1 / id(3), 100.0, 123456789.125, 1.0e10, 1.0e15, 1.0e16, 1.0e21, 1.0e22, 1.0e23,
          1.0e-3, 1.0e-5, 5.0e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 9007199254740993.0, 0.30000000000000004, 4.35, 2.675],
    [io:format("~p ~w ~f ~e ~g ~.3f ~.10e ~.4g ~12.2f|~-12.1f|~n", [F, F, F, F, F, F, F, F, F, F]) || F <- Fs, abs(F) < 1.0e20],
    [io:format("~p ~w ~e~n", [F, F, F]) || F <- Fs, abs(F) >= 1.0e20],
    [io:format("~s~n", [float_to_list(F)]) || F <- Fs],
    [io:format("~s~n", [float_to_list(F, [short])]) || F <- Fs],
    [io:format("~s ~s~n", [float_to_list(F, [{scientific, 3}]), float_to_list(F, [{scientific, 20}])]) || F <- Fs],
    [io:format("~s ~s ~s~n", [float_to_list(F, [{decimals, 2}]), float_to_list(F, [{decimals, 10}, compact]), float_to_binary(F, [{decimals, 0}])])
     || F <- Fs, abs(F) < 1.0e20],
    io:format("~p~n", [[io_lib_format:fwrite_g(F) || F <- Fs]]),
    io:format("~p~n", [[list_to_float(float_to_list(F, [{scientific, 17}])) =:= F || F <- Fs]]),
    io:format("~p~n", [[binary_to_float(float_to_binary(F, [short])) == F || F <- Fs]]),
    io:format("~p~n", [[list_to_float(S) || S <- ["1.0", "-2.50", "1.0e5", "1.0E-5", "123.456e+2"]]]),
    io:format("~p~n", [[catch_(fun() -> list_to_float(S) end) || S <- ["1", ".5", "1.", "1e5", "abc", "1.0e999", "1.0 "]]]),
    io:format("~p~n", [[string:to_float(S) || S <- ["1.5abc", "2", "-0.25e2,", "x"]]]),
    io:format("~p~n", [float(id(123456789012345678901234567890))]),
    io:format("~p ~p~n", [trunc(id(1.0e22)), round(id(123456789.5))]),
    io:format("~p~n", [[round(X / 10) || X <- [-15, -14, -5, 5, 14, 15, 25]]]),
    io:format("~.2f ~.1f~n", [id(2.345), id(0.05)]),
    io:format("~p~n", [[X * 0.1 || X <- lists:seq(1, 12)]]),
    io:format("~w~n", [[math:pow(10, E) || E <- lists:seq(-10, 24, 2)]]).

id(X) -> X.

catch_(F) -> try F() catch C:R -> {C, R} end.
