%% The entry point of the suite's image: runs the program named by its one
%% argument in a plain process of its own, so that neither stack traces nor
%% ancestors tell how the program was started.
-module(differential_main).
-export([main/1]).

main([Program]) ->
    {_, Monitor} = spawn_monitor(list_to_atom(Program), main, []),
    receive
        {'DOWN', Monitor, process, _, normal} -> ok;
        {'DOWN', Monitor, process, _, _} -> halt(1)
    end.
