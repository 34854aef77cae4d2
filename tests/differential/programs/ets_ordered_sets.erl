%% Ordered tables: neighbours, ranges by match specifications, keys of mixed types, slots.
%% tier: 3
-module(ets_ordered_sets).
-export([main/0]).

main() ->
    T = ets:new(t, [ordered_set, {keypos, 1}]),
    Keys = [5, 1.0, a, "s", {t, 1}, <<"b">>, 3, [], #{}, 1, 2.5, b, {}],
    [ets:insert(T, {K, N}) || {N, K} <- lists:enumerate(Keys)],
    io:format("~w~n", [ets:tab2list(T)]),
    io:format("~w~n", [{ets:first(T), ets:last(T), ets:next(T, 2), ets:prev(T, a), ets:next(T, <<"b">>)}]),
    io:format("~w~n", [{ets:lookup(T, 1), ets:lookup(T, 1.0), ets:member(T, 5.0), ets:lookup(T, 2.5)}]),
    io:format("~w~n", [walk(T, ets:first(T))]),
    N = ets:new(n, [ordered_set]),
    ets:insert(N, [{{A, B}, A * B} || A <- lists:seq(1, 10), B <- lists:seq(1, 10)]),
    io:format("~w~n", [ets:select(N, [{{{3, '$1'}, '$2'}, [{'>', '$1', 7}], [{{'$1', '$2'}}]}])]),
    io:format("~w~n", [ets:select_reverse(N, [{{{'$1', 2}, '_'}, [{'<', '$1', 4}], ['$_']}])]),
    io:format("~w~n", [ets:select_count(N, [{{'_', '$1'}, [{'>=', '$1', 50}], [true]}])]),
    io:format("~w~n", [pages(ets:select(N, [{{{'$1', '$1'}, '_'}, [], ['$1']}], 3))]),
    io:format("~w~n", [pages(ets:match(N, {{2, '$1'}, '$2'}, 4))]),
    io:format("~w~n", [ets:match_delete(N, {{'_', 5}, '_'})]),
    io:format("~w~n", [{ets:info(N, size), ets:first(N), ets:last(N), ets:prev(N, {1, 1}), ets:next(N, {1, 4})}]),
    io:format("~w~n", [ets:foldr(fun({K, _}, Acc) -> [K | Acc] end, [], T) =:= [K || {K, _} <- ets:tab2list(T)]]),
    io:format("~w~n", [[ets:slot(T, I) || I <- [0, 3, 11, 12]]]),
    io:format("~w~n", [ets:select_delete(N, [{{{'$1', '_'}, '_'}, [{'=<', '$1', 8}], [true]}])]),
    io:format("~w~n", [ets:select_replace(N, [{{{'$1', '$2'}, '$3'}, [{'=:=', '$2', 1}], [{{{{'$1', '$2'}}, {'+', '$3', 1000}}}]}])]),
    io:format("~w~n", [ets:tab2list(N)]).

walk(_, '$end_of_table') -> [];
walk(T, K) -> [K | walk(T, ets:next(T, K))].

pages('$end_of_table') -> [];
pages({Page, Next}) -> [Page | pages(ets:select(Next))].
