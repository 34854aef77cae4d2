%% Large maps: growth, shrinking, collisions of like keys, equality, order.
%% tier: 2
-module(maps_large).
-export([main/0]).

main() ->
    Ns = lists:seq(1, 20000),
    M = lists:foldl(fun(N, A) -> A#{N => -N} end, #{}, Ns),
    p(map_size(M)),
    p(lists:all(fun(N) -> map_get(N, M) =:= -N end, Ns)),
    Down = lists:foldl(fun(N, A) -> maps:remove(N, A) end, M, lists:seq(2, 20000, 2)),
    p({map_size(Down), maps:is_key(2, Down), maps:get(3, Down)}),
    Few = lists:foldl(fun(N, A) -> maps:remove(N, A) end, M, lists:seq(21, 20000)),
    p(Few),
    p(Few =:= maps:from_list([{N, -N} || N <- lists:seq(1, 20)])),
    p(lists:foldl(fun(N, A) -> maps:remove(N, A) end, M, Ns) =:= #{}),
    p(maps:from_list([{N, -N} || N <- lists:reverse(Ns)]) =:= M),
    Keys = [[K, {K}, integer_to_binary(K), integer_to_list(K), float(K), K bsl 64, list_to_atom("k" ++ integer_to_list(K)), #{K => K}, <<K:13>>] || K <- lists:seq(1, 100)],
    Mixed = maps:from_list([{K, V} || {K, V} <- lists:zip(lists:append(Keys), lists:seq(1, 900))]),
    p({map_size(Mixed), [maps:get(K, Mixed) || K <- hd(Keys)], [maps:get(K, Mixed) || K <- lists:last(Keys)]}),
    p(erlang:phash2(Mixed)),
    p(erlang:phash2(M)),
    Words = [[C1, C2, C3] || C1 <- "abcdefgh", C2 <- "abcdefgh", C3 <- "abcdefgh"],
    W = lists:foldl(fun(K, A) -> maps:update_with(lists:sort(K), fun(V) -> V + 1 end, 1, A) end, #{}, Words),
    p({map_size(W), maps:get("abc", W), maps:get("aab", W), maps:get("aaa", W)}),
    p(lists:sort([{V, K} || {K, V} <- maps:to_list(W), V =:= 1])),
    p([M < Down, Down < M, M == M#{1 => -1}, M =:= M#{1 => -1.0}, M == M#{1 => -1.0}]),
    p(M#{1 := one, 2 := two, 99999 => new} =:= maps:merge(M, #{1 => one, 2 => two, 99999 => new})),
    #{17 := A, 4242 := B, 19999 := C} = M,
    p({A, B, C}),
    p(case M of #{nokey := _} -> bad; #{1 := -1, 20000 := Z} -> Z end),
    p([try M#{nokey := 1} catch error:{badkey, K} -> K end]),
    p(maps:size(maps:filter(fun(K, V) -> K + V =:= 0 end, M))),
    p(binary_to_term(term_to_binary(M)) =:= M),
    p(length(lists:usort([erlang:phash2(maps:from_list([{X, Y}])) || X <- lists:seq(1, 40), Y <- lists:seq(1, 40)]))),
    Nested = lists:foldl(fun(N, A) -> A#{N rem 10 => maps:put(N, x, maps:get(N rem 10, A, #{}))} end, #{}, lists:seq(1, 1000)),
    p([{K, map_size(V)} || {K, V} <- lists:sort(maps:to_list(Nested))]),
    Self = self(),
    spawn(fun() -> receive Map -> Self ! {Map =:= M, map_size(Map)} end end) ! M,
    p(receive R -> R end).

p(X) -> io:format("~p~n", [X]).
