%% Calls traced: messages, return values, match specifications, counts, meta and silent tracing, patterns off again.
%% tier: 4
-module(call_tracing).
-export([main/0, add/2, fact/1, fails/1, local/1]).

main() ->
    Tracee = spawn_link(fun loop/0),
    1 = erlang:trace(Tracee, true, [call]),
    io:format("~p~n", [erlang:trace_pattern({?MODULE, add, 2}, true, [])]),
    run(Tracee, add, [1, 2]),
    io:format("~p~n", [flush()]),
    erlang:trace_pattern({?MODULE, fact, 1}, [{'_', [], [{return_trace}]}], [local]),
    run(Tracee, fact, [3]),
    io:format("~p~n", [flush()]),
    erlang:trace_pattern({?MODULE, fails, 1}, [{['$1'], [{'>', '$1', 1}], [{exception_trace}, {message, {{got, '$1'}}}]}], [local]),
    run(Tracee, fails, [1]), run(Tracee, fails, [2]),
    io:format("~p~n", [flush()]),
    io:format("~p~n", [[erlang:trace_info({?MODULE, fact, 1}, traced), erlang:trace_info({?MODULE, fact, 1}, match_spec), erlang:trace_info(Tracee, flags), erlang:trace_info({?MODULE, none, 1}, traced)]]),
    erlang:trace_pattern({?MODULE, fact, 1}, false, [local]),
    run(Tracee, fact, [3]),
    io:format("~p~n", [flush()]),
    erlang:trace_pattern({?MODULE, local, 1}, true, [call_count]),
    [run(Tracee, local, [N]) || N <- [1, 2, 3]],
    io:format("~p~n", [erlang:trace_info({?MODULE, local, 1}, call_count)]),
    erlang:trace_pattern({?MODULE, local, 1}, pause, [call_count]),
    run(Tracee, local, [1]),
    io:format("~p~n", [erlang:trace_info({?MODULE, local, 1}, call_count)]),
    erlang:trace_pattern({?MODULE, local, 1}, true, [call_time]),
    [run(Tracee, local, [N]) || N <- [1, 2]],
    {call_time, [{P, Calls, _, _}]} = erlang:trace_info({?MODULE, local, 1}, call_time),
    io:format("~p~n", [{P =:= Tracee, Calls}]),
    erlang:trace_pattern({?MODULE, local, 1}, [{['$1'], [], [{message, {caller}}]}], [{meta, self()}]),
    run(Tracee, local, [7]),
    io:format("~p~n", [[setelement(size(M), M, time) || M <- flush(), element(1, M) =:= trace_ts]]),
    erlang:trace_pattern({lists, reverse, '_'}, true, []),
    run(Tracee, add, [x, y]),
    io:format("~p~n", [flush()]),
    erlang:trace_pattern({'_', '_', '_'}, false, [local]), erlang:trace_pattern({'_', '_', '_'}, false, []),
    erlang:trace(Tracee, true, [send, 'receive', procs]),
    run(Tracee, add, [3, 4]),
    Tracee ! stop,
    receive after 50 -> ok end,
    io:format("~p~n", [[norm(M, Tracee) || M <- flush()]]),
    io:format("~p~n", [[try F() catch error:R -> R end || F <- [fun() -> erlang:trace(Tracee, true, [call]) end, fun() -> erlang:trace(self(), true, [nonsense]) end, fun() -> erlang:trace_pattern({a, '_', 1}, true, []) end, fun() -> erlang:trace_pattern({?MODULE, add, 2}, [{bad}], []) end]]]).

loop() ->
    receive
        {From, F, A} -> From ! {self(), catch apply(?MODULE, F, A)}, loop();
        stop -> ok
    end.

run(Tracee, F, A) -> Tracee ! {self(), F, A}, receive {Tracee, R} -> R end.
flush() -> receive after 10 -> ok end, flush1().
flush1() -> receive M when element(1, M) =:= trace; element(1, M) =:= trace_ts -> [norm(M) | flush1()] after 0 -> [] end.
norm(M) -> setelement(2, M, tracee).
norm(M, _) -> list_to_tuple([if is_pid(X) -> pid; is_tuple(X), is_pid(element(1, X)) -> setelement(1, X, pid); true -> X end || X <- tuple_to_list(M)]).

add(A, B) -> try A + B catch error:_ -> lists:reverse([A, B]) end.
fact(0) -> 1;
fact(N) -> N * fact(N - 1).
fails(N) when N > 1 -> error({too_much, N});
fails(N) -> N.
local(N) -> N.
