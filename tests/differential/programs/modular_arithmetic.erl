%% Powers modulo large numbers, the extended Euclid, Chinese remainders, RSA with small keys, Miller-Rabin.
%% tier: 2
-module(modular_arithmetic).
-export([main/0]).

main() ->
    io:format("~w~n", [[power(3, N, 1000007) || N <- [0, 1, 10, 1000, 1 bsl 70]]]),
    io:format("~w~n", [[euclid(A, B) || {A, B} <- [{240, 46}, {17, 3120}, {1 bsl 80, 3 bsl 20}, {0, 5}]]]),
    io:format("~w~n", [chinese([{2, 3}, {3, 5}, {2, 7}])]),
    P = 170141183460469231731687303715884105727,
    Q = 2305843009213693951,
    N = P * Q,
    E = 65537,
    {1, D0, _} = euclid(E, (P - 1) * (Q - 1)),
    D = ((D0 rem ((P - 1) * (Q - 1))) + (P - 1) * (Q - 1)) rem ((P - 1) * (Q - 1)),
    Message = binary:decode_unsigned(<<"an elastic cloud">>),
    Secret = power(Message, E, N),
    io:format("~w~n~p~n", [Secret, binary:encode_unsigned(power(Secret, D, N))]),
    io:format("~w~n", [[X || X <- lists:seq(2, 200), probably_prime(X)]]),
    io:format("~w~n", [[probably_prime(X) || X <- [P, Q, N, 561, 341550071728321, (1 bsl 89) - 1, (1 bsl 97) - 1]]]).

power(_, 0, M) -> 1 rem M;
power(B, E, M) when E band 1 =:= 1 -> B * power(B, E - 1, M) rem M;
power(B, E, M) -> H = power(B, E bsr 1, M), H * H rem M.

euclid(0, B) -> {B, 0, 1};
euclid(A, B) -> {G, X, Y} = euclid(B rem A, A), {G, Y - (B div A) * X, X}.

chinese(Pairs) ->
    M = lists:foldl(fun({_, P}, Acc) -> P * Acc end, 1, Pairs),
    Sum = lists:sum([begin N = M div P, {_, X, _} = euclid(N rem P, P), R * X * N end || {R, P} <- Pairs]),
    {((Sum rem M) + M) rem M, M}.

probably_prime(N) when N < 4 -> N > 1;
probably_prime(N) when N rem 2 =:= 0 -> false;
probably_prime(N) ->
    {D, S} = odd(N - 1, 0),
    lists:all(fun(A) -> A rem N =:= 0 orelse witness(power(A rem N, D, N), S, N) end,
              [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]).

odd(D, S) when D band 1 =:= 0 -> odd(D bsr 1, S + 1);
odd(D, S) -> {D, S}.

witness(X, _, N) when X =:= 1; X =:= N - 1 -> true;
witness(_, 1, _) -> false;
witness(X, S, N) -> witness(X * X rem N, S - 1, N).
