%% Uses the console in every way that a program can; also run by stock OTP, to compare.
-module(console).
-export([main/1]).

main(_Arguments) ->
    io:format("~ts ~p~n", [[16#400, 228], lists:sort(io:getopts())]),
    io:format("~p ~p~n", [io:columns(), io:rows()]),
    show(io:get_line("line? ")),
    show(io:get_chars('', 3)),
    show(io:read("term? ")),
    show(io:fread("", "~d ~s")),
    show(io:get_line('')),
    %% A second reader has to wait for its turn; a writer doesn't.
    Self = self(),
    Reader = spawn(fun() -> Self ! {self(), io:get_line("")} end),
    receive {Reader, Line} -> show(Line) end,
    show(io:request(user, nonsense)),
    show(io:request(user, {requests, [{put_chars, unicode, "a"}, {put_chars, unicode, "b\n"}]})),
    show(try io:put_chars([an_atom]) catch error:Reason -> Reason end),
    show(io:setopts([{echo, true}])),
    io:put_chars(standard_error, "to standard error\n"),
    show(io:getopts(standard_error)),
    show(io:get_line(standard_error, "")),
    show(io:get_line('')),
    show(io:get_chars('', 100)),
    show(io:get_line('')),
    show(io:read('')).

show(Term) ->
    io:format("~p~n", [Term]).
