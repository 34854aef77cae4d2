%% Uses the console in binary mode; also run by stock OTP, to compare.
-module(console_binary).
-export([main/1]).

main(_Arguments) ->
    ok = io:setopts([binary, {encoding, unicode}]),
    io:format("~p ~ts~n", [lists:sort(io:getopts()), [16#400]]),
    show(io:get_line("line? ")),
    show(io:get_chars('', 3)),
    show(io:get_line('')),
    show(io:get_line('')),
    ok = io:setopts([{encoding, latin1}]),
    show(io:get_line('')),
    show(io:get_line('')),
    show(io:get_line('')).

show(Term) ->
    io:format("~p~n", [Term]).
