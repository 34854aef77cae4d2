%% gen_server: calls, casts, info, timeouts, continue, hibernate, stop.
%% tier: 4
-module(gen_server_calls).
-behaviour(gen_server).
-export([main/0, init/1, handle_call/3, handle_cast/2, handle_info/2, handle_continue/2, terminate/2, code_change/3]).

main() ->
    logger:set_primary_config(level, none),
    {ok, P} = gen_server:start_link({local, stack_server}, ?MODULE, {self(), []}, []),
    p([gen_server:call(P, {push, X}) || X <- [a, b, c]]),
    p([gen_server:call(stack_server, pop) || _ <- lists:seq(1, 4)]),
    gen_server:cast(P, {push, cast}), p(gen_server:call(P, all)),
    P ! {push, info}, p(gen_server:call(P, all)),
    p(gen_server:call(P, later)), p(gen_server:call(P, {forward, 20})),
    p(gen_server:call(P, continue)), p(gen_server:call(P, all)),
    p(gen_server:call(P, hibernate)), p(gen_server:call(P, all)),
    p(gen_server:call(P, {timeout, 10})), p(receive {server, timed_out} -> timed_out after 1000 -> lost end),
    p(try gen_server:call(P, never, 20) catch exit:{timeout, {gen_server, call, [_, never, 20]}} -> call_timeout end),
    R = gen_server:send_request(P, all), p(gen_server:wait_response(R, 1000)),
    R2 = gen_server:send_request(P, all), p(receive M -> gen_server:check_response(M, R2) end),
    p(gen_server:multi_call([node()], stack_server, all) =:= {[{node(), gen_server:call(P, all)}], []}),
    p([catch_(fun() -> gen_server:call(nobody, x) end), catch_(fun() -> gen_server:call(P, {noproc_later}) end) =/= x]),
    p(gen_server:stop(P)), p(receive {server, W} -> W end), p(whereis(stack_server)),
    p(catch_(fun() -> gen_server:call(P, all) end)),
    p([start(X) || X <- [ignore, {stop, reason}, {stop, normal}, {error, bad}, {throw, {ok, from_throw}}]]),
    {ok, P2} = gen_server:start(?MODULE, {self(), continue}, []), p(receive {server, continued} -> continued end),
    p(gen_server:call(P2, stop_reply)), p(receive {server, W2} -> W2 end),
    {ok, P3} = gen_server:start_link({local, once}, ?MODULE, {self(), []}, [{timeout, 1000}, {hibernate_after, 5}]),
    p(gen_server:start_link({local, once}, ?MODULE, {self(), []}, []) =:= {error, {already_started, P3}}),
    receive after 20 -> ok end, p(process_info(P3, current_function)), p(gen_server:call(P3, all)),
    process_flag(trap_exit, true), exit(P3, shutdown), p(receive {'EXIT', P3, W3} -> W3 end),
    {ok, C} = gen_server:start_link(?MODULE, {self(), counter}, []),
    Self = self(),
    [spawn(fun() -> [gen_server:call(C, inc) || _ <- lists:seq(1, 100)], Self ! fin end) || _ <- lists:seq(1, 20)],
    [receive fin -> ok end || _ <- lists:seq(1, 20)], p(gen_server:call(C, value)),
    gen_server:stop(C, shutdown, 1000), p(receive {'EXIT', C, W4} -> W4 end).

init({_, ignore}) -> ignore;
init({_, {stop, R}}) -> {stop, R};
init({_, {error, R}}) -> error(R);
init({_, {throw, R}}) -> throw(R);
init({To, continue}) -> {ok, {To, []}, {continue, started}};
init({To, counter}) -> {ok, {To, 0}};
init({To, S}) -> {ok, {To, S}}.

handle_call({push, X}, _, {T, S}) -> {reply, ok, {T, [X | S]}};
handle_call(pop, _, {T, [H | S]}) -> {reply, {ok, H}, {T, S}};
handle_call(pop, _, {T, []}) -> {reply, empty, {T, []}};
handle_call(all, _, {_, L} = S) -> {reply, L, S};
handle_call(later, From, S) -> self() ! {reply_to, From}, {noreply, S};
handle_call({forward, N}, From, S) -> spawn(fun() -> gen_server:reply(From, N * 2) end), {noreply, S};
handle_call(continue, From, S) -> {noreply, S, {continue, {answer, From}}};
handle_call(hibernate, _, S) -> {reply, sleeping, S, hibernate};
handle_call({timeout, N}, _, S) -> {reply, waiting, S, N};
handle_call(never, _, S) -> {noreply, S};
handle_call(inc, _, {T, N}) -> {reply, N, {T, N + 1}};
handle_call(value, _, {_, N} = S) -> {reply, N, S};
handle_call(stop_reply, _, S) -> {stop, normal, stopping, S};
handle_call(_, _, S) -> {reply, unknown, S}.

handle_cast({push, X}, {T, S}) -> {noreply, {T, [X | S]}}.
handle_info({push, X}, {T, S}) -> {noreply, {T, [X | S]}};
handle_info({reply_to, From}, S) -> gen_server:reply(From, delayed), {noreply, S};
handle_info(timeout, {T, _} = S) -> T ! {server, timed_out}, {noreply, S}.
handle_continue(started, {T, _} = S) -> T ! {server, continued}, {noreply, S};
handle_continue({answer, From}, {T, S}) -> gen_server:reply(From, continued), {noreply, {T, [by_continue | S]}}.
terminate(Why, {T, S}) -> T ! {server, {terminated, Why, S}}.
code_change(_, S, _) -> {ok, S}.

start(X) -> {R, M} = {gen_server:start(?MODULE, {self(), X}, []), none}, {tidy(R), M}.
tidy({error, {bad, [_ | _]}}) -> {error, bad_with_stack};
tidy({ok, P}) when is_pid(P) -> {ok, pid};
tidy(R) -> R.
catch_(F) -> try F() catch exit:{R, {gen_server, call, [_ | _]}} -> {exit, R} end.
p(X) -> io:format("~p~n", [X]).
