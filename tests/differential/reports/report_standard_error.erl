%% Text on standard error and standard output, and a status.
%% tier: 3
-module(report_standard_error).
-export([main/0]).

main() ->
    io:format("to stdout~n"),
    io:format(standard_error, "to stderr ~p~n", [{a, "b"}]),
    io:put_chars(standard_error, "second line\n"),
    io:put_chars(user, "through user\n"),
    receive after 50 -> ok end,
    halt(3).
