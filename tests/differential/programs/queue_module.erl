%% Double-ended queues: all three interfaces.
%% tier: 2
-module(queue_module).
-export([main/0]).

main() ->
    Q = lists:foldl(fun queue:in/2, queue:new(), lists:seq(1, 7)),
    io:format("~w ~w ~w~n", [queue:to_list(Q), queue:len(Q), queue:is_empty(Q)]),
    {{value, A}, Q1} = queue:out(Q),
    {{value, Z}, Q2} = queue:out_r(Q1),
    io:format("~w~n", [{A, Z, queue:to_list(Q2), queue:peek(Q2), queue:peek_r(Q2), queue:get(Q2), queue:get_r(Q2)}]),
    io:format("~w~n", [{queue:out(queue:new()), queue:peek(queue:new())}]),
    io:format("~w~n", [[queue:to_list(X) || X <- [queue:reverse(Q), queue:join(Q2, Q2), queue:filter(fun(N) -> N rem 2 =:= 1 end, Q), queue:filter(fun(N) -> [N, N] end, Q2), queue:drop(Q), queue:drop_r(Q), queue:in_r(0, Q), queue:delete(3, Q), queue:delete_r(9, Q), queue:delete_with(fun(N) -> N > 4 end, Q), queue:filtermap(fun(N) -> N > 5 andalso {true, {N}} end, Q)]]]),
    {B, C} = queue:split(3, Q),
    io:format("~w~n", [{queue:to_list(B), queue:to_list(C), queue:member(3, Q), queue:all(fun is_integer/1, Q), queue:any(fun is_atom/1, Q), queue:fold(fun(X, S) -> X + S end, 0, Q)}]),
    io:format("~w~n", [{queue:head(queue:cons(h, Q)), queue:last(queue:snoc(Q, l)), queue:to_list(queue:init(Q)), queue:to_list(queue:tail(Q)), queue:daeh(Q), queue:to_list(queue:liat(Q))}]),
    io:format("~w~n", [[try F() catch E:R -> {E, R} end || F <- [fun() -> queue:get(queue:new()) end, fun() -> queue:drop(queue:new()) end, fun() -> queue:in(1, x) end, fun() -> queue:split(9, Q) end, fun() -> queue:len([1]) end]]]),
    io:format("~w~n", [{queue:from_list([1, 2, 3]), queue:is_queue({[], []}), queue:is_queue(x)}]).
