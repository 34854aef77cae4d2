%% Fibonacci numbers by doubling, factorials by products of halves, digits of pi and e: integers of thousands of digits.
%% tier: 2
-module(big_fibonacci).
-export([main/0]).

main() ->
    io:format("~w~n~w~n", [element(1, fib(100)), element(1, fib(1000))]),
    F = element(1, fib(20000)),
    io:format("~w ~w~n", [length(integer_to_list(F)), F rem 1000000007]),
    io:format("~w~n", [element(1, fib(301)) * element(1, fib(299)) - element(1, fib(300)) * element(1, fib(300))]),
    io:format("~w~n", [product(1, 60)]),
    Fact = product(1, 1500),
    io:format("~w ~w~n", [length(integer_to_list(Fact)), erlang:phash2(Fact)]),
    io:format("~w~n", [pi(120)]),
    io:format("~w~n", [e(100)]),
    io:format("~w~n", [root(2 * power(10, 120))]),
    io:format("~w~n", [Fact div product(1, 1498) =:= 1500 * 1499]),
    io:format("~s~n", [integer_to_list(element(1, fib(150)), 36)]).

%% {F(N), F(N+1)}
fib(0) -> {0, 1};
fib(N) ->
    {A, B} = fib(N bsr 1),
    C = A * (2 * B - A),
    D = A * A + B * B,
    if N band 1 =:= 0 -> {C, D}; true -> {D, C + D} end.

product(N, N) -> N;
product(A, B) -> M = (A + B) div 2, product(A, M) * product(M + 1, B).

pi(Digits) ->
    One = power(10, Digits + 10),
    (4 * (4 * arctan(5, One) - arctan(239, One))) div power(10, 10).
arctan(X, One) -> arctan(X * X, One div X, 1, 1, 0).
arctan(_, 0, _, _, Sum) -> Sum;
arctan(X2, Term, N, Sign, Sum) -> arctan(X2, Term div X2, N + 2, -Sign, Sum + Sign * (Term div N)).

e(Digits) -> One = power(10, Digits + 10), e(One, 1, 0) div power(10, 10).
e(0, _, Sum) -> Sum;
e(Term, N, Sum) -> e(Term div N, N + 1, Sum + Term).

root(N) -> root(N, N).
root(N, X) -> case (X + N div X) div 2 of Y when Y >= X -> X; Y -> root(N, Y) end.

power(_, 0) -> 1;
power(B, N) when N band 1 =:= 1 -> B * power(B, N - 1);
power(B, N) -> H = power(B, N div 2), H * H.
