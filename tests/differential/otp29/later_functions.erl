%% Functions that came after OTP 25.
-module(later_functions).
-export([main/0]).

main() ->
    integers(),
    iterated_processes(),
    tables(),
    terms().

caught(Fun) ->
    try Fun()
    catch Class:Reason -> {Class, Reason}
    end.

integers() ->
    Binaries = [{<<"12">>, 10}, {<<"1z">>, 10}, {<<>>, 10}, {<<"12">>, 99}, {a, 10}, {<<"-ff">>, 16}, {<<"12">>, a}, {<<1:3>>, 10}],
    erlang:display([caught(fun() -> erts_internal:binary_to_integer(Text, Base) end) || {Text, Base} <- Binaries]),
    Lists = [{"12", 10}, {"1z", 10}, {"z1", 10}, {"", 10}, {"12", 99}, {a, 10}, {"-ff g", 16}, {"12", a}, {"1" ++ tail, 10},
             {[a], 10}, {"-", 10}, {[$1, a], 10}, {[$1, 1 bsl 80], 10}, {"+Zz", 36}],
    erlang:display([caught(fun() -> erts_internal:list_to_integer(Text, Base) end) || {Text, Base} <- Lists]),
    erlang:display([caught(fun() -> is_integer(Value, Least, Most) end)
                    || {Value, Least, Most} <- [{1, 1, 2}, {3, 1, 2}, {1.0, 1, 2}, {1, a, 2}, {1 bsl 70, 0, 1 bsl 71}]]).

iterated_processes() ->
    Pids = [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, 2500)],
    erlang:display(lists:all(fun(Pid) -> lists:member(Pid, all(0, [])) end, [hd(Pids), lists:last(Pids), self()])),
    erlang:display(Pids -- all(0, [])),
    [Pid ! stop || Pid <- Pids],
    erlang:display([caught(fun() -> erts_internal:processes_next(From) end) || From <- [a, -1, 1.0]]).

all(From, Found) ->
    case erts_internal:processes_next(From) of
        none -> Found;
        {Next, Pids} -> all(Next, Pids ++ Found)
    end.

tables() ->
    Ordered = ets:new(ordered, [ordered_set]),
    Bag = ets:new(bag, [bag]),
    %% One by one: lists of objects are inserted in another order by other releases.
    ets:insert(Bag, {1, a}),
    ets:insert(Bag, {1, b}),
    Tests = [fun() -> ets:first_lookup(Ordered) end,
             fun() -> ets:last_lookup(Ordered) end,
             fun() -> ets:next_lookup(Ordered, 1) end,
             fun() -> ets:prev_lookup(Ordered, 1) end,
             fun() -> ets:first_lookup(Bag) end,
             fun() -> ets:next_lookup(Bag, 1) end,
             fun() -> ets:next_lookup(Bag, 2) end,
             fun() -> ets:lookup_element(Ordered, 1, 2, default) end,
             fun() -> ets:lookup_element(Bag, 1, 2, default) end,
             fun() -> ets:lookup_element(Bag, 1, 7, default) end,
             fun() -> ets:lookup_element(Bag, 2, 0, default) end,
             fun() -> ets:lookup_element(Bag, 2, 99, default) end,
             fun() -> ets:update_element(Ordered, k, {2, v}, {k, 1}) end,
             fun() -> ets:update_element(Ordered, k, {2, w}, {k, 1}) end,
             fun() -> ets:update_element(Ordered, m, [{3, w}, {2, x}], {other, 1, 2}) end,
             fun() -> ets:update_element(Ordered, n, {3, w}, {k, 1}) end,
             fun() -> ets:update_element(Ordered, n, {2, w}, k) end,
             fun() -> ets:update_element(Ordered, n, [], {k, 1}) end,
             fun() -> ets:update_element(Ordered, n, {1, w}, {k, 1}) end,
             fun() -> ets:update_element(Ordered, q, {1, w}, {k, 1}) end,
             fun() -> ets:update_element(Ordered, k, [], zz) end,
             fun() -> ets:update_element(Ordered, k, [], {}) end,
             fun() -> ets:update_element(Ordered, q, {2, w}, {}) end,
             fun() -> ets:update_element(Bag, k, {2, a}, {k, 1}) end,
             fun() -> ets:first_lookup(Ordered) end,
             fun() -> ets:last_lookup(Ordered) end,
             fun() -> ets:next_lookup(Ordered, k) end,
             fun() -> ets:prev_lookup(Ordered, n) end,
             fun() -> ets:prev_lookup(Ordered, k) end,
             fun() -> ets:tab2list(Ordered) end],
    [erlang:display(caught(Test)) || Test <- Tests].

terms() ->
    erlang:display([caught(fun() -> persistent_term:put_new(later, Value) end) || Value <- [1, 1, 1.0, [1]]]),
    erlang:display(persistent_term:get(later)),
    erlang:display([caught(fun() -> erts_internal:system_monitor(Session) end) || Session <- [legacy, other]]),
    erlang:display(caught(fun() -> erts_internal:system_monitor(legacy, undefined, []) end)).
