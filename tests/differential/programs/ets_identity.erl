%% What names a table and what does not, heirs that ended, lists into bags, and which replacements are sure to keep the key.
%% tier: 3
-module(ets_identity).
-export([main/0]).

main() ->
    references(),
    heirs(),
    [lists_into(Type) || Type <- [bag, duplicate_bag]],
    replacements().

references() ->
    T = ets:new(t, []),
    Read = fun() -> binary_to_term(term_to_binary(T)) end,
    io:format("~w~n", [{ets:info(Read(), size), cause(fun() -> ets:info(make_ref()) end)}]),
    Bytes = term_to_binary(T),
    ets:delete(T),
    io:format("~w~n", [{ets:info(T), ets:info(T, size), ets:info(binary_to_term(Bytes))}]),
    io:format("~w~n", [[cause(F) || F <- [
        fun() -> ets:lookup(T, a) end,
        fun() -> ets:lookup(make_ref(), a) end,
        fun() -> ets:lookup(no_such_table, a) end,
        fun() -> ets:lookup(17, a) end,
        fun() -> ets:info(17, size) end
    ]]]).

cause(F) ->
    try
        F()
    catch
        error:Reason:Stack ->
            {_, _, _, Info} = hd(Stack),
            #{cause := Cause} = proplists:get_value(error_info, Info),
            {Reason, Cause}
    end.

heirs() ->
    {Gone, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    T = ets:new(t, [{heir, Gone, nothing}]),
    Heir = spawn(fun() -> receive stop -> ok end end),
    ets:setopts(T, {heir, Heir, something}),
    io:format("~w~n", [{ets:info(ets:new(u, [{heir, Gone, nothing}]), heir), ets:info(T, heir) =:= Heir}]),
    Reference = monitor(process, Heir),
    Heir ! stop,
    receive {'DOWN', Reference, _, _, _} -> ok end,
    io:format("~w~n", [ets:info(T, heir) =:= Heir]),
    Self = self(),
    {_, Owner} = spawn_monitor(fun() ->
        Named = ets:new(named, [named_table, {heir, Self, a}]),
        ets:insert(Named, {k, v}),
        ets:setopts(Named, {heir, Self, b})
    end),
    receive {'DOWN', Owner, _, _, _} -> ok end,
    receive {'ETS-TRANSFER', named, _, Data} -> io:format("~w~n", [{Data, ets:tab2list(named)}]) end.

lists_into(Type) ->
    [begin
        T = ets:new(t, [Type]),
        [ets:insert(T, Object) || Object <- Before],
        io:format("~w~n", [{Type, ets:insert_new(T, {k, 0}), ets:insert(T, List), ets:lookup(T, k)}])
    end || Before <- [[], [{k, 9}, {k, 8}]],
        List <- [[{k, 3}], [{k, 3}, {k, 1}, {k, 2}], [{k, 3}, {j, 1}, {k, 1}, {k, 3}]]].

replacements() ->
    T = ets:new(t, []),
    ets:insert(T, [{N, a, b} || N <- lists:seq(1, 3)]),
    ets:insert(T, {{x, {y, [1]}}, a, b}),
    io:format("~w~n", [[replace(T, Head, Result) || {Head, Result} <- [
        {{'$1', '_', '_'}, {{'$1', new}}},
        {{'$1', '_', '_'}, {{'$2', new}}},
        {{'$1', '_', '_'}, {const, {'$1', new}}},
        {{1, '_', '_'}, {const, {1, new}}},
        {{1, '_', '_'}, {const, {1.0, new}}},
        {{{x, '$1'}, '_', '_'}, {{{{x, '$1'}}, new}}},
        {{{x, '$1'}, '_', '_'}, {{{x, '$1'}, new}}},
        {{{x, {y, [1]}}, '_', '_'}, {{{{{const, x}, {{y, [1]}}}}, new}}},
        {{{x, {y, [1]}}, '_', '_'}, {{{const, {x, {y, [1]}}}, new}}},
        {{{x, {y, [1]}}, '_', '_'}, {{{const, {x, {y, '$1'}}}, new}}},
        {{'_', '_', '_'}, {{{element, 1, '$_'}, new}}},
        {{'_', '_', '_'}, {{{element, 2, '$_'}, new}}},
        {{'_', '_', '_'}, {{'_', new}}},
        {{#{a => 1}, '_', '_'}, {{#{a => 1}, new}}},
        {{{}, '_', '_'}, {{{{}}, new}}},
        {'$1', '$1'},
        {'_', '$_'},
        {'_', {element, 1, {{'$_'}}}}
    ]]]),
    io:format("~w~n", [lists:sort(ets:tab2list(T))]).

replace(T, Head, Result) ->
    try
        ets:select_replace(T, [{Head, [], [Result]}])
    catch
        error:Reason -> Reason
    end.
