%% Calls traced through returns, exceptions, tail calls and BIFs; where they return to; code that is loaded while traced;
%% tracing that spreads over spawns and links; the last calls.
%% tier: 4
-module(trace_frames).
-export([main/0, outer/1, inner/1, tail/1, deep/1, catches/1, bits/1, spawner/1]).

main() ->
    Tracee = spawn_link(fun loop/0),
    Tracee ! {self(), erlang, abs, 1},
    receive {Tracee, 1} -> ok end,
    timer:sleep(10),
    1 = erlang:trace(Tracee, true, [call, return_to]),
    Local = [{'_', [], [{exception_trace}, {message, {caller}}]}],
    erlang:trace_pattern({?MODULE, '_', '_'}, Local, [local]),
    erlang:trace_pattern({erlang, binary_to_list, 1}, Local, [local]),
    erlang:trace_pattern({lists, seq, 2}, [{['$1', 3], [{is_integer, '$1'}], [{return_trace}]}], [global]),
    [show(run(Tracee, F, A)) || {F, A} <- [{outer, 3}, {outer, bad}, {tail, 3}, {deep, 4}, {catches, 2}, {bits, <<"abc">>}]],
    erlang:trace_pattern({?MODULE, '_', '_'}, false, [local]),
    erlang:trace_pattern({'_', '_', '_'}, false, [local]),
    erlang:trace_pattern({'_', '_', '_'}, false, [global]),
    show(run(Tracee, outer, 1)),
    erlang:trace(Tracee, false, [all]),
    1 = erlang:trace(Tracee, true, [procs, set_on_first_spawn, {tracer, self()}]),
    show(run(Tracee, spawner, spawn)),
    show(run(Tracee, spawner, spawn_link)),
    erlang:trace(Tracee, false, [all]),
    1 = erlang:trace(Tracee, true, [procs, set_on_link]),
    show(run(Tracee, spawner, spawn_link)),
    erlang:trace(Tracee, false, [all]),
    io:format("~p~n", [erlang:trace_info(Tracee, flags)]),
    new_code(Tracee),
    specifications(),
    process_flag(save_calls, 5),
    _ = lists:reverse(lists:seq(1, 3)),
    self() ! kept,
    receive kept -> ok end,
    {last_calls, Calls} = process_info(self(), last_calls),
    process_flag(save_calls, 0),
    io:format("~p~n", [Calls]),
    io:format("~p~n", [process_info(self(), last_calls)]).

new_code(Tracee) ->
    0 = erlang:trace_pattern(on_load, [{'_', [], [{return_trace}]}], [local]),
    io:format("~p~n", [[erlang:trace_info(on_load, I) || I <- [traced, match_spec, meta, call_count, all]]]),
    Forms = [{attribute, 1, module, trace_frames_new},
             {attribute, 2, export, [{f, 1}]},
             {function, 3, f, 1, [{clause, 3, [{var, 3, 'X'}], [], [{tuple, 3, [{var, 3, 'X'}]}]}]}],
    {ok, Name, Code} = compile:forms(Forms, []),
    {module, Name} = code:load_binary(Name, "", Code),
    erlang:trace(Tracee, true, [call]),
    io:format("~p~n", [erlang:trace_info({Name, f, 1}, traced)]),
    Tracee ! {self(), Name, f, 1},
    receive {Tracee, R} -> io:format("~p~n", [R]) end,
    show(flush()),
    erlang:trace_pattern(on_load, false, [local]),
    {module, Name} = code:load_binary(Name, "", Code),
    io:format("~p~n", [erlang:trace_info({Name, f, 1}, traced)]),
    refused_code(Name, Forms),
    erlang:trace(Tracee, false, [all]).

%% Code whose on_load function refuses leaves the current version in place, but traced no longer.
refused_code(Name, [Module, Export, F]) ->
    Traced = fun() -> [erlang:trace_info({Name, f, 1}, I) || I <- [traced, call_count]] end,
    Refusal = {function, 4, refuse, 0, [{clause, 4, [], [], [{atom, 4, no}]}]},
    {ok, Name, Refused} = compile:forms([Module, Export, {attribute, 2, on_load, {refuse, 0}}, F, Refusal], []),
    [begin
         1 = erlang:trace_pattern({Name, f, 1}, true, Kind),
         Before = Traced(),
         Answer = code:load_binary(Name, "", Refused),
         io:format("~p~n", [{Before, Answer, Traced(), Name:f(1)}])
     end || Kind <- [[global], [local], [call_count]]].

specifications() ->
    Tests = [{[1, 2], [{['$1', '$2'], [{'<', '$1', '$2'}], [{message, {{'$2', '$1'}}}, {return_trace}]}]},
             {[a], [{[b], [], [{message, no}]}, {'$1', [], [{message, '$_'}, {exception_trace}]}]},
             {[], [{[], [], []}]},
             {[x], [{'_', [], [{message, false}]}]},
             {[x], [{'_', [{caller}], []}]},
             {[x], [{'_', [], [{return_trace, 1}]}]},
             {[x], [{not_a_list, [], []}]},
             {[x], [{'_', [{set_tcw, 1}], []}]},
             {[x], [{'_', [{'==', {get_tcw}, 0}], [{message, {set_tcw, 7}}]}]},
             {[x], [{'_', [], [{message, {caller}}, {silent, true}]}]}],
    [io:format("~p~n", [catch erlang:match_spec_test(L, S, trace)]) || {L, S} <- Tests].

loop() ->
    receive
        {From, F, A} -> From ! {self(), (catch ?MODULE:F(A))};
        {From, M, F, A} -> From ! {self(), M:F(A)}
    end,
    loop().

run(Tracee, F, A) ->
    Tracee ! {self(), F, A},
    Result = receive {Tracee, {'EXIT', {R, _}}} -> {'EXIT', R}; {Tracee, R} -> R end,
    timer:sleep(20),
    [{result, Result} | flush()].

flush() -> receive M when element(1, M) =:= trace -> [M | flush()] after 0 -> [] end.
show(Messages) -> [io:format("~p~n", [plain(M)]) || M <- Messages], io:nl().
plain(P) when is_pid(P) -> pid;
plain(F) when is_function(F) -> a_fun;
plain(T) when is_tuple(T) -> list_to_tuple(plain(tuple_to_list(T)));
plain([H | T]) -> [plain(H) | plain(T)];
plain(T) -> T.

outer(X) -> Y = inner(X), {Y, lists:seq(1, 3)}.
inner(X) when is_integer(X) -> X + 1;
inner(X) -> error({not_a_number, X}).
tail(0) -> binary_to_list(<<1, 2>>);
tail(N) -> tail(N - 1).
deep(0) -> [];
deep(N) -> [N | deep(N - 1)].
catches(X) -> try inner({X, X}) catch error:{not_a_number, _} -> inner(X) end.
bits(<<X, Rest/binary>>) -> [X | bits(Rest)];
bits(<<>>) -> [].
spawner(How) ->
    Child = erlang:How(fun() -> receive stop -> ok end end),
    Child ! stop,
    timer:sleep(10).
