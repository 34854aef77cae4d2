%% Sets of sets: relations, families, partitions, projections.
%% tier: 3
-module(sofs_relations).
-export([main/0]).

main() ->
    R = sofs:relation([{1, a}, {2, b}, {2, c}, {3, a}]),
    S = sofs:relation([{a, x}, {b, y}, {c, y}]),
    show([sofs:domain(R), sofs:range(R), sofs:converse(R), sofs:composite(sofs:a_function([{1, a}]), sofs:a_function([{a, z}])),
          sofs:relative_product1(R, sofs:relation([{1, one}, {2, two}])), sofs:relative_product([R, S]), sofs:image(R, sofs:set([1, 2])), sofs:inverse_image(R, sofs:set([a]))]),
    show([sofs:relation_to_family(R), sofs:family_union(sofs:from_term([{a, [[1], [2, 3]]}])), sofs:family_to_relation(sofs:family([{x, [1, 2]}, {y, []}]))]),
    show([sofs:restriction(R, sofs:set([2])), sofs:drestriction(R, sofs:set([2])), sofs:strict_relation(sofs:relation([{1, 1}, {1, 2}])), sofs:weak_relation(sofs:relation([{1, 2}]))]),
    show([sofs:partition_family(1, R), sofs:product(sofs:set([1, 2]), sofs:set([x, y]))]),
    show([sofs:union(sofs:set([1, 2]), sofs:set([2, 3])), sofs:intersection(sofs:set([1, 2]), sofs:set([2, 3])), sofs:symdiff(sofs:set([1, 2]), sofs:set([2, 3])), sofs:difference(sofs:set([1, 2]), sofs:set([2]))]),
    show([sofs:projection(2, sofs:relation([{1, 2}, {3, 4}, {2, 1}])), sofs:substitution(1, sofs:relation([{1, 2}])), sofs:canonical_relation(sofs:from_term([[a, b], [b]]))]),
    io:format("~w~n", [[sofs:is_a_function(R), sofs:is_subset(sofs:set([1]), sofs:set([1, 2])), sofs:no_elements(R), sofs:is_disjoint(sofs:set([a]), sofs:set([b])), sofs:type(R)]]),
    io:format("~p~n", [[try F() catch error:E -> E end || F <- [fun() -> sofs:relation([{1, 2, 3}, {1, 2}]) end, fun() -> sofs:union(sofs:set([a]), R) end, fun() -> sofs:a_function([{1, a}, {1, b}]) end]]]),
    {A, B} = sofs:constant_function(sofs:set([1, 2]), sofs:from_term(c)) =:= x andalso {1, 2} orelse {ok, ok},
    io:format("~w~n", [{A, B}]).

show(Sets) -> io:format("~w~n", [[sofs:to_external(S) || S <- Sets]]).
