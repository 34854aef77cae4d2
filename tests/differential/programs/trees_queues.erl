%% gb_trees, gb_sets and queue at real work.
%% tier: 3
-module(trees_queues).
-export([main/0]).

main() ->
    Keys = [(N * 7919) rem 1009 || N <- lists:seq(1, 1000)],
    T = lists:foldl(fun(K, A) -> gb_trees:enter(K, K * 2, A) end, gb_trees:empty(), Keys),
    p([gb_trees:size(T), gb_trees:smallest(T), gb_trees:largest(T), gb_trees:lookup(500, T), gb_trees:lookup(5000, T), gb_trees:get(1, T), gb_trees:is_defined(3, T)]),
    p(erlang:phash2(T)), p(erlang:phash2(gb_trees:to_list(gb_trees:balance(T)))),
    T2 = lists:foldl(fun gb_trees:delete_any/2, T, lists:seq(1, 900)),
    p([gb_trees:size(T2), lists:sublist(gb_trees:keys(T2), 5), gb_trees:values(gb_trees:from_orddict([{a, 1}, {b, 2}]))]),
    {K1, V1, T3} = gb_trees:take_smallest(T2), {K2, V2, _} = gb_trees:take_largest(T3), p({K1, V1, K2, V2}),
    p(walk(gb_trees:next(gb_trees:iterator_from(1000, T2)))), p(gb_trees:to_list(gb_trees:map(fun(K, V) -> K + V end, gb_trees:from_orddict([{1, 1}, {2, 2}])))),
    p([catch_(fun() -> gb_trees:get(zz, T) end), catch_(fun() -> gb_trees:insert(1, x, T) end), catch_(fun() -> gb_trees:delete(zz, T) end), catch_(fun() -> gb_trees:take(zz, T) end)]),
    p(gb_trees:update(2, new, gb_trees:from_orddict([{1, a}, {2, b}]))),
    A = gb_sets:from_list(lists:seq(1, 30, 2)), B = gb_sets:from_list(lists:seq(1, 30, 3)),
    p([gb_sets:to_list(F(A, B)) || F <- [fun gb_sets:union/2, fun gb_sets:intersection/2, fun gb_sets:subtract/2]]),
    p([gb_sets:is_member(5, A), gb_sets:is_subset(B, A), gb_sets:is_disjoint(A, gb_sets:from_list([2, 4])), gb_sets:smallest(A), gb_sets:largest(B), gb_sets:size(A), gb_sets:is_empty(gb_sets:new())]),
    p([gb_sets:fold(fun(X, S) -> X + S end, 0, A), gb_sets:to_list(gb_sets:filter(fun(X) -> X > 20 end, A)), element(1, gb_sets:take_smallest(A)), gb_sets:to_list(gb_sets:add_element(4, B)), gb_sets:to_list(gb_sets:del_element(4, B))]),
    p(gb_sets:to_list(gb_sets:union([gb_sets:singleton(X) || X <- [3, 1, 2]]))), p(A),
    Q = lists:foldl(fun queue:in/2, queue:new(), lists:seq(1, 10)),
    p([queue:len(Q), queue:to_list(Q), queue:out(Q), queue:out_r(Q), queue:peek(Q), queue:peek_r(Q), queue:head(Q), queue:last(Q)]),
    p([queue:to_list(queue:reverse(Q)), queue:to_list(queue:join(Q, queue:from_list([a, b]))), queue:split(3, Q), queue:to_list(queue:filter(fun(X) -> X rem 2 =:= 0 end, Q)), queue:member(3, Q), queue:is_empty(queue:new())]),
    p([queue:out(queue:new()), queue:to_list(queue:in_r(0, Q)), queue:to_list(queue:drop(Q)), queue:to_list(queue:cons(x, Q)), queue:to_list(queue:snoc(Q, y)), queue:to_list(queue:delete(5, Q)), queue:any(fun(X) -> X > 9 end, Q), queue:all(fun is_atom/1, Q), queue:fold(fun(X, S) -> X + S end, 0, Q), queue:to_list(queue:filtermap(fun(X) when X > 5 -> {true, -X}; (X) -> X < 3 end, Q))]),
    p([catch_(fun() -> queue:head(queue:new()) end), catch_(fun() -> queue:get(x) end)]),
    p(bfs([{1, [2, 3]}, {2, [4]}, {3, [4, 5]}, {4, [6]}, {5, [6]}, {6, []}], 1)),
    p(churn(20000, queue:new(), 0)).

walk(none) -> [];
walk({K, V, I}) -> [{K, V} | walk(gb_trees:next(I))].

bfs(G, S) -> bfs(G, queue:from_list([S]), gb_sets:singleton(S), []).
bfs(G, Q, Seen, Acc) ->
    case queue:out(Q) of
        {empty, _} -> lists:reverse(Acc);
        {{value, N}, Q2} ->
            Next = [M || M <- proplists:get_value(N, G), not gb_sets:is_member(M, Seen)],
            bfs(G, lists:foldl(fun queue:in/2, Q2, Next), lists:foldl(fun gb_sets:add/2, Seen, Next), [N | Acc])
    end.

churn(0, Q, S) -> S + queue:len(Q);
churn(N, Q, S) when N rem 3 =:= 0 -> {{value, X}, Q2} = queue:out(Q), churn(N - 1, Q2, S + X);
churn(N, Q, S) -> churn(N - 1, queue:in(N, Q), S).

p(X) -> io:format("~p~n", [X]).
catch_(F) -> try F() catch C:R -> {C, R} end.
