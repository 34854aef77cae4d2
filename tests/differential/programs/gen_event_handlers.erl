%% gen_event: handlers added, called, swapped, removed, crashing.
%% tier: 4
-module(gen_event_handlers).
-behaviour(gen_event).
-export([main/0, init/1, handle_event/2, handle_call/2, handle_info/2, terminate/2]).

main() ->
    logger:set_primary_config(level, none),
    {ok, P} = gen_event:start_link({local, bus}),
    S = self(),
    p([gen_event:add_handler(bus, ?MODULE, {S, one}), gen_event:add_handler(bus, {?MODULE, second}, {S, two}), gen_event:add_handler(bus, {?MODULE, bad}, refuse)]),
    p(gen_event:which_handlers(bus)),
    gen_event:notify(bus, hello), p(lists:sort(get_all(2))),
    p(gen_event:sync_notify(bus, sync)), p(lists:sort(get_all(2))),
    p([gen_event:call(bus, ?MODULE, count), gen_event:call(bus, {?MODULE, second}, count), gen_event:call(bus, nobody, count)]),
    P ! raw, p(lists:sort(get_all(2))),
    p(gen_event:swap_handler(bus, {{?MODULE, second}, swapping}, {{?MODULE, third}, {S, three}})), p(get_all(1)), p(gen_event:which_handlers(P)),
    p(gen_event:delete_handler(bus, ?MODULE, bye)), p(get_all(1)),
    p(gen_event:delete_handler(bus, ?MODULE, again)),
    p(gen_event:add_sup_handler(bus, {?MODULE, supervised}, {S, four})),
    gen_event:notify(bus, crash_four), p(get_all(2)), p(receive {gen_event_EXIT, H, {'EXIT', {R, _}}} -> {H, R} after 1000 -> lost end),
    p(gen_event:which_handlers(bus)),
    p(gen_event:call(bus, {?MODULE, third}, remove_me)), p(get_all(1)), p(gen_event:which_handlers(bus)),
    p(gen_event:add_handler(bus, ?MODULE, {S, last})), p(gen_event:stop(bus)), p(get_all(1)), p(whereis(bus)).

init(refuse) -> {error, refused};
init({{S, Name}, {swapped, X}}) -> S ! {event, Name, {took_over, X}}, {ok, {S, Name, 0}};
init({S, Name}) -> {ok, {S, Name, 0}}.
handle_event(crash_four, {_, four, _}) -> error(on_purpose);
handle_event(E, {S, N, C}) -> S ! {event, N, E}, {ok, {S, N, C + 1}}.
handle_call(count, {_, _, C} = St) -> {ok, C, St};
handle_call(remove_me, _) -> {remove_handler, removed}.
handle_info(I, {S, N, C}) -> S ! {event, N, {info, I}}, {ok, {S, N, C}}.
terminate(swapping, {_, N, _}) -> {swapped, N};
terminate(W, {S, N, C}) -> S ! {event, N, {terminated, case W of {error, _} -> error; _ -> W end, C}}, {returned, N}.

get_all(N) -> [receive {event, _, _} = E -> E after 1000 -> lost end || _ <- lists:seq(1, N)].
p(X) -> io:format("~p~n", [X]).
