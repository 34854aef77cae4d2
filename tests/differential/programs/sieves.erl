%% Primes by lists, by a binary, by an array, by processes.
%% tier: 3
-module(sieves).
-export([main/0]).

main() ->
    L = by_list(lists:seq(2, 2000)),
    io:format("~w~n", [lists:sublist(L, 40)]),
    io:format("~p~n", [[length(L), lists:last(L), lists:sum(L)]]),
    io:format("~p~n", [[by_bits(2000) =:= L, by_array(2000) =:= L, lists:sublist(by_processes(60), 60) =:= lists:sublist(L, 60)]]),
    P = by_bits(60000),
    io:format("~p~n", [[length(P), lists:last(P), length([x || {A, B} <- lists:zip(lists:droplast(P), tl(P)), B - A =:= 2])]]),
    io:format("~p~n", [[factors(N) || N <- [360, 97, 1001, 65536, 999999, 1234567890]]]).

by_list([]) -> [];
by_list([P | T]) when P * P > 2000 -> [P | T];
by_list([P | T]) -> [P | by_list([X || X <- T, X rem P =/= 0])].

by_bits(N) -> bits(2, N, <<0:2, (bnot 0):(N - 1)>>).
bits(I, N, B) when I * I > N -> collect(B, 0);
bits(I, N, B) ->
    case B of
        <<_:I, 1:1, _/bits>> -> bits(I + 1, N, << <<(case K >= I * I andalso K rem I =:= 0 of true -> 0; false -> bit(B, K) end):1>> || K <- lists:seq(0, N) >>);
        _ -> bits(I + 1, N, B)
    end.
bit(B, K) -> <<_:K, X:1, _/bits>> = B, X.
collect(<<1:1, R/bits>>, I) -> [I | collect(R, I + 1)];
collect(<<_:1, R/bits>>, I) -> collect(R, I + 1);
collect(<<>>, _) -> [].

by_array(N) ->
    A = lists:foldl(fun(I, A) -> case array:get(I, A) of true -> strike(I * I, I, N, A); false -> A end end, array:new(N + 1, {default, true}), lists:seq(2, 44)),
    [I || I <- lists:seq(2, N), array:get(I, A)].
strike(K, _, N, A) when K > N -> A;
strike(K, I, N, A) -> strike(K + I, I, N, array:set(K, false, A)).

by_processes(Count) ->
    S = self(),
    First = spawn_link(fun() -> filter_start(S) end),
    Feeder = spawn_link(fun() -> feed(2, First) end),
    Ps = [receive {prime, P} -> P end || _ <- lists:seq(1, Count)],
    unlink(Feeder), exit(Feeder, kill), unlink(First), exit(First, kill), Ps.
feed(3000, _) -> ok;
feed(N, P) -> P ! N, feed(N + 1, P).
filter_start(S) -> receive P -> S ! {prime, P}, filter(P, spawn_link(fun() -> filter_start(S) end)) end.
filter(P, Next) -> receive N when N rem P =:= 0 -> filter(P, Next); N -> Next ! N, filter(P, Next) end.

factors(N) -> factors(N, 2).
factors(1, _) -> [];
factors(N, D) when D * D > N -> [N];
factors(N, D) when N rem D =:= 0 -> [D | factors(N div D, D)];
factors(N, D) -> factors(N, D + 1).
