%% Processes: spawning, sending, receiving in order, many at once.
%% tier: 0
-module(core_processes).
-export([main/0, id/1, echo/0, worker/2, count/2]).

main() ->
    Self = self(),
    erlang:display({is_pid(Self), Self =:= self(), is_process_alive(Self)}),
    P = spawn(fun() -> Self ! {hello, from_child} end),
    erlang:display(receive {hello, X} -> X end),
    erlang:display(is_pid(P)),
    E = spawn(?MODULE, echo, []),
    E ! {Self, [1, {2, "three"}, <<"four">>, 5.0, #{six => 1 bsl id(66)}]},
    erlang:display(receive {E, Reply} -> Reply end),
    [E ! {Self, N} || N <- [1, 2, 3, 4, 5]],
    erlang:display([receive {E, R} -> R end || _ <- [1, 2, 3, 4, 5]]),
    E ! stop,
    Workers = [spawn(?MODULE, worker, [Self, N]) || N <- seq(1, 200)],
    erlang:display(length(Workers)),
    erlang:display(collect(Workers, 0)),
    erlang:display(ring(100, 50)),
    Pids = [spawn(fun() -> receive {add, From, A, B} -> From ! {sum, self(), A + B} end end) || _ <- seq(1, 10)],
    [Pid ! {add, Self, 10, 20} || Pid <- Pids],
    erlang:display([receive {sum, Pid, S} -> S end || Pid <- Pids]),
    erlang:display(receive unexpected -> bad after 0 -> empty end),
    Big = seq(1, 5000),
    C = spawn(?MODULE, count, [Self, 0]),
    C ! {list, Big},
    erlang:display(receive {count, N1} -> N1 end),
    erlang:display(Self ! returned),
    erlang:display(receive M -> {got, M} end),
    erlang:display(try id(no_such_name) ! x catch Cl:Re -> {Cl, Re} end),
    ok.

id(X) -> X.

echo() ->
    receive
        {From, Term} -> From ! {self(), Term}, echo();
        stop -> ok
    end.

worker(Parent, N) -> Parent ! {self(), work(N, 0)}.

work(0, Acc) -> Acc;
work(N, Acc) -> work(N - 1, Acc + N * N).

collect([], Sum) -> Sum;
collect([W | Ws], Sum) -> receive {W, R} -> collect(Ws, Sum + R) end.

count(Parent, N) ->
    receive
        {list, L} -> Parent ! {count, N + length(L)}
    end.

ring(Size, Rounds) ->
    Self = self(),
    First = build(Size, Self),
    First ! {token, Rounds * Size},
    receive {done, Hops} -> Hops end.

build(Size, Report) ->
    First = spawn(fun() -> receive {next, Next} -> forward(Next, Report) end end),
    Last = chain(Size - 1, First, Report),
    First ! {next, Last},
    First.

chain(0, Next, _) -> Next;
chain(N, Next, Report) -> chain(N - 1, spawn(fun() -> forward(Next, Report) end), Report).

forward(Next, Report) ->
    receive
        {token, 0} -> Report ! {done, finished};
        {token, N} -> Next ! {token, N - 1}, forward(Next, Report)
    end.

seq(N, M) when N > M -> [];
seq(N, M) -> [N | seq(N + 1, M)].
