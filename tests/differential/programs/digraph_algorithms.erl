%% Directed graphs in tables: paths, cycles, components, reachability, condensation.
%% tier: 3
-module(digraph_algorithms).
-export([main/0]).

main() ->
    G = digraph:new(),
    [digraph:add_vertex(G, V, {label, V}) || V <- lists:seq(1, 12)],
    [{V, W} = {V, W} || {V, W} <- edges(), is_list(digraph:add_edge(G, V, W)) =:= false],
    io:format("~w~n", [{digraph:no_vertices(G), digraph:no_edges(G), digraph:vertex(G, 3), digraph:in_degree(G, 1), digraph:out_degree(G, 2)}]),
    io:format("~w~n", [lists:sort(digraph:out_neighbours(G, 2))]),
    io:format("~w~n", [{digraph:get_path(G, 1, 4) =/= false, digraph:get_short_path(G, 1, 4), digraph:get_path(G, 12, 1), digraph:get_short_cycle(G, 1)}]),
    io:format("~w~n", [norm(digraph_utils:components(G))]),
    io:format("~w~n", [norm(digraph_utils:strong_components(G))]),
    io:format("~w~n", [norm(digraph_utils:cyclic_strong_components(G))]),
    io:format("~w~n", [[lists:sort(digraph_utils:reachable([9], G)), lists:sort(digraph_utils:reaching([4], G)), lists:sort(digraph_utils:loop_vertices(G)), digraph_utils:is_acyclic(G), digraph_utils:topsort(G)]]),
    Sub = digraph_utils:subgraph(G, [9, 10, 11, 12]),
    Order = digraph_utils:topsort(Sub),
    io:format("~w~n", [[digraph_utils:is_acyclic(Sub), index(9, Order) < index(11, Order), digraph_utils:is_tree(Sub), digraph_utils:arborescence_root(Sub)]]),
    C = digraph_utils:condensation(G),
    io:format("~w~n", [{norm(digraph:vertices(C)), digraph:no_edges(C)}]),
    A = digraph:new([acyclic]),
    [digraph:add_vertex(A, V) || V <- [x, y, z]],
    digraph:add_edge(A, x, y), digraph:add_edge(A, y, z),
    io:format("~w~n", [[digraph:add_edge(A, z, x), digraph:add_edge(A, x, nowhere), lists:keydelete(memory, 1, digraph:info(A))]]),
    digraph:del_vertex(A, y),
    io:format("~w~n", [{digraph:no_edges(A), lists:sort(digraph:vertices(A))}]).

edges() -> [{1, 2}, {2, 3}, {3, 1}, {2, 4}, {4, 5}, {5, 4}, {6, 6}, {7, 8}, {9, 10}, {10, 11}, {9, 11}, {11, 12}].
norm(L) -> lists:sort([lists:sort(X) || X <- L]).
index(X, L) -> length(lists:takewhile(fun(Y) -> Y =/= X end, L)).
