%% Long arithmetic with known answers and identities.
%% tier: 2
-module(bignum_work).
-export([main/0, id/1]).

main() ->
    io:format("2^1000 = ~p~n", [1 bsl id(1000)]),
    F300 = factorial(300),
    io:format("300! = ~p~n", [F300]),
    io:format("digits ~p, sum of digits ~p~n", [length(integer_to_list(F300)), lists:sum([D - $0 || D <- integer_to_list(F300)])]),
    Ns = random(40, 12345, []),
    io:format("~p~n", [lists:all(fun({A, B}) -> (A div B) * B + A rem B =:= A andalso abs(A rem B) < abs(B) end,
                                 [{A, B} || A <- Ns, B <- Ns, B =/= 0])]),
    io:format("~p~n", [lists:all(fun({A, B}) -> (A + B) * (A - B) =:= A * A - B * B end, [{A, B} || A <- Ns, B <- Ns])]),
    io:format("~p~n", [lists:all(fun({A, B}) -> (A band B) + (A bor B) =:= A + B andalso (A bxor B) =:= (A bor B) - (A band B) end,
                                 [{A, B} || A <- Ns, B <- Ns])]),
    io:format("~p~n", [lists:all(fun({A, S}) -> (A bsl S) bsr S =:= A andalso A bsr S =:= floor_div(A, 1 bsl S) end,
                                 [{A, S} || A <- Ns, S <- [1, 31, 32, 63, 64, 65, 200]])]),
    io:format("~p~n", [erlang:phash2([X * Y || X <- Ns, Y <- Ns])]),
    io:format("~p~n", [lists:foldl(fun(X, Acc) -> (Acc * 31 + X) rem ((1 bsl 127) - 1) end, 7, Ns)]),
    io:format("gcd ~p~n", [gcd(factorial(60), power(6, 80) * 77)]),
    io:format("modpow ~p~n", [modpow(3, (1 bsl 521) - 2, (1 bsl 521) - 1)]),
    io:format("isqrt(2*10^200) ~p~n", [isqrt(2 * power(10, 200))]),
    io:format("pi ~s~n", [pi_digits(120)]),
    io:format("fib(1000) ~p~n", [fib(1000, 0, 1)]),
    io:format("miller-rabin ~p~n", [[P || P <- [101, 561, 7919, 1000003, (1 bsl 61) - 1, (1 bsl 89) - 1, (1 bsl 90) - 1, (1 bsl 127) - 1], prime(P)]]),
    Huge = power(id(10), 2000),
    io:format("~p ~p~n", [(Huge * Huge) div power(10, 3999), (Huge + 1) * (Huge - 1) =:= Huge * Huge - 1]),
    io:format("~p~n", [[catch_(fun() -> 1 bsl id(1 bsl 70) end), catch_(fun() -> id(0) bsl (1 bsl 70) end), catch_(fun() -> id(5) bsr (1 bsl 70) end),
                        catch_(fun() -> id(-5) bsr (1 bsl 70) end)]]).

id(X) -> X.

factorial(0) -> 1;
factorial(N) -> N * factorial(N - 1).

power(_, 0) -> 1;
power(B, N) when N band 1 =:= 0 -> H = power(B, N bsr 1), H * H;
power(B, N) -> B * power(B, N - 1).

gcd(A, 0) -> A;
gcd(A, B) -> gcd(B, A rem B).

modpow(_, 0, _) -> 1;
modpow(B, E, M) when E band 1 =:= 0 -> modpow(B * B rem M, E bsr 1, M);
modpow(B, E, M) -> B * modpow(B, E - 1, M) rem M.

isqrt(N) -> isqrt(N, N).
isqrt(N, X) ->
    case (X + N div X) bsr 1 of
        Y when Y >= X -> X;
        Y -> isqrt(N, Y)
    end.

floor_div(A, B) ->
    case A rem B of
        R when R < 0 -> A div B - 1;
        _ -> A div B
    end.

fib(0, A, _) -> A;
fib(N, A, B) -> fib(N - 1, B, A + B).

%% Machin's formula in fixed point.
pi_digits(N) ->
    One = power(10, N + 10),
    Pi = 4 * (4 * arctan(5, One) - arctan(239, One)),
    integer_to_list(Pi div power(10, 10)).

arctan(X, One) -> arctan(One div X, X * X, 1, 1, 0).
arctan(0, _, _, _, Sum) -> Sum;
arctan(T, X2, N, Sign, Sum) -> arctan(T div X2, X2, N + 2, -Sign, Sum + Sign * (T div N)).

prime(N) -> lists:all(fun(A) -> A >= N orelse witness(A, N) end, [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]).

witness(A, N) ->
    {D, S} = split(N - 1, 0),
    squares(modpow(A, D, N), S, N).

split(D, S) when D band 1 =:= 0 -> split(D bsr 1, S + 1);
split(D, S) -> {D, S}.

squares(1, _, _) -> true;
squares(X, _, N) when X =:= N - 1 -> true;
squares(_, S, _) when S =< 1 -> false;
squares(X, S, N) -> case X * X rem N of 1 -> false; Y -> squares(Y, S - 1, N) end.

random(0, _, Acc) -> Acc;
random(N, Seed, Acc) ->
    X = (Seed * 6364136223846793005 + 1442695040888963407) band ((1 bsl 64) - 1),
    V = power(X, N rem 6 + 1) bsr (N * 3 rem 40),
    random(N - 1, X, [case N rem 2 of 0 -> V; 1 -> -V end | Acc]).

catch_(F) -> try F() catch C:R -> {C, R} end.
