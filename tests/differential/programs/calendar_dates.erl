%% calendar: Gregorian days and seconds, weeks, validity, RFC 3339.
%% tier: 3
-module(calendar_dates).
-export([main/0]).

main() ->
    Ds = [{4, 1, 1}, {1600, 2, 29}, {1970, 1, 1}, {1999, 12, 31}, {2000, 2, 29}, {2024, 12, 30}, {2026, 11, 21}, {9999, 12, 31}],
    [p([D, calendar:date_to_gregorian_days(D), calendar:gregorian_days_to_date(calendar:date_to_gregorian_days(D)) =:= D, calendar:day_of_the_week(D), calendar:iso_week_number(D), calendar:is_leap_year(element(1, D)), calendar:last_day_of_the_month(element(1, D), element(2, D))]) || D <- Ds],
    p([calendar:valid_date(2023, 2, 29), calendar:valid_date({2024, 2, 29}), calendar:valid_date(2024, 13, 1), calendar:datetime_to_gregorian_seconds({{1970, 1, 1}, {0, 0, 0}}), calendar:gregorian_seconds_to_datetime(63000000000)]),
    p([calendar:seconds_to_time(86399), calendar:time_to_seconds({23, 59, 59}), calendar:seconds_to_daystime(200000), calendar:seconds_to_daystime(-1), calendar:time_difference({{2020, 1, 1}, {0, 0, 0}}, {{2021, 1, 1}, {1, 2, 3}})]),
    p([calendar:system_time_to_rfc3339(1700000000, [{offset, "Z"}]), calendar:system_time_to_rfc3339(1700000000123, [{unit, millisecond}, {offset, "+02:00"}]), calendar:rfc3339_to_system_time("2018-02-01T16:17:58.123+01:00", [{unit, millisecond}]), calendar:system_time_to_universal_time(0, second)]),
    p([try F() catch C:_ -> C end || F <- [fun() -> calendar:date_to_gregorian_days(2023, 2, 30) end, fun() -> calendar:time_to_seconds({24, 0, 0}) end, fun() -> calendar:rfc3339_to_system_time("bad") end]]),
    p(lists:all(fun(N) -> calendar:date_to_gregorian_days(calendar:gregorian_days_to_date(N)) =:= N end, lists:seq(0, 800000, 397))).

p(X) -> io:format("~p~n", [X]).
