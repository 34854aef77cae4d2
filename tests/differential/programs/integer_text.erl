%% Integers to text and back: bases, signs, digits, format controls.
%% tier: 2
-module(integer_text).
-export([main/0, id/1]).

main() ->
    Ns = [0, 7, -7, 255, -255, 4096, 1 bsl id(59), -(1 bsl id(59)) - 1, (1 bsl id(64)) - 1, -(1 bsl id(130)) + 3],
    Bases = [2, 3, 8, 10, 16, 29, 36],
    [io:format("~w~n", [[integer_to_list(N, B) || B <- Bases]]) || N <- Ns],
    [io:format("~w~n", [[integer_to_binary(N, B) || B <- [2, 16, 36]]]) || N <- Ns],
    io:format("~p~n", [[list_to_integer(integer_to_list(N, B), B) =:= N || N <- Ns, B <- Bases]]),
    io:format("~p~n", [[binary_to_integer(integer_to_binary(N, B), B) =:= N || N <- Ns, B <- Bases]]),
    io:format("~p ~p ~p~n", [list_to_integer("+12"), list_to_integer("-0"), list_to_integer("fFfF", 16)]),
    io:format("~p~n", [integer_to_list(power(id(2), 1000))]),
    io:format("~s~n", [integer_to_list(power(id(7), 400), 36)]),
    io:format("~p~n", [list_to_integer(lists:duplicate(300, $9))]),
    io:format("~p~n", [binary_to_integer(binary:copy(<<"f0">>, 60), 16)]),
    [io:format("~B ~.16B ~.2B ~10B|~-10B|~10.10.0B|~.16#~n", [N, N, N, N, N, N, N]) || N <- [0, 5, -5, 1234]],
    [io:format("~.16x ~.8X ~.36x ~.16+ ~.2#~n", [N, "0x", N, "oct:", N, "", N, N]) || N <- [255, -255]],
    io:format("~b ~.16b ~.16B ~c ~5c~n", [12, 48879, 48879, $x, $y]),
    [report(F) || F <- [fun() -> list_to_integer(id("")) end, fun() -> list_to_integer(id("12a")) end,
                        fun() -> list_to_integer(id("1.0")) end, fun() -> list_to_integer(id("9"), 8) end,
                        fun() -> integer_to_list(id(a)) end, fun() -> integer_to_list(id(5), 37) end,
                        fun() -> binary_to_integer(id(<<"-">>)) end, fun() -> list_to_integer(id(" 1")) end]],
    io:format("~p~n", [[list_to_integer([D], 36) || D <- "09azAZ"]]),
    io:format("~p~n", [string:to_integer("123abc")]),
    io:format("~p~n", [[string:to_integer(S) || S <- ["-5 x", "", "abc", "+7", "1.5"]]]).

id(X) -> X.

power(_, 0) -> 1;
power(X, N) -> X * power(X, N - 1).

report(F) -> io:format("~p~n", [try F() catch C:R -> {C, R} end]).
