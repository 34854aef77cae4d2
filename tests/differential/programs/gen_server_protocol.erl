%% Calls with timeouts, noreply and later replies, casts, infos, continue, multi calls of one, code that returns nonsense.
%% tier: 4
-module(gen_server_protocol).
-behaviour(gen_server).
-export([main/0, init/1, handle_call/3, handle_cast/2, handle_info/2, handle_continue/2, terminate/2, format_status/1]).

main() ->
    logger:set_primary_config(level, none),
    process_flag(trap_exit, true),
    {ok, P} = gen_server:start_link({local, protocol_server}, ?MODULE, self(), []),
    io:format("~p~n", [receive continued -> continued end]),
    io:format("~p~n", [gen_server:call(protocol_server, {echo, 1})]),
    io:format("~p~n", [try gen_server:call(P, never, 20) catch exit:{timeout, {M, F, [_ | A]}} -> {timeout, M, F, A} end]),
    R = gen_server:send_request(P, later),
    gen_server:cast(P, release),
    io:format("~p~n", [gen_server:wait_response(R, 1000)]),
    R2 = gen_server:send_request(P, {echo, 2}),
    io:format("~p~n", [gen_server:receive_response(R2, 1000)]),
    P ! hello, P ! timeout_please,
    io:format("~p~n", [[receive X -> X after 500 -> none end || _ <- [1, 2]]]),
    io:format("~p~n", [gen_server:multi_call([node()], protocol_server, {echo, multi})]),
    io:format("~p~n", [gen_server:abcast(protocol_server, {tell, self(), cast})]),
    io:format("~p~n", [receive cast -> got end]),
    io:format("~p~n", [element(2, sys:get_status(P)) =:= {module, gen_server}]),
    io:format("~p~n", [sys:get_state(P) =:= self()]),
    [begin
         {ok, Q} = gen_server:start_link(?MODULE, self(), []),
         receive continued -> ok end,
         Answer = try gen_server:call(Q, Request) catch exit:{Why, _} -> {exit, Why} end,
         io:format("~p ~p ~p~n", [Request, Answer, receive {'EXIT', Q, E} -> reason(E) after 200 -> alive end]),
         receive terminated -> ok after 0 -> ok end
     end || Request <- [{stop, normal}, {stop_reply, shutdown}, crash, bad_return, {throw, {reply, thrown, none}}, {exit, bye}]],
    io:format("~p~n", [gen_server:start_link(?MODULE, ignore, [])]),
    io:format("~p~n", [gen_server:start_link(?MODULE, {stop, why}, [])]),
    io:format("~p~n", [gen_server:start_link({local, protocol_server}, ?MODULE, x, []) =:= {error, {already_started, P}}]),
    io:format("~p~n", [gen_server:stop(P, normal, 1000)]),
    io:format("~p~n", [receive terminated -> terminated after 100 -> no end]),
    io:format("~p~n", [try gen_server:call(protocol_server, x) catch exit:E2 -> E2 end]).

reason({R, [{M, F, _, _} | _]}) -> {R, M, F};
reason(R) -> R.

init(ignore) -> ignore;
init({stop, Why}) -> {stop, Why};
init(Parent) -> {ok, Parent, {continue, Parent}}.
handle_continue(Parent, S) -> Parent ! continued, {noreply, S}.
handle_call({echo, X}, _, S) -> {reply, {echo, X}, S};
handle_call(never, _, S) -> {noreply, S};
handle_call(later, From, S) -> put(from, From), {noreply, S};
handle_call({stop, Why}, _, S) -> {stop, Why, S};
handle_call({stop_reply, Why}, _, S) -> {stop, Why, stopped, S};
handle_call(crash, _, _) -> error(crashed);
handle_call(bad_return, _, _) -> nonsense;
handle_call({throw, X}, _, _) -> throw(X);
handle_call({exit, X}, _, _) -> exit(X).
handle_cast(release, S) -> gen_server:reply(get(from), released), {noreply, S};
handle_cast({tell, To, X}, S) -> To ! X, {noreply, S}.
handle_info(timeout_please, S) -> {noreply, S, 10};
handle_info(timeout, S) -> S ! timed_out, {noreply, S};
handle_info(hello, S) -> S ! hello_back, {noreply, S};
handle_info(_, S) -> {noreply, S}.
terminate(_, S) -> is_pid(S) andalso (S ! terminated).
format_status(Status) -> Status.
