%% Topological order with cycles found, and strongly connected components.
%% tier: 2
-module(topological_order).
-export([main/0]).

main() ->
    Tasks = [{shirt, []}, {tie, [shirt]}, {jacket, [tie, belt]}, {belt, [trousers]}, {trousers, [pants]},
             {pants, []}, {shoes, [socks, trousers]}, {socks, []}],
    io:format("~w~n", [order(Tasks)]),
    io:format("~w~n", [order([{a, [b]}, {b, [c]}, {c, [a]}, {d, []}])]),
    Graph = maps:from_list([{N, [(N * 3) rem 40, (N * N + 1) rem 40]} || N <- lists:seq(0, 39)]),
    io:format("~w~n", [components(Graph)]).

order(Tasks) -> order(Tasks, []).
order([], Done) -> {ok, lists:reverse(Done)};
order(Tasks, Done) ->
    case lists:partition(fun({_, Needs}) -> Needs -- Done =:= [] end, Tasks) of
        {[], Left} -> {cycle, [Name || {Name, _} <- Left]};
        {Ready, Left} -> order(Left, [Name || {Name, _} <- lists:reverse(Ready)] ++ Done)
    end.

%% Kosaraju: by order of finishing in the graph, over the reversed graph.
components(Graph) ->
    Nodes = lists:sort(maps:keys(Graph)),
    {Finished, _} = lists:foldl(fun(N, Acc) -> visit(N, Graph, Acc) end, {[], #{}}, Nodes),
    Reversed = maps:fold(fun(N, Tos, G) ->
        lists:foldl(fun(T, G1) -> maps:update_with(T, fun(L) -> [N | L] end, [N], G1) end, G, Tos)
    end, maps:from_list([{N, []} || N <- Nodes]), Graph),
    {Sets, _} = lists:foldl(fun(N, {Acc, Seen}) ->
        case visit(N, Reversed, {[], Seen}) of
            {[], Seen1} -> {Acc, Seen1};
            {Set, Seen1} -> {[lists:sort(Set) | Acc], Seen1}
        end
    end, {[], #{}}, Finished),
    lists:sort(Sets).

visit(N, _, {Order, Seen}) when is_map_key(N, Seen) -> {Order, Seen};
visit(N, Graph, {Order, Seen}) ->
    {Order1, Seen1} = lists:foldl(fun(T, Acc) -> visit(T, Graph, Acc) end, {Order, Seen#{N => true}}, lists:sort(map_get(N, Graph))),
    {[N | Order1], Seen1}.
