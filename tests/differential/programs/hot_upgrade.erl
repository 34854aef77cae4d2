%% A gen_server whose module is replaced while it runs: suspended, its state changed, resumed; old code purged.
%% tier: 4
-module(hot_upgrade).
-export([main/0]).

main() ->
    load(1),
    {ok, P} = gen_server:start({local, upgraded}, upgraded_server, 5, []),
    io:format("~p~n", [[gen_server:call(P, version), gen_server:call(P, get)]]),
    load(2),
    io:format("~p~n", [[erlang:check_old_code(upgraded_server), gen_server:call(P, version), erlang:check_process_code(P, upgraded_server)]]),
    ok = sys:suspend(P),
    ok = sys:change_code(P, upgraded_server, 1, [extra]),
    ok = sys:resume(P),
    io:format("~p~n", [[gen_server:call(P, version), gen_server:call(P, get)]]),
    io:format("~p~n", [[code:soft_purge(upgraded_server), erlang:check_old_code(upgraded_server), is_process_alive(P)]]),
    Holder = spawn(fun() -> F = upgraded_server:fun_of_version(), receive {From, call} -> From ! {result, try F() catch error:{badfun, G} -> {badfun, is_function(G, 0)} end} end, receive stop -> F end end),
    receive after 10 -> ok end,
    load(3),
    io:format("~p~n", [code:soft_purge(upgraded_server)]),
    Holder ! {self(), call},
    io:format("~p~n", [receive {result, R} -> R end]),
    M = monitor(process, Holder),
    io:format("~p~n", [code:purge(upgraded_server)]),
    io:format("~p~n", [receive {'DOWN', M, process, _, Why} -> Why after 500 -> alive end]),
    io:format("~p~n", [gen_server:call(P, version)]),
    gen_server:stop(P),
    io:format("~p~n", [[code:delete(upgraded_server), erlang:module_loaded(upgraded_server), code:purge(upgraded_server)]]),
    io:format("~p~n", [try upgraded_server:fun_of_version() catch error:undef -> undef end]).

load(Version) ->
    Text = "-module(upgraded_server).\n-vsn(" ++ integer_to_list(Version) ++ ").\n-behaviour(gen_server).\n"
           "-export([init/1, handle_call/3, handle_cast/2, code_change/3, fun_of_version/0]).\n"
           "init(N) -> {ok, N}.\n"
           "handle_call(version, _, S) -> {reply, " ++ integer_to_list(Version) ++ ", S};\n"
           "handle_call(get, _, S) -> {reply, S, S}.\n"
           "handle_cast(_, S) -> {noreply, S}.\n"
           "code_change(Old, S, Extra) -> {ok, {Old, S, Extra, " ++ integer_to_list(Version) ++ "}}.\n"
           "fun_of_version() -> fun() -> {version, " ++ integer_to_list(Version) ++ "} end.\n",
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Module, Beam} = compile:forms(forms(Tokens, [])),
    {module, Module} = code:load_binary(Module, "upgraded_server.erl", Beam).

forms([], []) -> [];
forms([{dot, _} = Dot | Rest], Acc) -> {ok, Form} = erl_parse:parse_form(lists:reverse(Acc, [Dot])), [Form | forms(Rest, [])];
forms([Token | Rest], Acc) -> forms(Rest, [Token | Acc]).
