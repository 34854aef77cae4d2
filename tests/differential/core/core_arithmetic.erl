%% Integer arithmetic on small integers, and the step over their limits.
%% tier: 0
-module(core_arithmetic).
-export([main/0, id/1]).

main() ->
    A = id(17), B = id(5), C = id(-17),
    erlang:display({A + B, A - B, A * B, A div B, A rem B}),
    erlang:display({C + B, C - B, C * B, C div B, C rem B}),
    erlang:display({A div id(-5), A rem id(-5), C div id(-5), C rem id(-5)}),
    erlang:display({-A, -C, +A, abs(C), abs(A)}),
    erlang:display({A =:= 17, A =/= B, A < B, A > B, A =< 17, A >= 18}),
    erlang:display({max(A, B), min(A, B)}),
    Largest = id(576460752303423487),
    Smallest = id(-576460752303423488),
    erlang:display({Largest, Largest + 1, Largest + 1 - 1}),
    erlang:display({Smallest, Smallest - 1, Smallest - 1 + 1}),
    erlang:display({-Smallest, abs(Smallest), Smallest div -1, Smallest rem -1}),
    erlang:display({Largest * 2, Largest * -2, Smallest * -1, Largest * Largest}),
    erlang:display({1 bsl id(58), 1 bsl id(59), 1 bsl id(60), 1 bsl id(63), 1 bsl id(64)}),
    erlang:display(sum(100000, 0)),
    erlang:display(factorial(20)),
    erlang:display(factorial(25)),
    erlang:display(gcd(1071, 462)),
    erlang:display(fibonacci(24)),
    erlang:display(collatz(27, 0)),
    erlang:display(digits(id(9876543210), [])),
    erlang:display([catch_class(fun() -> A div id(0) end),
                    catch_class(fun() -> A rem id(0) end),
                    catch_class(fun() -> A + id(a) end),
                    catch_class(fun() -> -id([]) end)]),
    ok.

id(X) -> X.

sum(0, S) -> S;
sum(N, S) -> sum(N - 1, S + N).

factorial(0) -> 1;
factorial(N) -> N * factorial(N - 1).

gcd(A, 0) -> A;
gcd(A, B) -> gcd(B, A rem B).

fibonacci(N) when N < 2 -> N;
fibonacci(N) -> fibonacci(N - 1) + fibonacci(N - 2).

collatz(1, Steps) -> Steps;
collatz(N, Steps) when N rem 2 =:= 0 -> collatz(N div 2, Steps + 1);
collatz(N, Steps) -> collatz(3 * N + 1, Steps + 1).

digits(0, Acc) -> Acc;
digits(N, Acc) -> digits(N div 10, [N rem 10 | Acc]).

catch_class(F) -> try F() catch Class:Reason -> {Class, Reason} end.
