%% Guards: sequences, failures inside guards, guard BIFs, macros.
%% tier: 2
-module(guards).
-export([main/0, id/1]).
-define(in(X, L, H), X >= L, X =< H).

main() ->
    Values = [0, 5, 15, -1, 1.5, a, true, [], [1, 2, 3], "xyz", {}, {1, 2}, {rec, 7}, <<>>, <<"abc">>, <<7:4>>, #{}, #{a => 5}, fun id/1, self()],
    Fs = [fun range/1, fun semi/1, fun failing/1, fun sizes/1, fun numbers/1, fun element_of/1, fun mapped/1, fun shortcut/1, fun types/1, fun arithmetic/1],
    [io:format("~w~n", [[F(V) || V <- Values]]) || F <- Fs],
    io:format("~w~n", [[bits(N) || N <- lists:seq(0, 9)]]),
    io:format("~w~n", [[compare(A, B) || A <- [1, 2.0, a], B <- [1.0, 2, b]]]),
    io:format("~w~n", [[case V of X when is_atom(X); is_list(X) -> y; _ when V == 5 -> five; _ -> n end || V <- Values]]),
    io:format("~w~n", [[if is_integer(V), V > 3 -> big; is_integer(V) -> small; true -> none end || V <- Values]]),
    io:format("~w~n", [(fun(X, Y) when X < Y -> lt; (X, X) -> eq; (_, _) -> gt end)(2, 2)]),
    io:format("~w~n", [[X || X <- Values, is_number(X), X > 0]]).

id(X) -> X.

range(X) when is_number(X), ?in(X, 0, 9) -> digit;
range(X) when ?in(X, 10, 19) -> teen;
range(_) -> no.

semi(X) when X =:= 5; X =:= a; hd(X) =:= 1 -> yes;
semi(_) -> no.

failing(X) when hd(X) =:= 1; true -> always;
failing(_) -> never.

sizes(X) when length(X) =:= 3 -> three_list;
sizes(X) when tuple_size(X) =:= 2 -> pair;
sizes(X) when byte_size(X) =:= 3 -> three_bytes;
sizes(X) when bit_size(X) =:= 4 -> nibble;
sizes(X) when map_size(X) > 0 -> map;
sizes(X) when size(X) =:= 0 -> empty;
sizes(_) -> other.

numbers(X) when abs(X) =:= 1 -> unit;
numbers(X) when trunc(X) =:= 1 -> around_one;
numbers(X) when X rem 5 =:= 0 -> five;
numbers(X) when round(X) > 0; float(X) > 0.0; floor(X) > 0; ceil(X) > 0 -> positive;
numbers(_) -> other.

element_of(X) when element(1, X) =:= rec, element(2, X) > 5 -> rec;
element_of(X) when element(3, X) =:= 1 -> impossible;
element_of(_) -> no.

mapped(#{a := X}) when X > 3 -> over;
mapped(M) when is_map_key(a, M) -> has_a;
mapped(M) when map_get(b, M) =:= 1 -> b;
mapped(M) when is_map(M), map_size(M) =:= 0 -> empty;
mapped(_) -> no.

shortcut(X) when is_list(X) andalso length(X) > 2 orelse is_tuple(X) andalso tuple_size(X) > 1 -> long;
shortcut(X) when is_integer(X) and (X > 3) -> big;
shortcut(X) when not is_atom(X) -> not_atom;
shortcut(X) when is_boolean(X) xor false -> bool;
shortcut(_) -> atom.

types(X) when is_function(X, 1) -> function1;
types(X) when is_pid(X), X =:= self() -> self;
types(X) when is_bitstring(X), not is_binary(X) -> bits;
types(X) when is_float(X) -> float;
types(X) when X -> true;
types(_) -> other.

arithmetic(X) when X + 1 =:= 1 -> zero;
arithmetic(X) when X * 2 > 20, X div 2 < 100 -> large;
arithmetic(X) when -X > 0 -> negative;
arithmetic(X) when X / 1.5 == 1 -> one_and_half;
arithmetic(_) -> other.

bits(N) when N band 1 =:= 1, N bsr 2 =:= 1 -> odd_upper;
bits(N) when N bor 1 =:= 9; N bxor 3 =:= 0; bnot N =:= -1 -> special;
bits(N) when 1 bsl N > 16 -> high;
bits(_) -> plain.

compare(A, B) when A =:= B -> exact;
compare(A, B) when A == B -> equal;
compare(A, B) when A /= B, A < B -> less;
compare(_, _) -> more.
