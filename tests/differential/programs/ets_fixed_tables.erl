%% Traversal while the table changes, safe_fixtable and its count, bags in the order of insertion.
%% tier: 3
-module(ets_fixed_tables).
-export([main/0]).

main() ->
    T = ets:new(t, [set, public]),
    ets:insert(T, [{K, K} || K <- lists:seq(1, 500)]),
    ets:safe_fixtable(T, true),
    Seen = walk(T, ets:first(T), fun(K) -> ets:delete(T, K), ets:insert(T, {K + 10000, new}) end, 0),
    io:format("~w ~w~n", [Seen >= 500, element(2, ets:info(T, safe_fixed))  =/= []]),
    ets:safe_fixtable(T, false),
    io:format("~w ~w~n", [ets:info(T, size) >= 500, ets:info(T, fixed)]),
    B = ets:new(b, [bag]),
    [ets:insert(B, O) || O <- [{k, 3}, {k, 1}, {k, 2}, {k, 3}, {j, 1}]],
    io:format("~w ~w~n", [ets:lookup(B, k), ets:lookup_element(B, k, 2)]),
    ets:delete_object(B, {k, 1}),
    ets:insert(B, {k, 1}),
    io:format("~w~n", [ets:lookup(B, k)]),
    D = ets:new(d, [duplicate_bag]),
    [ets:insert(D, O) || O <- [{k, 1}, {k, 1}, {k, 2}]],
    io:format("~w ~w ~w~n", [ets:lookup(D, k), ets:delete_object(D, {k, 1}), ets:lookup(D, k)]),
    io:format("~w~n", [ets:match_object(D, {'_', '$1'})]),
    C = ets:new(c, [set, compressed]),
    ets:insert(C, {deep, lists:duplicate(100, {a, "b", 1.5})}),
    io:format("~w~n", [ets:lookup(C, deep) =:= [{deep, lists:duplicate(100, {a, "b", 1.5})}]]),
    io:format("~w~n", [ets:select(C, [{{deep, ['$1' | '_']}, [], ['$1']}])]),
    I = [{K, ets:info(D, K)} || K <- [type, protection, keypos, named_table, name, size, compressed, write_concurrency, read_concurrency, decentralized_counters]],
    io:format("~w~n", [I]),
    io:format("~w~n", [[ets:info(nosuch), ets:info(nosuch, size), ets:delete_all_objects(D), ets:info(D, size)]]).

walk(_, '$end_of_table', _, N) -> N;
walk(_, _, _, N) when N > 5000 -> N;
walk(T, K, F, N) when K =< 500 -> F(K), walk(T, ets:next(T, K), F, N + 1);
walk(T, K, F, N) -> walk(T, ets:next(T, K), F, N + 1).
