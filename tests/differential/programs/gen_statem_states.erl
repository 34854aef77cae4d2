%% gen_statem: both callback modes, timeouts, postponing, enter calls.
%% tier: 4
-module(gen_statem_states).
-behaviour(gen_statem).
-export([main/0, init/1, callback_mode/0, terminate/3, locked/3, open/3]).

main() ->
    {ok, P} = gen_statem:start_link(?MODULE, {self(), "1234"}, []),
    p([gen_statem:call(P, {button, B}) || B <- "12"]),
    p(gen_statem:call(P, status)),
    p([gen_statem:call(P, {button, B}) || B <- "34"]), p(gen_statem:call(P, status)),
    p(receive {entered, S1} -> S1 end), p(receive {entered, S2} -> S2 end),
    p(receive {entered, S3} -> {relocked, S3} after 2000 -> lost end),
    gen_statem:cast(P, {postponed, one}), gen_statem:cast(P, {postponed, two}),
    p(gen_statem:call(P, status)),
    [gen_statem:call(P, {button, B}) || B <- "1234"],
    p([receive {handled, X} -> X after 1000 -> lost end || _ <- [1, 2]]),
    p(receive {entered, S4} -> S4 end), p(receive {entered, S5} -> S5 after 2000 -> lost end),
    p(gen_statem:call(P, named_timer)), p(receive named_fired -> fired after 1000 -> lost end),
    p(gen_statem:call(P, cancelled_timer)), p(receive cancelled_fired -> fired after 40 -> not_fired end),
    p(gen_statem:call(P, internal)), p(receive {internal, I} -> I end),
    p(gen_statem:call(P, state_timeout)), p(receive quick -> quick after 1000 -> lost end),
    P ! some_info, p(receive {info, In} -> In end),
    p(catch_(fun() -> gen_statem:call(P, unanswered, 20) end)),
    p(gen_statem:stop(P)), p(receive {terminated, W, St} -> {W, St} end),
    p(catch_(fun() -> gen_statem:call(P, status) end)),
    p(gen_statem:start(?MODULE, ignored, [])), p(gen_statem:start(?MODULE, {stop, {shutdown, because}}, [])).

callback_mode() -> [state_functions, state_enter].

init(ignored) -> ignore;
init({stop, R}) -> {stop, R};
init({To, Code}) -> {ok, locked, #{to => To, code => Code, left => Code}}.

locked(enter, _, #{to := T, code := C} = D) -> T ! {entered, locked}, {keep_state, D#{left := C}};
locked({call, F}, {button, B}, #{left := [B]} = D) -> {next_state, open, D, [{reply, F, opened}]};
locked({call, F}, {button, B}, #{left := [B | Rest]} = D) -> {keep_state, D#{left := Rest}, [{reply, F, {more, length(Rest)}}]};
locked({call, F}, {button, _}, #{code := C} = D) -> {keep_state, D#{left := C}, [{reply, F, wrong}]};
locked(cast, {postponed, _}, _) -> {keep_state_and_data, [postpone]};
locked(E, C, D) -> common(E, C, locked, D).

open(enter, _, #{to := T}) -> T ! {entered, open}, {keep_state_and_data, [{state_timeout, 50, lock}]};
open(state_timeout, lock, D) -> {next_state, locked, D};
open(cast, {postponed, X}, #{to := T}) -> T ! {handled, X}, keep_state_and_data;
open(E, C, D) -> common(E, C, open, D).

common({call, F}, status, State, #{left := L}) -> {keep_state_and_data, [{reply, F, {State, length(L)}}]};
common({call, F}, named_timer, _, _) -> {keep_state_and_data, [{reply, F, set}, {{timeout, mine}, 10, named}]};
common({timeout, mine}, named, _, #{to := T}) -> T ! named_fired, keep_state_and_data;
common({call, F}, cancelled_timer, _, _) -> {keep_state_and_data, [{reply, F, set}, {{timeout, other}, 10, cancelled}, {{timeout, other}, cancel}]};
common({timeout, other}, cancelled, _, #{to := T}) -> T ! cancelled_fired, keep_state_and_data;
common({call, F}, internal, _, _) -> {keep_state_and_data, [{next_event, internal, {first, F}}, {next_event, internal, second}]};
common(internal, {first, F}, _, _) -> {keep_state_and_data, [{reply, F, from_internal}]};
common(internal, second, _, #{to := T}) -> T ! {internal, second}, keep_state_and_data;
common({call, F}, state_timeout, _, _) -> {keep_state_and_data, [{reply, F, set}, {timeout, 5, event_timeout}]};
common(timeout, event_timeout, _, #{to := T}) -> T ! quick, keep_state_and_data;
common(info, I, S, #{to := T}) -> T ! {info, {I, S}}, keep_state_and_data;
common({call, _}, unanswered, _, _) -> keep_state_and_data.

terminate(W, S, #{to := T}) -> T ! {terminated, W, S}.

catch_(F) -> try F() catch exit:{R, {gen_statem, call, _}} -> {exit, R} end.
p(X) -> io:format("~p~n", [X]).
