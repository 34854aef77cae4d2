%% A report, then an end with a status of its own.
%% tier: 4
-module(report_then_halt).
-export([main/0]).

main() ->
    {_, M} = spawn_monitor(fun() -> error(last_words) end),
    receive {'DOWN', M, _, _, _} -> ok end,
    receive after 100 -> ok end,
    io:format("halting~n"),
    halt(42).
