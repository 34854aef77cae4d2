%% Stack traces of errors of many kinds: functions, arguments, file, line.
%% tier: 2
-module(stack_traces).
-export([main/0, id/1, exported/1]).
-record(point, {x, y}).

main() ->
    Kinds = [{badmatch, fun() -> {ok, X} = id(nope), X end}, {case_clause, fun() -> case id(7) of 8 -> a end end}, {if_clause, fun() -> X = id(1), if X > 1 -> a end end},
             {try_clause, fun() -> try id(9) of 8 -> a catch _:_ -> c end end}, {function_clause, fun() -> clauses(id(3), "arg") end}, {fun_clause, fun() -> (id(fun(1) -> a end))(2) end},
             {badarith, fun() -> id(a) + 1 end}, {div_zero, fun() -> 1 div id(0) end}, {badarg_bif, fun() -> atom_to_list(id("x")), ok end}, {guard_bif, fun() -> length(id(x)) + 1 end},
             {undef_module, fun() -> nosuch:f(1, {2}) end}, {undef_function, fun() -> ?MODULE:missing(1) end}, {undef_fun, fun() -> (fun nosuch:g/0)() end}, {badfun, fun() -> (id(7))(x) end},
             {badmap, fun() -> (id([]))#{a => 1} end}, {badkey, fun() -> (id(#{}))#{a := 1} end}, {map_get, fun() -> map_get(k, id(#{})) end}, {badrecord, fun() -> (id({point, 1}))#point.x end},
             {error_1, fun() -> error(one) end}, {error_2, fun() -> error(two, [a, b]) end}, {throw_, fun() -> throw(ball) end}, {exit_, fun() -> exit(door) end},
             {nocatch_raise, fun() -> erlang:raise(error, again, [{m, f, [1], []}, {m, g, 2, [{file, "f.erl"}, {line, 7}]}]) end}, {old_raise, fun() -> erlang:raise(error, old, [{m, f, 1}, {m, g, 2, []}]) end}, {long_raise, fun() -> erlang:raise(error, long, [{m, f, N, []} || N <- lists:seq(1, 12)]) end}, {bad_raise, fun() -> erlang:raise(error, bad, [{m, f}]) end}, {body_call, fun() -> [body(id(0))] end},
             {tail_call, fun() -> tail1(id(0)) end}, {list_comp, fun() -> [10 div X || X <- id([5, 0])] end}, {nested_funs, fun() -> lists:map(fun(X) -> hd(X) end, [[1], []]) end},
             {lists_error, fun() -> lists:nth(3, id([1])) end}, {badgenerator, fun() -> [X || X <- id(5)] end}, {bit_construct, fun() -> <<(id(x)):8>> end}, {external, fun() -> ?MODULE:exported(id(1)) end},
             {apply_bif, fun() -> apply(erlang, hd, [[]]) end}, {badarg_apply, fun() -> apply(id(1), f, []) end}, {deep, fun() -> deep(4) end}, {deeper_than_limit, fun() -> deep(30) end},
             {send, fun() -> id(not_registered) ! x end}, {binary, fun() -> binary:at(<<1>>, 5) end}, {rethrown, fun() -> try body(id(0)) catch C:R:S -> erlang:raise(C, {again, R}, S) end end},
             {after_, fun() -> try body(id(0)) after id(cleanup) end end}, {ets, fun() -> ets:lookup(no_such_table, k) end}, {spawn_bad, fun() -> spawn(id(1), f, []) end}],
    [show(Name, F) || {Name, F} <- Kinds].

id(X) -> X.

show(Name, F) ->
    try F(), io:format("~p no error~n", [Name])
    catch Class:Reason:Stack ->
        io:format("~p: ~p ~p~n", [Name, Class, reason(Reason)]),
        [io:format("    ~p~n", [{M, Fn, A, [I || {K, _} = I <- Info, K =:= file orelse K =:= line]}]) || {M, Fn, A, Info} <- own(Stack)]
    end.

%% The frames below `show/2' depend on how the program was started.
own(Stack) -> lists:takewhile(fun({M, F, _, _}) -> {M, F} =/= {?MODULE, show} andalso M =/= erl_eval end, [base(Fr) || Fr <- Stack]).

base({M, F, A, Info}) -> {M, F, A, [case I of {file, P} -> {file, filename:basename(P)}; _ -> I end || I <- Info]}.

reason({badarity, {_, As}}) -> {badarity, As};
reason(R) -> R.

clauses(1, _) -> one;
clauses(2, [_ | _]) -> two.

body(X) ->
    Y = 1 / X,
    {Y}.

tail1(X) -> tail2(X, extra).
tail2(X, _) -> tail3([X]).
tail3([X]) -> 5 rem X.

exported(X) when X > 5 -> X.

deep(0) -> error(bottom);
deep(N) -> [deep(N - 1)].
