%% @doc Calls, small integers and lists.
-module(bench_recursion).

-export([fib/1, tak/1, nrev/1, nqueens/1]).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

tak({X, Y, Z}) ->
    [Result] = lists:usort([tak(X, Y, Z) || _ <- lists:seq(1, 100)]),
    Result.

tak(X, Y, Z) when Y >= X -> Z;
tak(X, Y, Z) -> tak(tak(X - 1, Y, Z), tak(Y - 1, Z, X), tak(Z - 1, X, Y)).

%% Reverses a list by appending, in quadratic time.
nrev({Length, Times}) ->
    List = lists:seq(1, Length),
    [First | _] = nrev_times(Times, List, []),
    First.

nrev_times(0, _List, Reversed) -> Reversed;
nrev_times(Times, List, _) -> nrev_times(Times - 1, List, nrev_list(List)).

nrev_list([]) -> [];
nrev_list([Head | Tail]) -> append(nrev_list(Tail), [Head]).

append([], List) -> List;
append([Head | Tail], List) -> [Head | append(Tail, List)].

%% In how many ways so many queens stand on a board without seeing each other.
nqueens(N) ->
    queens(N, lists:seq(1, N), []).

queens(0, _Columns, _Placed) -> 1;
queens(Left, Columns, Placed) ->
    lists:sum([queens(Left - 1, Columns, [Column | Placed]) || Column <- Columns, is_safe(Column, Placed, 1)]).

is_safe(_Column, [], _Distance) -> true;
is_safe(Column, [Other | Placed], Distance) ->
    Column =/= Other andalso abs(Column - Other) =/= Distance andalso is_safe(Column, Placed, Distance + 1).
