%% Who a port is connected to: by message and by port_connect/2, to processes that live and that are dead.
%% tier: 3
-module(port_owners).
-export([main/0]).

main() ->
    process_flag(trap_exit, true),
    Dead = dead(),
    Live = spawn(fun live/0),
    Port = open(),
    Port ! {self(), {connect, Live}},
    show(Port, [{live, Live}]),
    Port ! {Live, {connect, Dead}},
    show(Port, [{live, Live}, {dead, Dead}]),
    Port ! {Dead, {connect, self()}},
    show(Port, []),
    io:format("~p~n", [catch_class(fun() -> port_connect(Port, Dead) end)]),
    io:format("~p~n", [catch_class(fun() -> port_connect(Port, Live) end)]),
    show(Port, [{live, Live}]),
    Ends = [{live, monitor(process, Live)}, {port, monitor(port, Port)}],
    Port ! {Live, {connect, no_pid}},
    io:format("~p~n", [[{Name, receive {'DOWN', M, _, _, Why} -> Why after 1000 -> none end} || {Name, M} <- Ends]]),
    Other = open(),
    Other ! {self(), {connect, nobody}},
    io:format("~p~n", [receive {'EXIT', Other, Badsig} -> Badsig after 1000 -> none end]),
    Other ! {self(), close},
    io:format("~p~n", [receive {Other, closed} -> closed after 1000 -> none end]).

open() -> open_port({spawn, "ram_file_drv"}, [binary]).

live() -> receive stop -> ok end.

dead() ->
    {Pid, M} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', M, process, Pid, _} -> Pid end.

show(Port, Names) ->
    Name = fun(Pid) when Pid =:= self() -> me; (Pid) -> proplists:get_value(Pid, [{P, N} || {N, P} <- Names], other) end,
    Answer = receive {Port, A} -> A after 100 -> none end,
    {connected, Owner} = erlang:port_info(Port, connected),
    {links, Links} = erlang:port_info(Port, links),
    io:format("~p~n", [{Answer, Name(Owner), lists:sort([Name(L) || L <- Links])}]).

catch_class(F) -> try F() catch Class:Reason -> {Class, Reason} end.
