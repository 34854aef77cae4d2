%% Dates by arithmetic: Easter, days of the week, Julian days, ISO weeks against the calendar module.
%% tier: 2
-module(easter_and_moons).
-export([main/0]).

main() ->
    io:format("~w~n", [[easter(Y) || Y <- lists:seq(2020, 2032)]]),
    io:format("~w~n", [lists:all(fun(Y) -> calendar:day_of_the_week(easter(Y)) =:= 7 end, lists:seq(1583, 2400))]),
    io:format("~w~n", [[{D, zeller(D) =:= calendar:day_of_the_week(D)} || D <- [{2000, 1, 1}, {1900, 2, 28}, {2024, 2, 29}, {2026, 11, 21}]]]),
    io:format("~w~n", [[julian(D) || D <- [{2000, 1, 1}, {1582, 10, 15}, {1858, 11, 17}]]]),
    io:format("~w~n", [[calendar:iso_week_number(D) || D <- [{2020, 12, 31}, {2021, 1, 1}, {2021, 1, 4}, {2024, 12, 30}]]]),
    Friday13 = [{Y, M} || Y <- lists:seq(2020, 2026), M <- lists:seq(1, 12), calendar:day_of_the_week(Y, M, 13) =:= 5],
    io:format("~w~n", [Friday13]),
    io:format("~w~n", [[calendar:last_day_of_the_month(Y, 2) || Y <- [1900, 2000, 2023, 2024]]]),
    io:format("~w~n", [calendar:time_difference({{2024, 2, 28}, {23, 59, 59}}, {{2024, 3, 1}, {0, 0, 1}})]),
    io:format("~s~n", [calendar:system_time_to_rfc3339(1700000000, [{offset, "Z"}])]),
    io:format("~w~n", [[calendar:gregorian_seconds_to_datetime(S) || S <- [0, 62167219200, 99999999999]]]).

easter(Y) ->
    A = Y rem 19, B = Y div 100, C = Y rem 100,
    H = (19 * A + B - B div 4 - (B - (B + 8) div 25 + 1) div 3 + 15) rem 30,
    L = (32 + 2 * (B rem 4) + 2 * (C div 4) - H - C rem 4) rem 7,
    M = (A + 11 * H + 22 * L) div 451,
    N = H + L - 7 * M + 114,
    {Y, N div 31, N rem 31 + 1}.

zeller({Y0, M0, D}) ->
    {Y, M} = if M0 < 3 -> {Y0 - 1, M0 + 12}; true -> {Y0, M0} end,
    H = (D + 13 * (M + 1) div 5 + Y + Y div 4 - Y div 100 + Y div 400) rem 7,
    (H + 5) rem 7 + 1.

julian({Y, M, D}) ->
    A = (14 - M) div 12,
    Y1 = Y + 4800 - A,
    M1 = M + 12 * A - 3,
    D + (153 * M1 + 2) div 5 + 365 * Y1 + Y1 div 4 - Y1 div 100 + Y1 div 400 - 32045.
