%% Strict and short-circuit operators, comparisons as values, truth tables.
%% tier: 1
-module(boolean_logic).
-export([main/0, id/1]).

main() ->
    B = [true, false],
    [erlang:display({F, [F2(X, Y) || X <- B, Y <- B]}) || {F, F2} <- [{'and', fun(X, Y) -> X and Y end}, {'or', fun(X, Y) -> X or Y end}, {'xor', fun(X, Y) -> X xor Y end}, {'andalso', fun(X, Y) -> X andalso Y end}, {'orelse', fun(X, Y) -> X orelse Y end}, {'==', fun(X, Y) -> X == Y end}, {'<', fun(X, Y) -> X < Y end}]],
    erlang:display([id(false) andalso error(never), id(true) orelse error(never), id(true) andalso value, id(false) orelse {t, 1}, not id(false)]),
    erlang:display([try F() catch C:R -> {C, R} end || F <- [fun() -> id(1) and true end, fun() -> id(a) andalso b end, fun() -> not id(0) end, fun() -> id([]) orelse true end, fun() -> if id == x -> 1 end end]]),
    erlang:display([(id(1) < id(2)) =:= true, (id(a) =:= id(b)) =:= false, id(1) == id(1.0), is_boolean(id(1) > 2)]),
    erlang:display([classify(X, Y) || X <- [0, 5, 10], Y <- [0, 5, 10]]).

id(X) -> X.
classify(X, Y) when X > 3, Y > 3; X =:= Y -> both;
classify(X, Y) when (X > 3) xor (Y > 3), not (X =:= 10) -> one;
classify(_, _) -> none.
