%% Promises, lazy streams by closures, pipelines of processes with back pressure.
%% tier: 3
-module(futures_and_streams).
-export([main/0]).

main() ->
    logger:set_primary_config(level, none),
    Promises = [promise(fun() -> fib(N) end) || N <- lists:seq(10, 20)],
    io:format("~w~n", [[await(P) || P <- Promises]]),
    io:format("~w~n", [catch await(promise(fun() -> error(broken) end))]),
    Primes = sieve(from(2)),
    io:format("~w~n", [take(25, Primes)]),
    io:format("~w~n", [take(10, filter(fun(X) -> X rem 3 =:= 1 end, map(fun(X) -> X * X end, from(1))))]),
    io:format("~w~n", [take(8, zip(cycle([a, b, c]), from(7)))]),
    Sum = pipeline([fun(X) -> [X * 2] end, fun(X) when X rem 3 =:= 0 -> []; (X) -> [X, X + 1] end, fun(X) -> [X - 1] end], lists:seq(1, 200)),
    io:format("~w ~w~n", [length(Sum), lists:sublist(Sum, 12)]).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

promise(Fun) ->
    {_, Monitor} = spawn_monitor(fun() -> exit({value, Fun()}) end),
    Monitor.

await(Monitor) ->
    receive
        {'DOWN', Monitor, process, _, {value, V}} -> V;
        {'DOWN', Monitor, process, _, {Reason, _Stack}} -> exit(Reason)
    end.

from(N) -> fun() -> {N, from(N + 1)} end.
cycle(L) -> cycle(L, L).
cycle([], L) -> cycle(L, L);
cycle([H | T], L) -> fun() -> {H, cycle(T, L)} end.
map(F, S) -> fun() -> {X, Rest} = S(), {F(X), map(F, Rest)} end.
filter(F, S) ->
    fun() ->
        {X, Rest} = S(),
        case F(X) of
            true -> {X, filter(F, Rest)};
            false -> (filter(F, Rest))()
        end
    end.
zip(A, B) -> fun() -> {X, A1} = A(), {Y, B1} = B(), {{X, Y}, zip(A1, B1)} end.
sieve(S) -> fun() -> {P, Rest} = S(), {P, sieve(filter(fun(X) -> X rem P =/= 0 end, Rest))} end.
take(0, _) -> [];
take(N, S) -> {X, Rest} = S(), [X | take(N - 1, Rest)].

%% Each stage asks for an item when it is ready for one.
pipeline(Funs, Items) ->
    Source = spawn_link(fun() -> source(Items) end),
    Last = lists:foldl(fun(F, Before) -> spawn_link(fun() -> stage(F, Before, []) end) end, Source, Funs),
    drain(Last).

source([]) -> receive {next, To} -> To ! {self(), eof} end;
source([X | Xs]) -> receive {next, To} -> To ! {self(), {item, X}} end, source(Xs).

stage(F, Before, [X | Xs]) -> receive {next, To} -> To ! {self(), {item, X}} end, stage(F, Before, Xs);
stage(F, Before, []) ->
    Before ! {next, self()},
    receive
        {Before, eof} -> receive {next, To} -> To ! {self(), eof} end;
        {Before, {item, X}} -> stage(F, Before, F(X))
    end.

drain(Stage) ->
    Stage ! {next, self()},
    receive {Stage, eof} -> []; {Stage, {item, X}} -> [X | drain(Stage)] end.
