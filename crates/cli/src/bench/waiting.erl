%% Waits for lines, and says that it heard them.
-module(waiting).

-export([main/1]).

main(_Arguments) ->
    io:put_chars("ready\n"),
    wait().

wait() ->
    case io:get_line("") of
        eof -> ok;
        Line -> io:put_chars(["heard ", Line]), wait()
    end.
