%% @doc Processes and their messages.
-module(bench_processes).
-behaviour(gen_server).

-export([server_calls/1, ring/1, ping_pong/1, spawn_many/1, timers/1]).
-export([init/1, handle_call/3, handle_cast/2]).

server_calls(Times) ->
    {ok, Server} = gen_server:start_link(?MODULE, 0, []),
    calls(Times, Server),
    Count = gen_server:call(Server, count),
    ok = gen_server:stop(Server),
    Count.

calls(0, _Server) -> ok;
calls(Times, Server) ->
    ok = gen_server:call(Server, {add, 1}),
    calls(Times - 1, Server).

init(Count) -> {ok, Count}.

handle_call({add, N}, _From, Count) -> {reply, ok, Count + N};
handle_call(count, _From, Count) -> {reply, Count, Count}.

handle_cast(_Message, Count) -> {noreply, Count}.

%% A token goes around, so many times; each process adds one.
ring({Size, Laps}) ->
    Self = self(),
    Next = lists:foldl(fun(_, To) -> spawn_link(fun() -> member(To) end) end, Self, lists:seq(2, Size)),
    Count = laps(Laps, Next, 0),
    Next ! stop,
    receive stop -> Count end.

member(Next) ->
    receive
        stop -> Next ! stop;
        Count -> Next ! Count + 1, member(Next)
    end.

laps(0, _Next, Count) -> Count;
laps(Laps, Next, Count) ->
    Next ! Count + 1,
    receive Around -> laps(Laps - 1, Next, Around) end.

ping_pong(Times) ->
    Pong = spawn_link(fun pong/0),
    pings(Times, Pong, 0).

pings(0, Pong, Count) -> Pong ! stop, Count;
pings(Times, Pong, Count) ->
    Pong ! {ping, self(), Count},
    receive {pong, Answer} -> pings(Times - 1, Pong, Answer) end.

pong() ->
    receive
        {ping, From, Count} -> From ! {pong, Count + 1}, pong();
        stop -> ok
    end.

%% Processes that send one number and are gone.
spawn_many(Number) ->
    Self = self(),
    [spawn(fun() -> Self ! N end) || N <- lists:seq(1, Number)],
    received(Number, 0).

received(0, Sum) -> Sum;
received(Left, Sum) -> receive N -> received(Left - 1, Sum + N) end.

%% So many timers of both kinds, in no order: alive at once, read and cancelled; and as many that fire.
timers(Number) ->
    Waiting = [start(1000000 + Time) || Time <- bench_random:list(Number, 1000000)],
    [true = erlang:read_timer(Timer) > 900000 || Timer <- Waiting],
    [true = is_integer(erlang:cancel_timer(Timer)) || Timer <- Waiting],
    [false = erlang:read_timer(Timer) || Timer <- Waiting],
    [start(Time) || Time <- bench_random:list(Number, 10)],
    fired(Number).

start(Time) when Time rem 2 =:= 0 -> erlang:start_timer(Time, self(), fired);
start(Time) -> erlang:send_after(Time, self(), fired).

fired(0) -> ok;
fired(Left) ->
    receive
        {timeout, _, fired} -> fired(Left - 1);
        fired -> fired(Left - 1)
    end.
