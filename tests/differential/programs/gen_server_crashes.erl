%% What callers, linked and monitoring processes see when a gen_server crashes.
%% tier: 4
-module(gen_server_crashes).
-behaviour(gen_server).
-export([main/0, init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

main() ->
    logger:set_primary_config(level, none),
    process_flag(trap_exit, true),
    Ways = [error, badmatch, exit, exit_normal, throw_ok, throw_bad, bad_return, stop, stop_reply, function_clause, badarith, kill_self, call_self, undef],
    [p({W, crash(W)}) || W <- Ways],
    [p({W, crash_by(cast, W)}) || W <- [error, stop, bad_return]],
    [p({W, crash_by(info, W)}) || W <- [error, unknown_message]],
    {ok, P} = gen_server:start_link(?MODULE, terminate_crashes, []),
    p(tidy(catch_(fun() -> gen_server:stop(P) end))), p(receive {'EXIT', P, R} -> tidy(R) end),
    {ok, P2} = gen_server:start_link(?MODULE, [], []),
    p(catch_(fun() -> gen_server:stop(P2, other_reason, 1000) end)), p(receive {'EXIT', P2, R2} -> R2 end),
    {ok, P3} = gen_server:start_link(?MODULE, [], []),
    exit(P3, kill), p(receive {'EXIT', P3, R3} -> R3 end),
    p(tidy(catch_(fun() -> gen_server:call(P3, x) end))),
    {ok, P4} = gen_server:start_link(?MODULE, trap, []),
    unlink(P4), M = monitor(process, P4), {_, M5} = spawn_monitor(fun() -> exit(P4, other) end), receive {'DOWN', M5, _, _, _} -> ok end, p(gen_server:call(P4, got)), gen_server:stop(P4), p(receive {'DOWN', M, _, _, W4} -> W4 end),
    p(tidy(gen_server:start(?MODULE, init_error, []))), p(gen_server:start(?MODULE, init_exit, [])), p(gen_server:start(?MODULE, init_bad, [])), p(gen_server:start(?MODULE, init_slow, [{timeout, 10}])).

init(init_error) -> error(cannot_start);
init(init_exit) -> exit(will_not_start);
init(init_bad) -> not_ok;
init(init_slow) -> receive after infinity -> ok end;
init(trap) -> process_flag(trap_exit, true), {ok, []};
init(S) -> {ok, S}.

handle_call(got, _, S) -> {reply, S, S};
handle_call(W, _, S) -> act(W, S).
handle_cast(W, S) -> act(W, S).
handle_info({'EXIT', _, R}, S) -> {noreply, [R | S]};
handle_info(W, S) when W =/= unknown_message -> act(W, S).
terminate(_, terminate_crashes) -> error(in_terminate);
terminate(_, _) -> ok.

act(error, _) -> error(deliberate);
act(badmatch, S) -> {no, S} = list_to_tuple([a, b]);
act(exit, _) -> exit(leaving);
act(exit_normal, _) -> exit(normal);
act(throw_ok, S) -> throw({reply, thrown_reply, S});
act(throw_bad, _) -> throw(ball);
act(bad_return, _) -> nonsense;
act(stop, S) -> {stop, {shutdown, orderly}, S};
act(stop_reply, S) -> {stop, done, last_words, S};
act(badarith, S) -> {reply, 1 / length(S), S};
act(kill_self, S) -> exit(self(), kill), receive after infinity -> S end;
act(call_self, S) -> {reply, gen_server:call(self(), x), S};
act(undef, _) -> no_module_of_this_name:f().

crash(W) ->
    {ok, P} = gen_server:start_link(?MODULE, [], []),
    Reply = catch_(fun() -> gen_server:call(P, W) end),
    Exit = receive {'EXIT', P, R} -> tidy(R) after 20 -> alive end,
    Exit =:= alive andalso begin unlink(P), exit(P, kill) end,
    {tidy(Reply), Exit}.

crash_by(How, W) ->
    {ok, P} = gen_server:start_link(?MODULE, [], []),
    case How of cast -> gen_server:cast(P, W); info -> P ! W end,
    receive {'EXIT', P, R} -> tidy(R) after 1000 -> alive end.

%% Pids out, of a stack trace only its first frame.
tidy(P) when is_pid(P) -> pid;
tidy([{M, F, A, I} | _]) when is_atom(M), is_atom(F), is_list(I) -> {top, M, F, if is_list(A) -> length(A); true -> A end};
tidy(L) when is_list(L) -> [tidy(X) || X <- L];
tidy(T) when is_tuple(T) -> list_to_tuple(tidy(tuple_to_list(T)));
tidy(X) -> X.
catch_(F) -> try F() catch C:R -> {C, R} end.
p(X) -> io:format("~p~n", [X]).
