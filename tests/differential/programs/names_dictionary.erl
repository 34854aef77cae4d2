%% Registered names, the process dictionary, group leaders.
%% tier: 3
-module(names_dictionary).
-export([main/0]).

main() ->
    p([put(K, V) || {K, V} <- [{a, 1}, {b, 2}, {a, 3}, {"key", x}, {1, one}, {1.0, float}]]),
    p([get(a), get(b), get("key"), get(1), get(1.0), get(nothing)]),
    p(lists:sort([X || {K, _} = X <- get(), K =/= '$ancestors', K =/= '$initial_call'])),
    p(lists:sort(get_keys(1) ++ get_keys(x))),
    p([erase(a), erase(a), get(a)]),
    [put({k, N}, N) || N <- lists:seq(1, 2000)],
    p(lists:sum([get({k, N}) || N <- lists:seq(1, 2000)])),
    [erase({k, N}) || N <- lists:seq(1, 2000), N rem 3 =/= 0],
    p(lists:sum([V || {{k, _}, V} <- get()])),
    S = self(),
    spawn(fun() -> S ! {child, get({k, 3}), length(get())} end),
    p(receive {child, V1, N1} -> {V1, N1} end),
    p([register(suite_main, S), whereis(suite_main) =:= S, lists:member(suite_main, registered())]),
    suite_main ! by_name, p(receive by_name -> got end),
    p([catch_(F) || F <- [fun() -> register(suite_main, S) end, fun() -> register(other, S) end, fun() -> register(undefined, S) end, fun() -> unregister(nobody) end, fun() -> nobody ! x end,
                          fun() -> register("s", S) end, fun() -> register(suite_x, list_to_pid("<0.999999.0>")) end]]),
    p([unregister(suite_main), whereis(suite_main)]),
    P = spawn(fun() -> receive stop -> ok end end),
    register(temporary, P), M = monitor(process, temporary),
    temporary ! stop,
    p(receive {'DOWN', M, process, {temporary, _}, R} -> R end),
    p([whereis(temporary), catch_(fun() -> temporary ! x end)]),
    p([erlang:send(S, sent), receive sent -> ok end, erlang:send_nosuspend(S, again), receive again -> ok end]),
    Old = group_leader(),
    Fake = spawn(fun() -> fake_leader(S) end),
    group_leader(Fake, self()),
    io:format("through the fake ~p~n", [leader]),
    spawn(fun() -> io:put_chars("from a child") end),
    Got = [receive {io, C} -> C end || _ <- [1, 2]],
    group_leader(Old, self()),
    p(Got).

fake_leader(S) ->
    receive
        {io_request, From, Ref, {put_chars, unicode, M, F, A}} -> S ! {io, lists:flatten(apply(M, F, A))}, From ! {io_reply, Ref, ok};
        {io_request, From, Ref, {put_chars, unicode, C}} -> S ! {io, unicode:characters_to_list(C)}, From ! {io_reply, Ref, ok}
    end,
    fake_leader(S).

p(X) -> io:format("~p~n", [X]).
catch_(F) -> try F() catch C:R -> {C, R} end.
