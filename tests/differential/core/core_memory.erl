%% Garbage collection: deep stacks, long lists, dropped binaries, live data.
%% tier: 0
-module(core_memory).
-export([main/0, id/1]).

main() ->
    Keep = {kept, [1, 2, 3], <<"binary">>, 1.5, 1 bsl id(100), #{a => [b]}, fun(X) -> {X, id(captured)} end},
    erlang:display(sum(200000)),
    erlang:display(length(build(300000, []))),
    erlang:display(churn(500000, {0, []})),
    erlang:display(drop_binaries(2000, 0)),
    erlang:display(strings(3000, 0)),
    erlang:display(map_churn(50000, #{})),
    erlang:display(bignum_churn(3000, 1) rem 1000000007),
    erlang:display(tree_size(tree(15))),
    erlang:display(erlang:garbage_collect()),
    {kept, L, B, F, N, M, Fun} = Keep,
    erlang:display({L, B, F, N, M, Fun(1)}),
    Self = self(),
    Pids = [spawn(fun() -> Self ! {self(), length(build(20000 + I, []))} end) || I <- [1, 2, 3, 4, 5]],
    erlang:display([receive {P, Len} -> Len end || P <- Pids]),
    Sub = sub(id(<<0:800000, "tail">>)),
    erlang:garbage_collect(),
    erlang:display(Sub),
    put(saved, build(1000, [])),
    churn(200000, x),
    erlang:garbage_collect(),
    erlang:display(length(get(saved))),
    [self() ! {message, I, build(I, [])} || I <- [100, 200, 300]],
    churn(200000, x),
    erlang:garbage_collect(),
    erlang:display([receive {message, I, List} -> length(List) end || I <- [100, 200, 300]]),
    erlang:display(try deep_throw(50000) catch throw:T -> T end),
    ok.

id(X) -> X.

sum(0) -> 0;
sum(N) -> N + sum(N - 1).

build(0, Acc) -> Acc;
build(N, Acc) -> build(N - 1, [{N, integer_to_list(N)} | Acc]).

churn(0, {N, L}) -> {N, length(L)};
churn(0, Other) -> Other;
churn(N, {C, _}) -> churn(N - 1, {C + 1, [N, N, N]});
churn(N, X) -> _ = {N, [X]}, churn(N - 1, id(X)).

drop_binaries(0, S) -> S;
drop_binaries(N, S) ->
    B = <<N:80000>>,
    <<_:79992, Last>> = id(B),
    drop_binaries(N - 1, S + Last).

strings(0, S) -> S;
strings(N, S) -> strings(N - 1, S + length(binary_to_list(list_to_binary(integer_to_list(N) ++ "abc")))).

map_churn(0, M) -> map_size(M);
map_churn(N, M) -> map_churn(N - 1, M#{N rem 100 => [N]}).

bignum_churn(0, X) -> X;
bignum_churn(N, X) -> bignum_churn(N - 1, (X * 3 + N) band ((1 bsl 500) - 1)).

tree(0) -> leaf;
tree(D) -> {tree(D - 1), D, tree(D - 1)}.

tree_size(leaf) -> 1;
tree_size({L, _, R}) -> tree_size(L) + 1 + tree_size(R).

sub(<<_:100000/binary, T/binary>>) -> T.

deep_throw(0) -> throw({unwound, [x]});
deep_throw(N) -> [N | deep_throw(N - 1)].
