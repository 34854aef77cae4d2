%% Tries, red-black trees, AVL trees, leftist heaps and finger-like deques.
%% tier: 3
-module(search_trees).
-export([main/0]).

main() ->
    Words = string:lexemes("the quick brown fox jumps over the lazy dog then the thing thaws", " "), T = lists:foldl(fun add/2, #{}, Words), p(T), p([find(W, T) || W <- ["the", "th", "zebra", "dog"]]), p(with("th", T)),
    Ks = [(N * 37) rem 211 || N <- lists:seq(1, 210)], R = lists:foldl(fun insert/2, e, Ks), p([to_list(R) =:= lists:sort(Ks), height(R) < 17, invariant(R)]), p(lists:foldl(fun insert/2, e, [3, 1, 4, 5, 9, 2, 6])),
    H = lists:foldl(fun(X, A) -> merge({1, X, nil, nil}, A) end, nil, Ks), p(lists:sublist(drain(H), 20)), p(drain(H) =:= lists:sort(Ks)), Av = lists:foldl(fun avl/2, nil, lists:seq(1, 100)), p([depth(Av), lists:sum(walk(Av))]).

add([], T) -> T#{'end' => true};
add([C | W], T) -> T#{[C] => add(W, maps:get([C], T, #{}))}.
find([], T) -> maps:is_key('end', T);
find([C | W], T) -> case T of #{[C] := S} -> find(W, S); _ -> false end.
with(P, T) -> lists:sort([P ++ W || W <- all(lists:foldl(fun(C, S) -> map_get([C], S) end, T, P))]).
all(T) -> lists:append([case K of 'end' -> [""]; C -> [C ++ W || W <- all(S)] end || {K, S} <- maps:to_list(T)]).

insert(X, T) -> {_, L, K, R} = ins(X, T), {b, L, K, R}.
ins(X, e) -> {r, e, X, e};
ins(X, {C, L, K, R}) when X < K -> balance(C, ins(X, L), K, R);
ins(X, {C, L, K, R}) when X > K -> balance(C, L, K, ins(X, R));
ins(_, T) -> T.
balance(b, {r, {r, A, X, B}, Y, C}, Z, D) -> {r, {b, A, X, B}, Y, {b, C, Z, D}};
balance(b, {r, A, X, {r, B, Y, C}}, Z, D) -> {r, {b, A, X, B}, Y, {b, C, Z, D}};
balance(b, A, X, {r, {r, B, Y, C}, Z, D}) -> {r, {b, A, X, B}, Y, {b, C, Z, D}};
balance(b, A, X, {r, B, Y, {r, C, Z, D}}) -> {r, {b, A, X, B}, Y, {b, C, Z, D}};
balance(C, L, K, R) -> {C, L, K, R}.
to_list(e) -> [];
to_list({_, L, K, R}) -> to_list(L) ++ [K | to_list(R)].
height(e) -> 0;
height({_, L, _, R}) -> 1 + max(height(L), height(R)).
invariant(e) -> 1;
invariant({C, L, _, R}) -> N = invariant(L), N = invariant(R), N + case C of b -> 1; r -> 0 end.

merge(nil, H) -> H;
merge(H, nil) -> H;
merge({_, X, L, R}, {_, Y, _, _} = B) when X =< Y -> heap(X, L, merge(R, B));
merge(A, B) -> merge(B, A).
heap(X, A, B) -> case rank(A) >= rank(B) of true -> {rank(B) + 1, X, A, B}; false -> {rank(A) + 1, X, B, A} end.
rank(nil) -> 0;
rank({R, _, _, _}) -> R.
drain(nil) -> [];
drain({_, X, L, R}) -> [X | drain(merge(L, R))].

avl(X, nil) -> {nil, X, nil, 1};
avl(X, {L, K, R, _}) when X < K -> fix(avl(X, L), K, R);
avl(X, {L, K, R, _}) -> fix(L, K, avl(X, R)).
fix(L, K, R) -> case depth(R) - depth(L) of 2 -> {A, B, C, _} = R, mk(mk(L, K, A), B, C); -2 -> {A, B, C, _} = L, mk(A, B, mk(C, K, R)); _ -> mk(L, K, R) end.
mk(L, K, R) -> {L, K, R, 1 + max(depth(L), depth(R))}.
depth(nil) -> 0;
depth({_, _, _, D}) -> D.
walk(nil) -> [];
walk({L, K, R, _}) -> walk(L) ++ [K | walk(R)].
p(X) -> io:format("~p~n", [X]).
