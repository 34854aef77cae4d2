%% Pattern matching: clauses, case, if, literals, large selections.
%% tier: 0
-module(core_match).
-export([main/0, id/1]).

main() ->
    erlang:display([number(X) || X <- [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1000000, -5, 1 bsl id(70), 2.0, a]]),
    erlang:display([word(X) || X <- [red, green, blue, cyan, magenta, yellow, black, white, "red", 1]]),
    erlang:display([shape(X) || X <- [{}, {a}, {a, b}, {a, b, c}, {c, b, a}, {x, {y, {z}}}, [], [1], [1, 2], [1 | 2], [{a, 1}, {b, 2}]]]),
    erlang:display([same(A, B) || A <- [1, 1.0, a, {x}], B <- [1, 1.0, a, {x}]]),
    erlang:display([text(X) || X <- ["abc", "abcdef", "xyz", "", <<"bin">>, <<"binary">>, <<>>]]),
    erlang:display([sign(X) || X <- [-3, 0, 4, -0.5, 1.0e10]]),
    erlang:display([big(X) || X <- [12345678901234567890, -12345678901234567890, 1.5, 12345678901234567891]]),
    erlang:display([nested(X) || X <- [{ok, [{a, 1}, {b, 2}]}, {ok, []}, {error, {reason, [x]}}, other]]),
    {X, Y} = {Y0, _} = id({1, 2}),
    erlang:display({X, Y, Y0}),
    [H | [S | _]] = id([1, 2, 3]),
    erlang:display({H, S}),
    erlang:display(case id({1, 2}) of {A1, A1} -> same; {_, _} = T -> {different, T} end),
    erlang:display(if X > Y -> greater; X =:= Y -> equal; true -> less end),
    erlang:display([class(fun() -> number2(id(99)) end), class(fun() -> case id(3) of 1 -> a; 2 -> b end end),
                    class(fun() -> if X > 100 -> no end end), class(fun() -> {a, _} = id({b, 1}) end),
                    class(fun() -> (fun(1) -> one end)(id(2)) end)]),
    ok.

id(X) -> X.

number(0) -> zero;
number(1) -> one;
number(2) -> two;
number(3) -> three;
number(4) -> four;
number(5) -> five;
number(7) -> seven;
number(8) -> eight;
number(9) -> nine;
number(1000000) -> million;
number(-5) -> minus_five;
number(1180591620717411303424) -> two_to_70;
number(2.0) -> float_two;
number(_) -> other.

number2(1) -> one;
number2(2) -> two.

word(red) -> 1;
word(green) -> 2;
word(blue) -> 3;
word(cyan) -> 4;
word(magenta) -> 5;
word(yellow) -> 6;
word(black) -> 7;
word(_) -> unknown.

shape({}) -> empty;
shape({A}) -> {one, A};
shape({a, B}) -> {a_and, B};
shape({a, _, C}) -> {a_third, C};
shape({_, _, _}) -> triple;
shape({x, {y, {Z}}}) -> {deep, Z};
shape([]) -> nil;
shape([X]) -> {single, X};
shape([{K, V} | T]) -> {pair, K, V, length(T)};
shape([_ | T]) when is_list(T) -> proper;
shape([_ | _]) -> improper.

same(X, X) -> same;
same(X, Y) when X == Y -> equal;
same(_, _) -> different.

text("abc") -> abc;
text("abc" ++ Rest) -> {abc_then, Rest};
text([C | _]) -> {starts, C};
text("") -> empty;
text(<<"bin">>) -> bin;
text(<<"bin", Rest/binary>>) -> {bin_then, Rest};
text(<<>>) -> empty_binary.

sign(X) when X < 0 -> negative;
sign(X) when X == 0 -> zero;
sign(X) when X > 0, is_float(X) -> positive_float;
sign(_) -> positive.

big(12345678901234567890) -> a;
big(-12345678901234567890) -> b;
big(1.5) -> c;
big(_) -> d.

nested({ok, [{K, _} | _] = All}) -> {first, K, All};
nested({ok, Empty}) -> {none, Empty};
nested({error, {Why, [What]}}) -> {Why, What};
nested(_) -> neither.

class(F) -> try F() catch C:R -> {C, R} end.
