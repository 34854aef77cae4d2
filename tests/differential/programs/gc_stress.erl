%% Deep recursion, long lists, dropped binaries and live data under collection.
%% tier: 2
-module(gc_stress).
-export([main/0, id/1]).

main() ->
    Live = {[1, 2, 3], <<"live">>, #{k => [v]}, 1 bsl 200, 2.5, fun(X) -> X + id(1) end},
    p(count(1000000)),
    p(length(map(fun(X) -> X + 1 end, lists:seq(1, 1000000)))),
    p(lists:sum(lists:seq(1, 1000000))),
    p(lists:foldl(fun(X, A) -> [X | lists:sublist(A, 50)] end, [], lists:seq(1, 5000)) =/= []),
    p(binaries(3000, 0)),
    p(map_size(maps_loop(100000, #{}))),
    p(keep_some(200000, [])),
    p(tuple_churn(2000, list_to_tuple(lists:seq(1, 300)))),
    p(bigs(2000, 1) rem 999983),
    p(string_work(3000, [])),
    p(depth(tree(200000, nil), 0) > 10),
    {L, B, M, I, F, Fun} = Live,
    p({L, B, M, I, F, Fun(1)}),
    erlang:garbage_collect(),
    p(Live =:= {L, B, M, I, F, Fun}),
    S = self(),
    Ps = [spawn_opt(fun() -> S ! {self(), erlang:phash2(keep_some(20000 + K, []))} end, [{fullsweep_after, K rem 3}]) || K <- lists:seq(1, 20)],
    p([receive {P, R} -> R end || P <- Ps]),
    put(dict, lists:seq(1, 10000)), keep_some(100000, []), p(lists:sum(get(dict))),
    p(try unwind(300000) catch throw:{top, X} -> length(X) end),
    p(closures(50000, fun(X) -> X end)),
    p(float_churn(500000, 0.0)).

id(X) -> X.
p(X) -> io:format("~p~n", [X]).

count(0) -> 0;
count(N) -> 1 + count(N - 1).

map(_, []) -> [];
map(F, [H | T]) -> [F(H) | map(F, T)].

binaries(0, Sum) -> Sum;
binaries(N, Sum) -> B = binary:copy(<<N:32>>, 10000), binaries(N - 1, (Sum + binary:at(B, 39999)) band 16#FFFFFF).

maps_loop(0, M) -> M;
maps_loop(N, M) -> maps_loop(N - 1, M#{N rem 1000 => {N, [N]}}).

keep_some(0, Acc) -> lists:sum(Acc);
keep_some(N, Acc) when N rem 100 =:= 0 -> keep_some(N - 1, [N | Acc]);
keep_some(N, Acc) -> _ = [N, {N}, integer_to_list(N)], keep_some(N - 1, Acc).

tuple_churn(0, T) -> lists:sum(tuple_to_list(T));
tuple_churn(N, T) -> tuple_churn(N - 1, setelement(N rem 300 + 1, T, N)).

bigs(0, X) -> X;
bigs(N, X) -> bigs(N - 1, X * 3 + N).

string_work(0, Acc) -> length(lists:flatten(Acc));
string_work(N, Acc) -> string_work(N - 1, [Acc, integer_to_list(N), "," | []]).

tree(0, T) -> T;
tree(N, T) -> tree(N - 1, insert((N * 7919) rem 65536, T)).
insert(K, nil) -> {nil, K, nil};
insert(K, {L, X, R}) when K < X -> {insert(K, L), X, R};
insert(K, {L, X, R}) when K > X -> {L, X, insert(K, R)};
insert(_, T) -> T.
depth(nil, D) -> D;
depth({L, _, R}, D) -> max(depth(L, D + 1), depth(R, D + 1)).

unwind(0) -> throw({top, lists:seq(1, 100)});
unwind(N) -> [N | unwind(N - 1)].

closures(0, F) -> F(0);
closures(N, F) -> closures(N - 1, if N rem 100 =:= 0 -> fun(X) -> F(X) + 1 end; true -> F end).

float_churn(0, F) -> F;
float_churn(N, F) -> float_churn(N - 1, F + N / 2).
