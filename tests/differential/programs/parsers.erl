%% Parser combinators, precedence climbing and a pretty printer.
%% tier: 3
-module(parsers).
-export([main/0]).

main() ->
    [io:format("~s => ~s~n", [S, case expr(tokens(S), 0) of {ok, T, []} -> [show(T), " = ", io_lib:format("~p", [try calc(T) catch error:R -> R end]), " simplified ", show(simplify(T))]; {ok, _, Rest} -> io_lib:format("leftover ~p", [Rest]); {error, E} -> io_lib:format("error ~p", [E]) end])
     || S <- ["1+2*3", "(1+2)*3", "2^3^2", "10-4-3", "-2*-3", "1/0", "1+", "x*1+0", "((((7))))", "2*(3+4)*5-6/2", "1 2", "a+b*c^d", "1.5*4", ")"]],
    P = seq(many(digit()), seq(char($,), many(digit()))), [io:format("~p~n", [P(S)]) || S <- ["12,345rest", "1;2", ",", ""]],
    Csv = "name,age\n\"Smith, J\",42\n\"say \"\"hi\"\"\",7\n", io:format("~p~n", [csv(Csv, [], [], [])]).

tokens([]) -> [];
tokens([C | T]) when C =:= $\s -> tokens(T);
tokens([C | T]) when C >= $a, C =< $z -> [{var, [C]} | tokens(T)];
tokens([C | _] = S) when C >= $0, C =< $9 -> {N, R} = lists:splitwith(fun(X) -> X >= $0 andalso X =< $9 orelse X =:= $. end, S), [{num, try list_to_float(N) catch error:_ -> list_to_integer(N) end} | tokens(R)];
tokens([C | T]) -> [list_to_atom([C]) | tokens(T)].
expr(Ts, Min) -> case prefix(Ts) of {ok, L, R} -> climb(L, R, Min); E -> E end.
prefix([{num, _} = N | T]) -> {ok, N, T};
prefix([{var, _} = V | T]) -> {ok, V, T};
prefix(['-' | T]) -> case expr(T, 5) of {ok, X, R} -> {ok, {neg, X}, R}; E -> E end;
prefix(['(' | T]) -> case expr(T, 0) of {ok, X, [')' | R]} -> {ok, X, R}; {ok, _, R} -> {error, {expected, ')', R}}; E -> E end;
prefix(T) -> {error, {unexpected, T}}.
climb(L, [Op | T] = Ts, Min) ->
    case power(Op) of
        {Lp, Rp} when Lp >= Min -> case expr(T, Rp) of {ok, R, Rest} -> climb({Op, L, R}, Rest, Min); E -> E end;
        _ -> {ok, L, Ts}
    end;
climb(L, [], _) -> {ok, L, []}.
power('+') -> {1, 2}; power('-') -> {1, 2}; power('*') -> {3, 4}; power('/') -> {3, 4}; power('^') -> {7, 6}; power(_) -> none.
calc({num, N}) -> N;
calc({neg, X}) -> -calc(X);
calc({'^', A, B}) -> round(math:pow(calc(A), calc(B)));
calc({Op, A, B}) -> erlang:Op(calc(A), calc(B));
calc({var, V}) -> error({unbound, V}).
simplify({'*', A, B}) -> case {simplify(A), simplify(B)} of {{num, 1}, X} -> X; {X, {num, 1}} -> X; {{num, 0}, _} -> {num, 0}; {X, Y} -> {'*', X, Y} end;
simplify({'+', A, B}) -> case {simplify(A), simplify(B)} of {{num, 0}, X} -> X; {X, {num, 0}} -> X; {{num, X}, {num, Y}} -> {num, X + Y}; {X, Y} -> {'+', X, Y} end;
simplify({neg, {neg, X}}) -> simplify(X);
simplify(T) -> T.
show({num, N}) -> io_lib:format("~p", [N]);
show({var, V}) -> V;
show({neg, X}) -> ["-", show(X)];
show({Op, A, B}) -> ["(", show(A), atom_to_list(Op), show(B), ")"].

char(C) -> fun([X | T]) when X =:= C -> {ok, C, T}; (S) -> {fail, S} end.
digit() -> fun([X | T]) when X >= $0, X =< $9 -> {ok, X - $0, T}; (S) -> {fail, S} end.
many(P) -> fun M(S) -> case P(S) of {ok, V, R} -> {ok, Vs, R2} = M(R), {ok, [V | Vs], R2}; _ -> {ok, [], S} end end.
seq(P, Q) -> fun(S) -> case P(S) of {ok, A, R} -> case Q(R) of {ok, B, R2} -> {ok, {A, B}, R2}; F -> F end; F -> F end end.

csv([], [], [], Rows) -> lists:reverse(Rows);
csv([$" | T], [], Row, Rows) -> quoted(T, [], Row, Rows);
csv([$, | T], F, Row, Rows) -> csv(T, [], [lists:reverse(F) | Row], Rows);
csv([$\n | T], F, Row, Rows) -> csv(T, [], [], [lists:reverse([lists:reverse(F) | Row]) | Rows]);
csv([C | T], F, Row, Rows) -> csv(T, [C | F], Row, Rows).
quoted([$", $" | T], F, Row, Rows) -> quoted(T, [$" | F], Row, Rows);
quoted([$" | T], F, Row, Rows) -> csv(T, F, Row, Rows);
quoted([C | T], F, Row, Rows) -> quoted(T, [C | F], Row, Rows).
