%% A breaker as a gen_statem: closed, open, half open; its timers are its own and injected.
%% tier: 3
-module(circuit_breaker).
-behaviour(gen_statem).
-export([main/0, init/1, callback_mode/0, closed/3, open/3, half_open/3]).

main() ->
    {ok, Breaker} = gen_statem:start_link(?MODULE, 3, []),
    Good = fun() -> fine end,
    Bad = fun() -> error(down) end,
    Calls = [Good, Bad, Bad, Good, Bad, Bad, Bad, Good, Good],
    io:format("~w~n", [[gen_statem:call(Breaker, {run, F}) || F <- Calls]]),
    receive after 60 -> ok end,
    io:format("~w~n", [gen_statem:call(Breaker, state)]),
    io:format("~w~n", [[gen_statem:call(Breaker, {run, F}) || F <- [Bad, Good]]]),
    receive after 60 -> ok end,
    io:format("~w~n", [[gen_statem:call(Breaker, {run, F}) || F <- [Good, Bad, Good]]]),
    io:format("~w~n", [gen_statem:call(Breaker, state)]),
    io:format("~w~n", [gen_statem:stop(Breaker)]).

init(Limit) -> {ok, closed, #{limit => Limit, failures => 0}}.
callback_mode() -> state_functions.

closed({call, From}, {run, F}, #{limit := Limit, failures := N} = Data) ->
    case attempt(F) of
        {ok, V} -> {keep_state, Data#{failures := 0}, {reply, From, {ok, V}}};
        failed when N + 1 >= Limit -> {next_state, open, Data#{failures := 0}, [{reply, From, failed}, {state_timeout, 30, probe}]};
        failed -> {keep_state, Data#{failures := N + 1}, {reply, From, failed}}
    end;
closed(Type, Event, Data) -> common(Type, Event, closed, Data).

open(state_timeout, probe, Data) -> {next_state, half_open, Data};
open({call, From}, {run, _}, _) -> {keep_state_and_data, {reply, From, refused}};
open(Type, Event, Data) -> common(Type, Event, open, Data).

half_open({call, From}, {run, F}, Data) ->
    case attempt(F) of
        {ok, V} -> {next_state, closed, Data, {reply, From, {ok, V}}};
        failed -> {next_state, open, Data, [{reply, From, failed}, {state_timeout, 30, probe}]}
    end;
half_open(Type, Event, Data) -> common(Type, Event, half_open, Data).

common({call, From}, state, State, Data) -> {keep_state, Data, {reply, From, {State, Data}}}.

attempt(F) -> try {ok, F()} catch error:_ -> failed end.
