%% What is too much for any machine has an exception for its answer, and a heap beyond its limit ends its process.
%% tier: 3
-module(running_out).

-export([main/0]).

main() ->
    [io:format("~s: ~0p~n", [Name, answer(Fun)]) || {Name, Fun} <- values()],
    [io:format("~0p: ~0p~n", [Limit, ended(Limit)]) || Limit <- limits()].

values() ->
    Huge = erlang:monotonic_time() * 0 + (1 bsl 62),
    Large = Huge bsr 22,
    Long = erlang:make_tuple(1000, Large),
    [{"a binary of 2^62 bits", fun() -> <<0:Huge>> end},
     {"a binary of 2^126 bits", fun() -> <<0:(Huge * Huge)>> end},
     {"a binary of a negative size", fun() -> <<0:(-Huge)>> end},
     {"a shift to the left", fun() -> 1 bsl Large end},
     {"a shift to the left by a big integer", fun() -> 1 bsl (Huge * 4) end},
     {"a shift of nothing", fun() -> 0 bsl (Huge * 4) end},
     {"a shift to the right", fun() -> 1 bsr (Huge * 4) end},
     {"a shift to the right by less than nothing", fun() -> 1 bsr -Large end},
     {"an atom of 256 characters", fun() -> list_to_atom(lists:duplicate(256, $a)) end},
     {"an atom of 255 characters", fun() -> length(atom_to_list(list_to_atom(lists:duplicate(255, $a)))) end},
     {"an atom of a binary", fun() -> binary_to_atom(binary:copy(<<"ä"/utf8>>, 256)) end},
     {"a tuple of 2^24 elements", fun() -> erlang:make_tuple(1 bsl 24, a) end},
     {"a tuple of 2^62 elements", fun() -> erlang:make_tuple(Huge, a) end},
     {"a tuple of a negative size", fun() -> erlang:make_tuple(-1, a) end},
     {"atomics", fun() -> atomics:new(Huge, []) end},
     {"counters", fun() -> counters:new(Huge, []) end},
     {"a timer", fun() -> erlang:send_after(Huge * 4, self(), a) end},
     {"a timeout", fun() -> receive never -> ok after Huge -> ok end end},
     {"a heap", fun() -> spawn_opt(fun() -> ok end, [{min_heap_size, Huge * 4}]) end},
     {"the least limit of a heap", fun() -> process_flag(max_heap_size, 1) end},
     {"a limit of a heap", fun() -> process_flag(max_heap_size, -1) end},
     {"256 arguments", fun() -> apply(erlang, abs, lists:seq(1, 256)) end},
     {"256 arguments of nothing", fun() -> apply(lists, nothing, lists:seq(1, 256)) end},
     {"256 arguments of a fun", fun() -> apply(fun erlang:abs/1, lists:seq(1, 256)) end},
     {"1022 arguments", fun() -> apply(lists, nothing, lists:duplicate(1022, a)) end},
     {"1024 arguments", fun() -> apply(lists, nothing, lists:duplicate(1024, a)) end},
     {"1023 arguments of a fun", fun() -> apply(fun erlang:abs/1, lists:duplicate(1023, a)) end},
     {"functions of arities that none has",
      fun() -> [erlang:function_exported(lists, map, Arity) || Arity <- [2, 256, -1, Large]] end},
     {"a function of a huge arity", fun() -> erlang:function_exported(lists, map, Huge) end},
     {"a fun of 256 arguments", fun() -> erlang:make_fun(lists, map, 256) end},
     {"no BIF of 256 arguments", fun() -> erlang:is_builtin(erlang, abs, 256) end},
     {"a position", fun() -> element(Huge, Long) end},
     {"a character", fun() -> <<16#110000/utf8>> end},
     {"a float", fun() -> 1.0e308 * float(Large) end},
     {"a float of a big integer", fun() -> float(1 bsl 2000) end},
     {"an exponent", fun() -> math:exp(1000) end}].

answer(Fun) ->
    try Fun() catch Class:Reason -> {Class, Reason} end.

limits() ->
    [#{size => 10000, kill => true, error_logger => false},
     #{size => 10000, error_logger => false}].

%% How processes with that limit end: by a heap that grows, and messages.
ended(Limit) ->
    [begin
         {Pid, Monitor} = spawn_opt(Fun, [monitor, {max_heap_size, Limit}]),
         Pid ! start,
         receive {'DOWN', Monitor, process, Pid, Reason} -> Reason end
     end
     || Fun <- [fun() -> grow([]) end, fun() -> collect(1) end, fun() -> ok end]].

grow(List) -> grow([{a, b} | List]).

collect(N) ->
    self() ! {message, lists:seq(1, 20)},
    N rem 100 =:= 0 andalso receive never -> ok after 0 -> ok end,
    collect(N + 1).
