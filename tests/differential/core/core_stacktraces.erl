%% Stack traces: function, arity or arguments, file and line of each frame.
%% tier: 0
-module(core_stacktraces).
-export([main/0, id/1]).

main() ->
    show(fun() -> 1 = id(2), ok end),
    show(fun() -> body(id(a)) end),
    show(fun() -> tail(id(a)) end),
    show(fun() -> clause(id(none)) end),
    show(fun() -> case id(1) of 2 -> ok end end),
    show(fun() -> X = id(1), if X > 2 -> ok end end),
    show(fun() -> nested(3) end),
    show(fun() -> error(custom) end),
    show(fun() -> error(custom, [given, args]) end),
    show(fun() -> throw(thrown) end),
    show(fun() -> exit(left) end),
    show(fun() -> hd(id([])), ok end),
    show(fun() -> element(id(3), {a, b}), ok end),
    show(fun() -> atom_to_list(id(1)) end),
    show(fun() -> no_such_module:f(1, two) end),
    show(fun() -> ?MODULE:no_such_function(x) end),
    show(fun() -> erlang:raise(error, raised, [{m, f, 1, [{line, 9}]}]) end),
    show(fun() -> (id(fun(x) -> ok end))(y) end),
    ok.

id(X) -> X.

show(F) ->
    try F() catch
        Class:Reason:Stack -> erlang:display({Class, Reason}), frames(Stack)
    end.

frames([]) -> ok;
frames([{?MODULE, main, _, _} | _]) -> ok;
frames([{?MODULE, show, _, _} | _]) -> ok;
frames([{M, F, A, Info} | Rest]) ->
    erlang:display({M, F, A, [I || {line, _} = I <- Info]}),
    frames(Rest).

body(X) ->
    Y = X + 1,
    {ok, Y}.

tail(X) -> erlang:abs(X).

clause(some) -> ok;
clause({some, _}) -> ok.

nested(0) -> id(0) / id(0);
nested(N) -> [nested(N - 1)].
