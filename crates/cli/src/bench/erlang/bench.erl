%% @doc The programs of `brood bench erlang': the same code in an instance and in the installed emulator.
%%
%% A program is a function with an argument that says how much there is to do, and what must come out
%% of it. It runs twice: once to warm up, once against the clock.
-module(bench).

-export([main/0, main/1]).

-type program() :: {Name :: string(), Module :: module(), Function :: atom(), Argument :: term(), Expected :: term()}.

-spec programs() -> [program()].
programs() ->
    [{"fib", bench_recursion, fib, 30, 832040},
     {"tak", bench_recursion, tak, {18, 12, 6}, 7},
     {"nrev", bench_recursion, nrev, {500, 60}, 500},
     {"nqueens", bench_recursion, nqueens, 10, 724},
     {"fannkuch", bench_structures, fannkuch, 8, {22, 180260}},
     {"binary-trees", bench_structures, binary_trees, 17, 1302503},
     {"n-body", bench_numbers, nbody, 8000, ok},
     {"spectral-norm", bench_numbers, spectral_norm, 100, 1274219991},
     {"mandelbrot", bench_numbers, mandelbrot, 160, ok},
     {"pidigits", bench_numbers, pidigits, 400, ok},
     {"k-nucleotide", bench_text, k_nucleotide, 40000, ok},
     {"json encode", bench_text, json_encode, 1000, ok},
     {"json decode", bench_text, json_decode, 400, ok},
     {"io_lib format", bench_text, format, 3000, ok},
     {"sort", bench_structures, sort, 60000, ok},
     {"map update", bench_structures, map_update, 20000, ok},
     {"ets mix", bench_structures, ets_mix, 10000, ok},
     {"gen_server call", bench_processes, server_calls, 20000, 20000},
     {"ring", bench_processes, ring, {500, 200}, 100000},
     {"ping-pong", bench_processes, ping_pong, 50000, 50000},
     {"spawn", bench_processes, spawn_many, 40000, 800020000},
     {"timers", bench_processes, timers, 100000, ok},
     {"estone lists", bench_estone, lists, 6000, ok},
     {"estone small messages", bench_estone, messages, {1, 60000}, ok},
     {"estone medium messages", bench_estone, messages, {40, 20000}, ok},
     {"estone huge messages", bench_estone, messages, {4000, 400}, ok},
     {"estone pattern", bench_estone, pattern, 300000, ok},
     {"estone traverse", bench_estone, traverse, 3000, ok},
     {"estone large data", bench_estone, large_data, 60, ok},
     {"estone local data", bench_estone, local_data, 200, ok},
     {"estone allocation", bench_estone, allocation, 3000, ok},
     {"estone bifs", bench_estone, bifs, 300000, ok},
     {"estone binaries", bench_estone, binaries, 10000, ok},
     {"estone timers", bench_estone, timers, 50000, ok},
     {"estone links", bench_estone, links, 20000, ok},
     {"estone integers", bench_estone, integers, 2000000, ok},
     {"estone floats", bench_estone, floats, 1000000, ok},
     {"estone calls", bench_estone, calls, 1000000, ok},
     {"compile", bench_compile, compile, 15, ok}].

%% @doc As `main/1', with the emulator's plain arguments.
-spec main() -> no_return().
main() ->
    main(init:get_plain_arguments()).

%% @doc `["list"]' prints the names, `["run", Name]' the microseconds that a program takes.
-spec main([string()]) -> no_return().
main(["list"]) ->
    [io:put_chars([Name, $\n]) || {Name, _, _, _, _} <- programs()],
    halt(0);
main(["run", Name]) ->
    {Name, Module, Function, Argument, Expected} = lists:keyfind(Name, 1, programs()),
    _ = run(Module, Function, Argument),
    case run(Module, Function, Argument) of
        {Microseconds, Expected} ->
            io:format("~b~n", [Microseconds]),
            halt(0);
        {_, Other} ->
            io:format("~ts gives ~0P instead of ~0P~n", [Name, Other, 20, Expected, 20]),
            halt(1)
    end.

%% In a process of its own, which has nothing on its heap.
run(Module, Function, Argument) ->
    {Child, Monitor} = spawn_monitor(fun() ->
                                             Start = erlang:monotonic_time(),
                                             Result = Module:Function(Argument),
                                             exit({done, erlang:monotonic_time() - Start, Result})
                                     end),
    receive
        {'DOWN', Monitor, process, Child, {done, Time, Result}} ->
            {erlang:convert_time_unit(Time, native, microsecond), Result};
        {'DOWN', Monitor, process, Child, Reason} ->
            {0, {crashed, Reason}}
    end.
