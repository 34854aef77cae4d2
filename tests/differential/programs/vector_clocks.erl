%% Lamport and vector clocks over a simulated net, and grow-only, observed-remove sets that converge.
%% tier: 2
-module(vector_clocks).
-export([main/0]).

main() ->
    Events = [{a, local}, {a, {send, 1}}, {b, {recv, 1}}, {b, {send, 2}}, {c, local}, {c, {recv, 2}}, {a, local}, {c, {send, 3}}, {a, {recv, 3}}],
    {_, _, Stamped} = lists:foldl(fun event/2, {#{}, #{}, []}, Events),
    [io:format("~w ~w~n", [E, lists:sort(maps:to_list(C))]) || {E, C} <- lists:reverse(Stamped)],
    Clocks = [C || {_, C} <- lists:reverse(Stamped)],
    io:format("~w~n", [[[compare(X, Y) || Y <- Clocks] || X <- Clocks]]),
    A0 = add(x, a, add(y, a, empty())),
    B0 = remove(x, A0),
    A1 = add(x, a, A0),
    C0 = add(z, c, empty()),
    Merged = [merge(A1, merge(B0, C0)), merge(merge(C0, A1), B0), merge(B0, merge(A1, A1))],
    io:format("~w~n", [[members(M) || M <- Merged]]),
    io:format("~w~n", [hd(Merged) =:= lists:nth(2, Merged)]).

event({P, What}, {Clocks, Messages, Log}) ->
    Own = maps:get(P, Clocks, #{}),
    Base = case What of {recv, N} -> join(Own, map_get(N, Messages)); _ -> Own end,
    New = maps:update_with(P, fun(X) -> X + 1 end, 1, Base),
    Messages1 = case What of {send, M} -> Messages#{M => New}; _ -> Messages end,
    {Clocks#{P => New}, Messages1, [{{P, What}, New} | Log]}.

join(A, B) -> maps:merge_with(fun(_, X, Y) -> max(X, Y) end, A, B).

compare(A, A) -> '=';
compare(A, B) ->
    case {before(A, B), before(B, A)} of
        {true, _} -> '<';
        {_, true} -> '>';
        _ -> '|'
    end.
before(A, B) -> lists:all(fun({P, N}) -> N =< maps:get(P, B, 0) end, maps:to_list(A)).

empty() -> {#{}, #{}}.
add(X, Replica, {Added, Removed}) -> {Added#{{X, Replica, map_size(Added) + 1} => true}, Removed}.
remove(X, {Added, Removed}) -> {Added, maps:merge(Removed, maps:filter(fun({Y, _, _}, _) -> Y =:= X end, Added))}.
merge({A1, R1}, {A2, R2}) -> {maps:merge(A1, A2), maps:merge(R1, R2)}.
members({A, R}) -> lists:usort([X || {X, _, _} <- maps:keys(maps:without(maps:keys(R), A))]).
