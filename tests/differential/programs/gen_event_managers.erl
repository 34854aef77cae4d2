%% Event managers: handlers added, swapped, supervised, crashing, called and removed.
%% tier: 4
-module(gen_event_managers).
-behaviour(gen_event).
-export([main/0, init/1, handle_event/2, handle_call/2, handle_info/2, terminate/2]).

main() ->
    logger:set_primary_config(level, none),
    {ok, M} = gen_event:start_link(),
    io:format("~p~n", [[gen_event:add_handler(M, {?MODULE, I}, {self(), I}) || I <- [a, b]]]),
    gen_event:notify(M, 1), gen_event:sync_notify(M, 2), M ! 3,
    io:format("~p~n", [lists:sort(drain())]),
    io:format("~p~n", [[gen_event:call(M, {?MODULE, a}, count), gen_event:call(M, {?MODULE, none}, count), lists:sort(gen_event:which_handlers(M))]]),
    io:format("~p~n", [gen_event:swap_handler(M, {{?MODULE, a}, swapping}, {{?MODULE, c}, {self(), c}})]),
    io:format("~p~n", [drain()]),
    io:format("~p~n", [gen_event:delete_handler(M, {?MODULE, b}, because)]),
    io:format("~p~n", [gen_event:add_sup_handler(M, {?MODULE, d}, {self(), d})]),
    gen_event:sync_notify(M, crash_d),
    io:format("~p~n", [[case X of {gen_event_EXIT, H, {'EXIT', {R, _}}} -> {H, R}; _ -> X end || X <- drain()]]),
    gen_event:sync_notify(M, {remove, c}),
    io:format("~p~n", [[drain(), gen_event:which_handlers(M)]]),
    io:format("~p~n", [gen_event:add_handler(M, ?MODULE, refuse)]),
    io:format("~p~n", [gen_event:add_handler(M, {?MODULE, e}, {self(), e})]),
    io:format("~p~n", [[gen_event:stop(M), drain()]]).

drain() -> receive X -> [X | drain()] after 20 -> [] end.

init(refuse) -> {error, refused};
init({{Parent, I}, Previous}) -> Parent ! {took_over, I, Previous}, {ok, {Parent, I, 0}};
init({Parent, I}) -> {ok, {Parent, I, 0}}.
handle_event(crash_d, {_, d, _}) -> error(crash);
handle_event({remove, I}, {_, I, _}) -> remove_handler;
handle_event(E, {P, I, N}) -> P ! {I, E}, {ok, {P, I, N + 1}}.
handle_call(count, {_, _, N} = S) -> {ok, N, S}.
handle_info(E, {P, I, N}) -> P ! {I, info, E}, {ok, {P, I, N + 1}}.
terminate(Why, {P, I, N}) -> is_atom(Why) andalso (P ! {terminated, I, Why}), {left, N}.
