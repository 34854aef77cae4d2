%% Arbitrary-precision integers: all four operations, comparison, text.
%% tier: 0
-module(core_bignums).
-export([main/0, id/1]).

main() ->
    A = power(id(2), 1000),
    B = power(id(3), 300),
    C = power(id(10), 50) + 7,
    erlang:display(A),
    erlang:display(B),
    erlang:display({A + B, A - B, B - A}),
    erlang:display(A * B),
    erlang:display({A div B, A rem B}),
    erlang:display({-A div B, -A rem B, A div -B, A rem -B}),
    erlang:display((A div B) * B + A rem B =:= A),
    erlang:display({B div C, B rem C, C div 7, C rem 7, C div 1000000007, C rem 1000000007}),
    erlang:display({A > B, A < B, -A < -B, A =:= A, A == B, A =/= A + 1}),
    erlang:display({A - A, A - (A - 1), A div A, A rem A}),
    erlang:display(power(-7, 33)),
    erlang:display(factorial(100)),
    erlang:display(length(integer_to_list(factorial(500)))),
    erlang:display(factorial(120) div factorial(118)),
    erlang:display(integer_to_list(C, 16)),
    erlang:display(list_to_integer("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 16)),
    erlang:display(list_to_integer("-123456789012345678901234567890")),
    erlang:display(integer_to_binary(B, 36)),
    erlang:display({is_integer(A), is_number(A), is_float(A)}),
    erlang:display(float(id(1) bsl 80)),
    erlang:display(trunc(id(1.0e30))),
    erlang:display(fib(300, 0, 1)),
    erlang:display(modpow(id(123456789), 98765432109876543210, 1000000000000000003)),
    erlang:display(isqrt(C)),
    erlang:display(try A div id(0) catch K:R -> {K, R} end),
    ok.

id(X) -> X.

power(_, 0) -> 1;
power(X, N) when N rem 2 =:= 0 -> H = power(X, N div 2), H * H;
power(X, N) -> X * power(X, N - 1).

factorial(0) -> 1;
factorial(N) -> N * factorial(N - 1).

fib(0, A, _) -> A;
fib(N, A, B) -> fib(N - 1, B, A + B).

modpow(_, 0, _) -> 1;
modpow(B, E, M) when E band 1 =:= 0 -> modpow(B * B rem M, E bsr 1, M);
modpow(B, E, M) -> B * modpow(B, E - 1, M) rem M.

isqrt(N) -> isqrt(N, N).

isqrt(N, X) ->
    case (X + N div X) div 2 of
        Y when Y >= X -> X;
        Y -> isqrt(N, Y)
    end.
