%% Leftist heaps: merging, sorting by them, and a stream of events in order of time.
%% tier: 2
-module(heaps).
-export([main/0]).

main() ->
    Numbers = [(I * I * 31 + 17) rem 997 || I <- lists:seq(1, 500)],
    Heap = lists:foldl(fun(X, H) -> merge({1, X, nil, nil}, H) end, nil, Numbers),
    Sorted = drain(Heap),
    io:format("~w ~w~n", [Sorted =:= lists:sort(Numbers), lists:sublist(Sorted, 20)]),
    io:format("~w~n", [simulate(from([{0, {arrive, 1}}, {3, {arrive, 2}}, {1, tick}, {10, stop}]), [])]),
    io:format("~w~n", [rank(Heap)]).

from(Events) -> lists:foldl(fun(X, H) -> merge({1, X, nil, nil}, H) end, nil, Events).

rank(nil) -> 0;
rank({R, _, _, _}) -> R.

merge(nil, H) -> H;
merge(H, nil) -> H;
merge({_, X, L1, R1}, {_, Y, _, _} = H2) when X =< Y -> make(X, L1, merge(R1, H2));
merge(H1, {_, Y, L2, R2}) -> make(Y, L2, merge(H1, R2)).

make(X, A, B) ->
    case rank(A) >= rank(B) of
        true -> {rank(B) + 1, X, A, B};
        false -> {rank(A) + 1, X, B, A}
    end.

drain(nil) -> [];
drain({_, X, L, R}) -> [X | drain(merge(L, R))].

simulate({_, {T, stop}, _, _}, Log) -> lists:reverse([{T, stop} | Log]);
simulate({_, {T, E}, L, R}, Log) ->
    Rest = merge(L, R),
    New = case E of
              {arrive, N} -> from([{T + N * 2, {leave, N}}]);
              tick -> from([{T + 2, tick}]);
              {leave, _} -> nil
          end,
    simulate(merge(Rest, New), [{T, E} | Log]).
