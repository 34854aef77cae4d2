%% Provokes OTP's reports; also run by stock OTP, to compare.
-module(reports).
-behaviour(gen_server).
-export([main/1, init/1, handle_call/3, handle_cast/2]).

main(_Arguments) ->
    logger:error("an error: ~p", [{some, term}]),
    logger:warning(#{report => map, value => [1, 2]}),
    logger:notice("a notice"),
    logger:info("not shown"),
    error_logger:error_report([{key, value}, "text"]),
    error_logger:info_msg("old ~s", ["style"]),
    wait(spawn(fun() -> error(badly) end)),
    wait(spawn(fun() -> throw(ball) end)),
    wait(spawn(fun() -> exit(silently) end)),
    wait(proc_lib:spawn(fun() -> error(in_proc_lib) end)),
    {ok, Server} = gen_server:start(?MODULE, server, []),
    _ = (catch gen_server:call(Server, crash)),
    process_flag(trap_exit, true),
    {ok, Supervisor} = supervisor:start_link(?MODULE, supervisor),
    [{_, Child, _, _}] = supervisor:which_children(Supervisor),
    _ = (catch gen_server:call(Child, crash)),
    receive {'EXIT', Supervisor, Reason} -> timer:sleep(100), io:format("~p~n", [Reason]) end.

wait(Pid) ->
    Monitor = monitor(process, Pid),
    receive {'DOWN', Monitor, process, Pid, _} -> timer:sleep(50) end.

init(server) -> {ok, state};
init(supervisor) ->
    {ok, {#{intensity => 0}, [#{id => child, start => {gen_server, start_link, [?MODULE, server, []]}}]}}.

handle_call(crash, _From, _State) -> error(crashed).

handle_cast(_Request, State) -> {noreply, State}.
