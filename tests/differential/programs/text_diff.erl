%% Myers' difference of lines, applied and reversed.
%% tier: 2
-module(text_diff).
-export([main/0]).

main() ->
    A = string:split("one\ntwo\nthree\nfour\nfive\nsix\nseven", "\n", all),
    B = string:split("one\n2\nthree\nfive\nsix\nsix and a half\nseven\neight", "\n", all),
    Script = diff(A, B),
    [io:format("~c ~s~n", [mark(Op), Line]) || {Op, Line} <- Script],
    io:format("~w ~w~n", [patch(A, Script) =:= B, patch(B, reverse(Script)) =:= A]),
    Long1 = [integer_to_list((X * X) rem 13) || X <- lists:seq(1, 60)],
    Long2 = [integer_to_list((X * X * X) rem 13) || X <- lists:seq(1, 60)],
    S = diff(Long1, Long2),
    io:format("~w ~w~n", [length([x || {Op, _} <- S, Op =/= keep]), patch(Long1, S) =:= Long2]),
    io:format("~w~n", [[diff("", "ab"), diff("ab", ""), diff("", "")]]).

mark(keep) -> $\s;
mark(add) -> $+;
mark(remove) -> $-.

diff(A, B) -> furthest(0, #{1 => {0, []}}, list_to_tuple(A), list_to_tuple(B)).

furthest(D, V, A, B) ->
    case step(-D, D, V, A, B) of
        {done, Script} -> lists:reverse(Script);
        V1 -> furthest(D + 1, V1, A, B)
    end.

step(K, D, V, _, _) when K > D -> V;
step(K, D, V, A, B) ->
    Down = K =:= -D orelse (K =/= D andalso x(K - 1, V) < x(K + 1, V)),
    {X0, Script0} = case Down of
        true -> {X, S} = maps:get(K + 1, V), {X, add(X - K, S, B)};
        false -> {X, S} = maps:get(K - 1, V), {X + 1, remove(X + 1, S, A)}
    end,
    {X1, Script1} = snake(X0, X0 - K, Script0, A, B),
    case X1 =:= tuple_size(A) andalso X1 - K =:= tuple_size(B) of
        true -> {done, Script1};
        false -> step(K + 2, D, V#{K => {X1, Script1}}, A, B)
    end.

x(K, V) -> case V of #{K := {X, _}} -> X; _ -> -1 end.

add(Y, S, B) when Y >= 1, Y =< tuple_size(B) -> [{add, element(Y, B)} | S];
add(_, S, _) -> S.

remove(X, S, A) when X =< tuple_size(A) -> [{remove, element(X, A)} | S];
remove(_, S, _) -> S.

snake(X, Y, S, A, B) when X < tuple_size(A), Y < tuple_size(B), Y >= 0, element(X + 1, A) =:= element(Y + 1, B) ->
    snake(X + 1, Y + 1, [{keep, element(X + 1, A)} | S], A, B);
snake(X, _, S, _, _) -> {X, S}.

patch(Lines, [{keep, L} | S]) -> [L | patch(tl(Lines), S)];
patch(Lines, [{add, L} | S]) -> [L | patch(Lines, S)];
patch([_ | Lines], [{remove, _} | S]) -> patch(Lines, S);
patch([], []) -> [].

reverse(Script) -> [{case Op of add -> remove; remove -> add; keep -> keep end, L} || {Op, L} <- Script].
