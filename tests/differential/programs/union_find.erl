%% Disjoint sets in a map, and Kruskal's spanning tree with them.
%% tier: 2
-module(union_find).
-export([main/0]).

main() ->
    Nodes = lists:seq(1, 60),
    Edges = [{(A * B * 37 + A + B) rem 101, A, B} || A <- Nodes, B <- Nodes, A < B, (A + B) rem 3 =/= 0],
    {Tree, Sets} = kruskal(lists:sort(Edges), maps:from_list([{N, N} || N <- Nodes]), []),
    io:format("~w edges, weight ~w~n", [length(Tree), lists:sum([W || {W, _, _} <- Tree])]),
    io:format("~w~n", [lists:sublist(lists:reverse(Tree), 10)]),
    Roots = lists:usort([element(1, find(N, Sets)) || N <- Nodes]),
    io:format("~w sets~n", [length(Roots)]).

find(N, Sets) ->
    case Sets of
        #{N := N} -> {N, Sets};
        #{N := Parent} -> {Root, Sets1} = find(Parent, Sets), {Root, Sets1#{N := Root}}
    end.

kruskal([], Sets, Tree) -> {Tree, Sets};
kruskal([{_, A, B} = Edge | Edges], Sets, Tree) ->
    {RootA, Sets1} = find(A, Sets),
    {RootB, Sets2} = find(B, Sets1),
    if RootA =:= RootB -> kruskal(Edges, Sets2, Tree);
       true -> kruskal(Edges, Sets2#{RootA := RootB}, [Edge | Tree])
    end.
