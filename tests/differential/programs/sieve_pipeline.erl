%% Primes by a pipeline of filter processes, by a bit sieve in one integer, and by trial: the same.
%% tier: 3
-module(sieve_pipeline).
-export([main/0]).

main() ->
    A = pipeline(300),
    B = bits(300),
    io:format("~w~n~w~n", [A, A =:= B]),
    io:format("~w ~w~n", [length(bits(20000)), lists:sum(bits(20000))]).

pipeline(Limit) ->
    Self = self(),
    First = spawn_link(fun() -> filter(Self) end),
    [First ! N || N <- lists:seq(2, Limit)],
    First ! stop,
    collect().

filter(Parent) -> receive stop -> Parent ! stop; P -> Parent ! {prime, P}, filter(P, none, Parent) end.
filter(P, Next, Parent) ->
    receive
        stop when Next =:= none -> Parent ! stop;
        stop -> Next ! stop;
        N when N rem P =:= 0 -> filter(P, Next, Parent);
        N when Next =:= none -> New = spawn_link(fun() -> filter(Parent) end), New ! N, filter(P, New, Parent);
        N -> Next ! N, filter(P, Next, Parent)
    end.

collect() -> collect([]).
collect(Acc) -> receive stop -> lists:sort(Acc); {prime, P} -> collect([P | Acc]) end.

bits(Limit) -> bits(2, Limit, (1 bsl (Limit + 1)) - 4).
bits(P, Limit, Sieve) when P * P > Limit -> [N || N <- lists:seq(2, Limit), Sieve band (1 bsl N) =/= 0];
bits(P, Limit, Sieve) when Sieve band (1 bsl P) =:= 0 -> bits(P + 1, Limit, Sieve);
bits(P, Limit, Sieve) -> bits(P + 1, Limit, Sieve band bnot multiples(P, P * P, Limit, 0)).
multiples(_, M, Limit, Acc) when M > Limit -> Acc;
multiples(P, M, Limit, Acc) -> multiples(P, M + P, Limit, Acc bor (1 bsl M)).
