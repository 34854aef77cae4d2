%% Patterns of every kind, in heads, case, match, funs and generators.
%% tier: 2
-module(pattern_matching).
-export([main/0, id/1]).
-record(r, {a, b = 2, c}).

main() ->
    Terms = [{}, {ok, 1}, {ok, {nested, [1, 2 | tail]}}, {error, "text"}, [], [x], [x, y], [x | y], "prefix: rest", "pre", <<"bin: rest">>, <<1, 2, 3>>,
             #{k => v, n => 1}, #{}, 3, 3.0, 1 bsl id(64), #r{a = 1}, #r{a = 1, b = 1}, {same, q, q}, {same, q, w}, [[1, 2], [3, 4]], atom],
    [io:format("~p -> ~p~n", [T, match(T)]) || T <- Terms],
    {A, {B, [C | D]}, #{k := E}, <<F, G/binary>>} = id({1, {2, [3, 4, 5]}, #{k => 6, z => 0}, <<7, 8, 9>>}),
    io:format("~p~n", [{A, B, C, D, E, F, G}]),
    {X, Y} = {Y2, _} = Whole = id({left, right}),
    io:format("~p~n", [{X, Y, Y2, Whole}]),
    io:format("~p~n", [[case T of {_, _} = P -> {pair, P}; [_ | _] = L -> {list, L}; Z -> Z end || T <- [{1, 2}, [3], 4]]]),
    Bound = id(2),
    io:format("~p~n", [[case V of Bound -> bound; {Bound, Bound} -> both; {Bound, _} -> first; #{Bound := W} -> {mapped, W}; <<Bound, _/bits>> -> byte; _ -> no end
                        || V <- [2, 2.0, {2, 2}, {2, 3}, {3, 2}, #{2 => two}, <<2, 9>>, <<3>>]]]),
    io:format("~p~n", [[P || {P, #{on := true}} <- [{a, #{on => true}}, {b, #{on => false}}, c, {d, #{on => true, x => 1}}]]]),
    io:format("~p~n", [[V || #r{a = V, b = 2} <- [#r{a = 1}, #r{a = 2, b = 3}, {r, 9, 2, x}, {r, 1}]]]),
    Key = id(k), M = #{{Key, 1} => found, Key => plain},
    #{{Key, 1} := Found, Key := Plain} = M,
    io:format("~p ~p~n", [Found, Plain]),
    <<Size:8, Word:Size/binary, Flag:1, Rest/bitstring>> = <<3, "abc", 2#1010:4>>,
    io:format("~p~n", [{Size, Word, Flag, Rest}]),
    "key=" ++ Value = id("key=value"),
    io:format("~s~n", [Value]),
    [io:format("~p~n", [catch_(Fn)]) || Fn <- [fun() -> {a, a} = id({a, b}) end, fun() -> [_] = id([]) end, fun() -> #{zz := _} = id(#{}) end,
                                               fun() -> #r{a = 1} = id(#r{a = 2}) end, fun() -> <<1:4, _:4>> = id(<<32>>) end, fun() -> 1.0 = id(1) end,
                                               fun() -> "ab" ++ _ = id("ac") end, fun() -> only_ok(id({error, x})) end]],
    io:format("~p~n", [[day(N) || N <- lists:seq(0, 8)]]),
    io:format("~p~n", [tree_insert_all([5, 2, 8, 1, 9, 3])]),
    io:format("~p~n", [[atom_class(T) || T <- [a, b, c, d, e, f, g, h, i, j, 'Z', '']]]).

id(X) -> X.

match({}) -> empty_tuple;
match({ok, {nested, [First, _ | Tail]}}) -> {nested, First, Tail};
match({ok, V}) -> {ok_value, V};
match({error, [C | _]}) -> {error_starting, [C]};
match(#r{a = V, b = 2}) -> {record_default, V};
match(#r{b = B}) -> {record, B};
match({same, Q, Q}) -> {same, Q};
match({_, _, _}) -> three;
match("prefix: " ++ Rest) -> {prefixed, Rest};
match([[A, B], [C, D]]) -> {matrix, A * D - B * C};
match([_]) -> one;
match([_, _]) -> two;
match([_ | T]) when not is_list(T) -> {improper, T};
match([_ | _]) -> many;
match([]) -> nil;
match(<<"bin: ", Rest/binary>>) -> {binary_prefix, Rest};
match(<<A, B:16>>) -> {three_bytes, A, B};
match(#{k := V, n := N}) -> {map, V, N};
match(#{}) -> some_map;
match(3) -> three_integer;
match(3.0) -> three_float;
match(N) when is_integer(N) -> integer;
match(_) -> other.

only_ok({ok, X}) -> X.

day(1) -> mon; day(2) -> tue; day(3) -> wed; day(4) -> thu; day(5) -> fri;
day(N) when N =:= 6; N =:= 7 -> weekend;
day(_) -> none.

atom_class(a) -> 1; atom_class(c) -> 2; atom_class(e) -> 3; atom_class(g) -> 4; atom_class(i) -> 5; atom_class('Z') -> 6; atom_class('') -> 7;
atom_class(_) -> 0.

tree_insert_all(L) -> lists:foldl(fun insert/2, nil, L).

insert(X, nil) -> {nil, X, nil};
insert(X, {L, Y, R}) when X < Y -> {insert(X, L), Y, R};
insert(X, {L, Y, R}) when X > Y -> {L, Y, insert(X, R)};
insert(_, Same) -> Same.

catch_(F) -> try F() catch C:R -> {C, R} end.
