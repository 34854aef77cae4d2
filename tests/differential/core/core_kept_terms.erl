%% tier: 2
%% Terms that came from another memory (a table, another process, a timer, a monitor) stay what they are when that
%% memory is gone.
-module(core_kept_terms).
-export([main/0]).

main() ->
    [table(Type) || Type <- [set, ordered_set, bag, duplicate_bag]],
    counters(),
    inheritance(),
    other_process(),
    signals(),
    own_dictionary(),
    persistent(),
    erlang:display(done).

value(N) -> {value, N, [N, {N}], float(N), N bsl 70, binary:copy(<<N>>, 100), <<N, "abc">>, #{N => [N]}}.

%% Uses memory that was freed, and moves what lives.
churn() ->
    churn(50, []),
    erlang:garbage_collect().

churn(0, Kept) -> length(Kept);
churn(N, Kept) -> churn(N - 1, [value(N), binary:copy(<<N>>, 300) | Kept]).

kept(Name, Take) ->
    Term = Take(),
    churn(),
    Hash = erlang:phash2(Term),
    churn(),
    erlang:display({Name, Term, Hash =:= erlang:phash2(Term)}).

table(Type) ->
    [kept({Type, Name}, fun() -> from_table(Type, Take) end)
     || {Name, Take} <-
            [{lookup, fun(T) -> ets:lookup(T, {k, [1]}) end},
             {lookup_element, fun(T) -> ets:lookup_element(T, {k, [1]}, 2) end},
             {next, fun(T) -> First = ets:first(T), lists:sort([First, ets:next(T, First)]) end},
             {last, fun(T) -> Type =:= ordered_set andalso ets:last(T) end},
             {match, fun(T) -> lists:sort(ets:match(T, {'$1', '$2'})) end},
             {match_object, fun(T) -> lists:sort(ets:match_object(T, {{k, '_'}, '_'})) end},
             {select, fun(T) -> lists:sort(ets:select(T, [{{{k, '$1'}, '$2'}, [], [{{'$1', '$2', '$_', {const, [x]}}}]}])) end},
             {select_part, fun(T) -> lists:sort(ets:select(T, [{{'_', '$2'}, [], [{element, 6, '$2'}]}])) end},
             {select_guard, fun(T) -> ets:select(T, [{{{k, [1]}, '$2'}, [{'>', {size, '$2'}, 1}], ['$$']}]) end},
             {select_some, fun(T) -> {L, _} = ets:select(T, [{'$1', [], ['$1']}], 10), lists:sort(L) end},
             {continued, fun(T) -> {L, C} = ets:match(T, '$1', 1), continued(L, C) end},
             {take, fun(T) -> ets:take(T, {k, [1]}) end},
             {insert_own, fun(T) -> [O | _] = ets:lookup(T, {k, [1]}), ets:delete_all_objects(T), ets:insert(T, O), ets:lookup(T, {k, [1]}) end},
             {replaced, fun(T) -> replaced(Type, T) end}]].

replaced(Type, T) when Type =:= set; Type =:= ordered_set ->
    [Old] = ets:lookup(T, {k, [1]}),
    ets:update_element(T, {k, [1]}, {2, [element(2, Old)]}),
    [New] = ets:lookup(T, {k, [1]}),
    ets:select_replace(T, [{{'$1', '$2'}, [], [{{'$1', {{'$2', '$2'}}}}]}]),
    {Old, New, ets:lookup(T, {k, [1]})};
replaced(_, _) -> none.

continued(L, '$end_of_table') -> lists:sort(L);
continued(L, C) ->
    case ets:match(C) of
        '$end_of_table' -> lists:sort(L);
        {More, Next} -> continued(More ++ L, Next)
    end.

from_table(Type, Take) ->
    T = ets:new(t, [Type]),
    ets:insert(T, [{{k, [N]}, value(N)} || N <- [1, 2]]),
    Term = Take(T),
    ets:insert(T, {{k, [1]}, new}),
    ets:delete(T, {k, [2]}),
    ets:delete(T),
    Term.

counters() ->
    T = ets:new(t, []),
    ets:insert(T, {{c}, 1 bsl 100, 5}),
    R1 = ets:update_counter(T, {c}, {2, 1 bsl 80}),
    R2 = ets:update_counter(T, {c}, [{2, 0}, {3, 1 bsl 64}, {2, -1}]),
    R3 = ets:update_counter(T, [d], {2, 7, 1 bsl 70, 1 bsl 69}, {[d], 1 bsl 90}),
    kept(counters, fun() -> All = lists:sort(ets:select(T, [{'$1', [], ['$1']}])), ets:delete(T), {R1, R2, R3, All} end).

inheritance() ->
    Self = self(),
    kept(heir, fun() ->
        {_, M} = spawn_monitor(fun() -> ets:new(t, [{heir, Self, value(3)}]) end),
        receive {'ETS-TRANSFER', T, _, Data} -> ets:delete(T), receive {'DOWN', M, _, _, _} -> Data end end
    end),
    kept(gift, fun() ->
        {_, M} = spawn_monitor(fun() -> ets:give_away(ets:new(t, []), Self, value(4)) end),
        receive {'ETS-TRANSFER', T, _, Data} -> ets:delete(T), receive {'DOWN', M, _, _, _} -> Data end end
    end).

other_process() ->
    Fill = fun(Parent) ->
        put({key}, value(5)),
        Parent ! {ready, value(6)},
        receive never -> ok end
    end,
    kept(process, fun() ->
        Self = self(),
        {P, M} = spawn_monitor(fun() -> Fill(Self) end),
        receive {ready, Value} -> ok end,
        [P ! value(N) || N <- [7, 8]],
        {dictionary, Dictionary} = process_info(P, dictionary),
        {messages, Messages} = process_info(P, messages),
        [{_, Messages}, {_, Length}] = process_info(P, [messages, message_queue_len]),
        exit(P, value(9)),
        receive {'DOWN', M, _, _, Reason} -> {Value, Dictionary, Messages, Length, Reason} end
    end).

signals() ->
    process_flag(trap_exit, true),
    kept(exit, fun() ->
        P = spawn_link(fun() -> exit(value(10)) end),
        receive {'EXIT', P, Reason} -> Reason end
    end),
    kept(tag, fun() ->
        P = spawn(fun() -> receive go -> exit(value(11)) end end),
        M = monitor(process, P, [{tag, value(12)}]),
        P ! go,
        receive {Tag, M, _, _, Reason} -> {Tag, Reason} end
    end),
    kept(timer, fun() ->
        erlang:send_after(1, self(), value(13)),
        R = erlang:start_timer(1, self(), value(14)),
        receive {timeout, R, Value} -> receive First when element(2, First) =:= 13 -> {First, Value} end end
    end),
    kept(spawned, fun() ->
        Self = self(),
        spawn(erlang, send, [Self, value(15)]),
        receive Value -> Value end
    end),
    kept(thrown, fun() -> try churn(), throw(value(16)) catch Thrown -> churn(), Thrown end end),
    kept(caught, fun() -> catch (fun(V) -> churn(), exit(V) end)(value(17)) end),
    kept(arguments, fun() ->
        try element(value(18), id(value(19))) catch error:badarg:Trace -> churn(), element(3, hd(Trace)) end
    end),
    kept(queue, fun() ->
        [self() ! {queue, value(N rem 100)} || N <- lists:seq(1, 300)],
        churn(),
        lists:sum([receive {queue, V} -> erlang:phash2(V) end || _ <- lists:seq(1, 300)])
    end).

id(Term) -> Term.

own_dictionary() ->
    kept(dictionary, fun() ->
        put([a], value(20)), put([b], value(21)),
        churn(),
        Old = put([a], new), Erased = erase([b]), Keys = lists:sort(get_keys()), All = lists:sort(get()),
        erase(),
        {Old, Erased, Keys, All}
    end).

persistent() ->
    kept(persistent, fun() ->
        persistent_term:put({?MODULE, key}, value(22)),
        Value = persistent_term:get({?MODULE, key}),
        persistent_term:put({?MODULE, key}, value(23)),
        churn(),
        Second = persistent_term:get({?MODULE, key}),
        persistent_term:erase({?MODULE, key}),
        {Value, Second}
    end).
