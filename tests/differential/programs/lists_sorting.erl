%% Sorting and merging with the lists module, a hundred thousand items too.
%% tier: 3
-module(lists_sorting).
-export([main/0]).

main() ->
    L = [5, 3, 9, 1, 3, 7, 5, 0, -2, 9],
    T = [{b, 2}, {a, 1}, {c, 3}, {a, 0}, {b, 1}, {d}, {a, 1.0}],
    K = [{b, 2}, {a, 1}, {c, 3}, {a, 0}, {b, 1}],
    p([lists:sort(L), lists:usort(L), lists:reverse(lists:sort(L)), lists:sort(fun(A, B) -> A >= B end, L), lists:usort(fun(A, B) -> A rem 3 =< B rem 3 end, L)]),
    p([lists:sort(T), lists:keysort(1, K), lists:keysort(2, K), lists:ukeysort(1, K)]),
    p([lists:merge([1, 3, 5], [2, 4, 6]), lists:merge([[1, 4], [2, 5], [0, 9]]), lists:umerge([1, 2, 3], [2, 3, 4]), lists:umerge([[1, 2], [2, 3], [1, 3]]), lists:merge3([1], [0], [2]), lists:umerge3([1], [1], [1])]),
    p([lists:merge(fun(A, B) -> A >= B end, [5, 3], [4, 2]), lists:keymerge(1, [{a, 1}, {c, 1}], [{b, 2}]), lists:ukeymerge(1, [{a, 1}], [{a, 2}, {b, 2}]), lists:rkeymerge(1, [{c, 1}, {a, 1}], [{b, 1}]), lists:rmerge([3, 1], [2])]),
    R = random(100000, 42, []),
    S = lists:sort(R),
    p([ordered(S), erlang:phash2(S), length(lists:usort(R)), hd(S), lists:last(S)]),
    p(lists:sort(fun(A, B) -> A =< B end, R) =:= S),
    p(lists:reverse(lists:sort(fun(A, B) -> A >= B end, R)) =:= S),
    Keyed = [{X rem 100, I} || {X, I} <- lists:zip(R, lists:seq(1, length(R)))],
    KS = lists:keysort(1, Keyed),
    p([stable(KS), erlang:phash2(KS)]),
    p([length(lists:ukeysort(1, Keyed)), lists:sublist(lists:ukeysort(1, Keyed), 5)]),
    p([ordered(lists:merge([lists:sort(C) || C <- chunks(R, 7777)])), lists:umerge([lists:usort(C) || C <- chunks(R, 7777)]) =:= lists:usort(R)]),
    p([quick(R) =:= S, merge_sort(R) =:= S, heap_sort(lists:sublist(R, 5000)) =:= lists:sort(lists:sublist(R, 5000))]),
    p(lists:sort([[b, a], [a, b], [a], [], [b]])),
    p([lists:sort([1.0, 1, 2, 0.5]), lists:sort([1, 1.0]), lists:usort([1, 1.0, 1]), lists:keysort(1, [{1.0, a}, {1, b}])]),
    p([ordered(lists:sort(lists:seq(1, 1000))), ordered(lists:sort(lists:seq(1000, 1, -1)))]),
    p([try F() catch C:E -> {C, E} end || F <- [fun() -> lists:sort([a | b]) end, fun() -> lists:sort(x) end, fun() -> lists:keysort(0, [{a}]) end, fun() -> lists:keysort(2, [{a}, {b}]) end]]).

random(0, _, A) -> A;
random(N, S, A) -> X = (S * 1103515245 + 12345) band 16#7FFFFFFF, random(N - 1, X, [X bsr 8 | A]).
ordered([A, B | T]) -> A =< B andalso ordered([B | T]);
ordered(_) -> true.
stable([{A, I}, {A, J} | T]) -> I < J andalso stable([{A, J} | T]);
stable([_ | T]) -> stable(T);
stable([]) -> true.
chunks([], _) -> [];
chunks(L, N) -> {A, B} = lists:split(min(N, length(L)), L), [A | chunks(B, N)].
quick([]) -> [];
quick([P | T]) -> {A, B} = lists:partition(fun(X) -> X < P end, T), quick(A) ++ [P | quick(B)].
merge_sort([]) -> []; merge_sort([X]) -> [X];
merge_sort(L) -> {A, B} = lists:split(length(L) div 2, L), lists:merge(merge_sort(A), merge_sort(B)).
heap_sort(L) -> drain(lists:foldl(fun(X, H) -> meld({X, []}, H) end, nil, L)).
drain(nil) -> [];
drain({X, Kids}) -> [X | drain(pairs(Kids))].
meld(nil, B) -> B;
meld(A, nil) -> A;
meld({X, A}, {Y, B}) when X =< Y -> {X, [{Y, B} | A]};
meld(A, {Y, B}) -> {Y, [A | B]}.
pairs([]) -> nil;
pairs([A]) -> A;
pairs([A, B | T]) -> meld(meld(A, B), pairs(T)).
p(X) -> io:format("~p~n", [X]).
