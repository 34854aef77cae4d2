%% proc_lib crash reports: errors, exits, linked neighbours, initial call.
%% tier: 4
-module(report_proc_lib).
-export([main/0, run/1]).

main() ->
    [begin P = proc_lib:spawn(?MODULE, run, [W]), M = monitor(process, P), receive {'DOWN', M, _, _, _} -> ok end, receive after 80 -> ok end end || W <- [error, exit, throw, normal, shutdown, badmatch]],
    io:format("done~n").

run(error) -> put(key, value), error({with, [terms, "and strings"]});
run(exit) -> exit(leaving);
run(throw) -> throw(ball);
run(normal) -> exit(normal);
run(shutdown) -> exit({shutdown, quietly});
run(badmatch) -> ok = hd([not_ok]).
