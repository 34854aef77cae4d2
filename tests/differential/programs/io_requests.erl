%% io functions on the group leader: put_chars, nl, write, columns, errors.
%% tier: 3
-module(io_requests).
-export([main/0]).

main() ->
    io:put_chars("plain"), io:nl(), io:put_chars([<<"io">>, [$l], "ist\n"]), io:write({a, "b", <<"c">>}), io:nl(), io:fwrite("~w~n", [fwrite]), io:format("no arguments~n"), io:format(standard_io, "named ~p~n", [device]), io:format(group_leader(), "by pid~n", []),
    io:format("~p~n", [[io:columns(), io:rows()]]), io:format("~p~n", [io:printable_range()]), [io:put_chars([C]) || C <- "char by char\n"], [io:format("~p ", [N]) || N <- lists:seq(1, 60)], io:nl(),
    io:format("~p~n", [[try F() catch K:R -> {K, R} end || F <- [fun() -> io:format("~p", []) end, fun() -> io:put_chars(atom) end, fun() -> io:format(no_such_device, "x", []) end]]]),
    io:format("~p~n", [io:get_line("prompt> ")]), io:format("~p~n", [io:read(standard_io, "")]), io:format("~s~n", [lists:duplicate(5000, $=)]), S = self(), [spawn(fun() -> io:format("from ~p~n", [N]), S ! N end) || N <- [1]], receive 1 -> io:format("after 1~n") end.
