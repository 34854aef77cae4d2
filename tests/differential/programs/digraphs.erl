%% digraph and digraph_utils: paths, cycles, components, topological order.
%% tier: 4
-module(digraphs).
-export([main/0]).

main() ->
    G = digraph:new(),
    [digraph:add_vertex(G, V, {label, V}) || V <- lists:seq(1, 9)],
    [digraph:add_edge(G, {e, A, B}, A, B, A * B) || {A, B} <- [{1, 2}, {2, 3}, {3, 1}, {3, 4}, {4, 5}, {5, 6}, {7, 8}, {8, 7}]],
    p([digraph:no_vertices(G), digraph:no_edges(G), lists:sort(digraph:vertices(G)), lists:sort(digraph:edges(G)), digraph:vertex(G, 3), digraph:vertex(G, 99), digraph:edge(G, {e, 1, 2})]),
    p([lists:sort(F(G, 3)) || F <- [fun digraph:out_neighbours/2, fun digraph:in_neighbours/2, fun digraph:out_edges/2, fun digraph:in_edges/2]]),
    p([digraph:get_path(G, 1, 6), digraph:get_path(G, 6, 1), digraph:get_short_path(G, 2, 5), digraph:get_cycle(G, 7), digraph:get_short_cycle(G, 1), digraph:get_cycle(G, 9)]),
    p([lists:sort([lists:sort(C) || C <- digraph_utils:F(G)]) || F <- [components, strong_components, cyclic_strong_components]]),
    p([lists:sort(digraph_utils:reachable([4], G)), lists:sort(digraph_utils:reaching([4], G)), digraph_utils:is_acyclic(G), digraph_utils:topsort(G), digraph_utils:is_tree(G), lists:sort(digraph_utils:loop_vertices(G))]),
    C = digraph_utils:condensation(G),
    p([digraph:no_vertices(C), digraph:no_edges(C), digraph_utils:is_acyclic(C)]),
    [digraph:del_edge(G, E) || E <- [{e, 3, 1}, {e, 8, 7}]],
    p([digraph_utils:is_acyclic(G), valid(G, digraph_utils:topsort(G))]),
    digraph:del_vertex(G, 4), p([digraph:get_path(G, 1, 6), digraph:no_edges(G)]),
    p(digraph:add_edge(G, 1, nowhere)),
    A = digraph:new([acyclic]), [digraph:add_vertex(A, V) || V <- [x, y]], digraph:add_edge(A, x, y),
    p([element(1, digraph:add_edge(A, y, x)), [K || {K, _} <- lists:sort(digraph:info(A))]]),
    S = digraph_utils:subgraph(G, [1, 2, 3]), p([lists:sort(digraph:vertices(S)), lists:sort([element(3, digraph:edge(S, E)) || E <- digraph:edges(S)])]),
    Big = digraph:new(), [digraph:add_vertex(Big, N) || N <- lists:seq(0, 499)],
    [digraph:add_edge(Big, N, (N * K) rem 500) || N <- lists:seq(0, 499), K <- [2, 3]],
    p([digraph:no_edges(Big), length(digraph:get_short_path(Big, 1, 324)), length(digraph_utils:reachable([1], Big)), length(digraph_utils:strong_components(Big))]),
    p([digraph:delete(X) || X <- [G, C, A, S, Big]]).

valid(G, Order) ->
    Position = maps:from_list(lists:zip(Order, lists:seq(1, length(Order)))),
    lists:all(fun(E) -> {_, A, B, _} = digraph:edge(G, E), map_get(A, Position) < map_get(B, Position) end, digraph:edges(G)).
p(X) -> io:format("~p~n", [X]).
