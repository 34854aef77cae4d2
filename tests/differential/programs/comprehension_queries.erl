%% qlc-free queries: nested comprehensions over tables, joins, groups, against ets:select.
%% tier: 3
-module(comprehension_queries).
-export([main/0]).

main() ->
    People = ets:new(people, [ordered_set]),
    Cities = ets:new(cities, [set]),
    ets:insert(People, [{1, "Ada", london, 36}, {2, "Joe", stockholm, 68}, {3, "Robert", stockholm, 60}, {4, "Mike", london, 63}, {5, "Grace", arlington, 85}]),
    ets:insert(Cities, [{london, uk}, {stockholm, sweden}, {arlington, us}]),
    Join = [{N, Country} || {_, N, C, _} <- ets:tab2list(People), {C1, Country} <- ets:lookup(Cities, C), C1 =:= C],
    io:format("~p~n", [Join]),
    Grouped = maps:groups_from_list(fun({_, _, C, _}) -> C end, fun({_, N, _, A}) -> {N, A} end, ets:tab2list(People)),
    io:format("~p~n", [lists:sort(maps:to_list(Grouped))]),
    io:format("~p~n", [[{C, lists:sum([A || {_, A} <- L]) / length(L)} || {C, L} <- lists:sort(maps:to_list(Grouped))]]),
    io:format("~p~n", [ets:select(People, [{{'_', '$1', '$2', '$3'}, [{'>', '$3', 61}], [{{'$2', '$1'}}]}])]),
    io:format("~p~n", [ets:match(People, {'$1', '_', stockholm, '_'})]),
    io:format("~p~n", [[{A, B} || {I, A, C, _} <- ets:tab2list(People), {J, B, D, _} <- ets:tab2list(People), C =:= D, I < J]]),
    io:format("~p~n", [ets:foldl(fun({_, _, _, A}, {Min, Max}) -> {min(A, Min), max(A, Max)} end, {1000, 0}, People)]).
