%% All event types and timeouts of gen_statem: postponed, internal, named timers, state enter calls, hibernation.
%% tier: 4
-module(gen_statem_events).
-behaviour(gen_statem).
-export([main/0, init/1, callback_mode/0, handle_event/4]).

main() ->
    process_flag(trap_exit, true),
    {ok, P} = gen_statem:start_link(?MODULE, self(), []),
    io:format("~p~n", [gen_statem:call(P, log)]),
    gen_statem:cast(P, {postponed, 1}), gen_statem:cast(P, {postponed, 2}),
    P ! info,
    io:format("~p~n", [gen_statem:call(P, log)]),
    ok = gen_statem:call(P, {go, two}),
    io:format("~p~n", [gen_statem:call(P, log)]),
    ok = gen_statem:call(P, timers),
    receive after 120 -> ok end,
    io:format("~p~n", [gen_statem:call(P, log)]),
    io:format("~p~n", [gen_statem:call(P, internal)]),
    io:format("~p~n", [gen_statem:call(P, log)]),
    ok = gen_statem:call(P, {go, two}),
    io:format("~p~n", [gen_statem:call(P, log)]),
    ok = gen_statem:call(P, repeat),
    io:format("~p~n", [gen_statem:call(P, log)]),
    io:format("~p~n", [try gen_statem:call(P, silence, 20) catch exit:{timeout, _} -> timeout end]),
    io:format("~p~n", [gen_statem:call(P, {stop, {shutdown, done}})]),
    io:format("~p~n", [receive {'EXIT', P, R} -> R end]).

callback_mode() -> [handle_event_function, state_enter].
init(Parent) -> {ok, one, #{parent => Parent, log => []}}.

handle_event(enter, Old, New, D) -> {keep_state, log({enter, Old, New}, D)};
handle_event({call, From}, log, _, #{log := L} = D) -> {keep_state, D#{log := []}, {reply, From, lists:reverse(L)}};
handle_event({call, From}, {go, To}, _, D) -> {next_state, To, D, {reply, From, ok}};
handle_event({call, From}, timers, _, D) ->
    {keep_state, D, [{reply, From, ok}, {{timeout, named}, 10, content}, {{timeout, cancelled}, 10, never}, {{timeout, cancelled}, cancel}, {state_timeout, 20, state}, {{timeout, updated}, 30, old}, {{timeout, updated}, update, new}]};
handle_event({call, From}, internal, _, D) -> {keep_state, D, [{next_event, internal, a}, {next_event, internal, b}, {next_event, cast, c}, {reply, From, queued}]};
handle_event({call, From}, repeat, _, D) -> {repeat_state, D, [{reply, From, ok}, hibernate]};
handle_event({call, _}, silence, _, _) -> keep_state_and_data;
handle_event({call, From}, {stop, Why}, _, D) -> {stop_and_reply, Why, {reply, From, stopping}, D};
handle_event(cast, {postponed, _}, one, _) -> {keep_state_and_data, postpone};
handle_event(Type, Content, State, D) -> {keep_state, log({Type, Content, State}, D)}.

log(X, #{log := L} = D) -> D#{log := [X | L]}.
