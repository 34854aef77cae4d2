%% Token and leaky buckets over a clock that the test turns, sliding windows in queues.
%% tier: 2
-module(rate_limiting).
-export([main/0]).

main() ->
    Times = [0, 10, 20, 30, 40, 500, 510, 1000, 1001, 1002, 1003, 1004, 2500],
    io:format("~w~n", [run(fun token/2, {3, 0, 3, 0.005}, Times)]),
    io:format("~w~n", [run(fun leaky/2, {[], 3, 100}, Times)]),
    io:format("~w~n", [run(fun window/2, {queue:new(), 4, 1000}, Times)]),
    io:format("~w~n", [backoff(8, 100, 5000)]).

run(F, S0, Times) -> element(1, lists:mapfoldl(fun(T, S) -> F(T, S) end, S0, Times)).

token(T, {Tokens, Last, Max, Rate}) ->
    Have = min(Max, Tokens + (T - Last) * Rate),
    if Have >= 1 -> {ok, {Have - 1, T, Max, Rate}};
       true -> {{wait, ceil((1 - Have) / Rate)}, {Have, T, Max, Rate}}
    end.

leaky(T, {Queue, Size, Every}) ->
    Pending = [D || D <- Queue, D > T],
    case length(Pending) < Size of
        true -> At = max(T, lists:max([T - Every | Pending]) + Every), {{at, At}, {[At | Pending], Size, Every}};
        false -> {full, {Pending, Size, Every}}
    end.

window(T, {Queue, Limit, Span}) ->
    Fresh = drop(Queue, T - Span),
    case queue:len(Fresh) < Limit of
        true -> {ok, {queue:in(T, Fresh), Limit, Span}};
        false -> {{until, queue:get(Fresh) + Span}, {Fresh, Limit, Span}}
    end.
drop(Q, Before) ->
    case queue:peek(Q) of
        {value, T} when T =< Before -> drop(queue:drop(Q), Before);
        _ -> Q
    end.

backoff(N, First, Max) -> [min(Max, First bsl I) || I <- lists:seq(0, N - 1)].
