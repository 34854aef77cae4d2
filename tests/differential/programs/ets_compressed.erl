%% Compressed tables: what is in them comes out as it was, whatever it is; deleting much while a table is fixed.
%% tier: 2
-module(ets_compressed).
-export([main/0]).
main() ->
    [check(Kind, Options) || Kind <- [set, ordered_set, bag, duplicate_bag], Options <- [[], [compressed]]],
    R = make_ref(),
    T = ets:new(t, [compressed, set]),
    F = fun(X) -> {X, R} end,
    Big = binary:copy(<<"x">>, 1000),
    Map = maps:from_list([{N, [N, "text", 1.5 * N]} || N <- lists:seq(1, 100)]),
    Object = {key, F, Big, Map, R, self(), 1 bsl 100, -1 bsl 58, "string", <<5:3>>, [a | b], fun lists:map/2, #{a => 1}},
    true = ets:insert(T, Object),
    [Object] = ets:lookup(T, key),
    Map = ets:lookup_element(T, key, 4),
    true = ets:update_element(T, key, {9, ["other", 1, 2, 3]}),
    ["other", 1, 2, 3] = ets:lookup_element(T, key, 9),
    N = 1 bsl 100 + 5,
    N = ets:update_counter(T, key, {7, 5}),
    [[Map]] = ets:match(T, {key, '_', '_', '$1', '_', '_', '_', '_', '_', '_', '_', '_', '_'}),
    true = ets:delete_all_objects(T),
    L = ets:new(l, [compressed]), P = ets:new(p, []),
    Value = [{atom, lists:seq(1, 50), "some text", 1.0} || _ <- lists:seq(1, 10)],
    [ets:insert(X, [{K, Value} || K <- lists:seq(1, 1000)]) || X <- [L, P]],
    true = ets:info(L, memory) * 5 < ets:info(P, memory),
    true = lists:sort(ets:tab2list(L)) =:= lists:sort(ets:tab2list(P)),
    500 = ets:select_delete(L, [{{'$1', Value}, [{'=<', '$1', 500}], [true]}]),
    Huge = ets:new(huge, [public]),
    ets:insert(Huge, [{K} || K <- lists:seq(1, 50000)]),
    ets:safe_fixtable(Huge, true),
    ets:delete_all_objects(Huge),
    0 = ets:info(Huge, size),
    ets:insert(Huge, [{K} || K <- lists:seq(1, 50000)]),
    ets:select_delete(Huge, [{'_', [], [true]}]),
    ets:safe_fixtable(Huge, false),
    {'EXIT', _} = catch ets:next(Huge, 7),
    io:format("~p~n", [done]).

check(Kind, Options) ->
    T = ets:new(t, [Kind | Options]),
    true = ets:insert(T, [{N rem 20, N rem 3, lists:seq(1, N rem 7)} || N <- lists:seq(1, 100)]),
    true = ets:delete_object(T, {5, 1, [1, 2]}),
    io:format("~p~n", [{Kind, lists:sort(ets:select(T, [{{'$1', 1, '$2'}, [], [['$1' | '$2']]}])), ets:info(T, size)}]).
