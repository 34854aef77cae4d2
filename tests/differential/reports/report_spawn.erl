%% A plain process that crashes: the emulator's own error report.
%% tier: 4
-module(report_spawn).
-export([main/0]).

main() ->
    [begin {_, M} = spawn_monitor(F), receive {'DOWN', M, _, _, _} -> ok end, settle() end
     || F <- [fun() -> error(deliberate) end, fun() -> {a, _} = list_to_tuple([b, c]) end, fun() -> throw(ball) end, fun() -> lists:map(fun(X) -> 1 / X end, [1, 0]) end, fun() -> exit(no_report) end]],
    io:format("done~n").

settle() -> receive after 50 -> ok end.
