%% A gen_server that crashes: its termination report and the crash report.
%% tier: 4
-module(report_gen_server).
-behaviour(gen_server).
-export([main/0, init/1, handle_call/3, handle_cast/2]).

main() ->
    {ok, P} = gen_server:start({local, crashing}, ?MODULE, #{counter => 7}, []),
    M = monitor(process, P),
    gen_server:cast(P, {divide_by, 0}),
    receive {'DOWN', M, _, _, _} -> ok end,
    receive after 100 -> ok end,
    {ok, P2} = gen_server:start(?MODULE, state, []),
    M2 = monitor(process, P2),
    gen_server:cast(P2, stop),
    receive {'DOWN', M2, _, _, _} -> ok end,
    receive after 100 -> ok end,
    io:format("done~n").

init(S) -> {ok, S}.
handle_call(_, _, S) -> {reply, ok, S}.
handle_cast({divide_by, N}, #{counter := C} = S) -> {noreply, S#{counter := C div N}};
handle_cast(stop, S) -> {stop, {failed, "because"}, S}.
