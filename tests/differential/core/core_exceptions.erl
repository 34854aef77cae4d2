%% try, catch, after, throw, exit, error, nested and rethrown.
%% tier: 0
-module(core_exceptions).
-export([main/0, id/1]).

main() ->
    erlang:display([run(fun() -> ok end), run(fun() -> throw(t) end), run(fun() -> exit(e) end), run(fun() -> error(r) end),
                    run(fun() -> error({r, 1}, [a]) end), run(fun() -> erlang:raise(throw, raised, []) end)]),
    erlang:display([catch throw(x), catch id(y), element(2, catch exit(z))]),
    erlang:display(case catch error(id(q)) of {'EXIT', {q, St}} -> {exit, is_list(St)} end),
    erlang:display(try id(5) of 5 -> five; _ -> other catch _:_ -> caught end),
    erlang:display(run(fun() -> try id(6) of 5 -> five catch _:_ -> caught after erlang:display(after_runs) end end)),
    erlang:display(run(fun() -> try throw(inner) after erlang:display(cleanup) end end)),
    erlang:display(run(fun() -> try throw(inner) catch error:_ -> no end end)),
    erlang:display(run(fun() -> try throw(one) catch throw:one -> throw(two) end end)),
    erlang:display(run(fun() -> try throw(one) catch throw:one -> error(three) after erlang:display(still) end end)),
    erlang:display(run(fun() -> try ok after throw(from_after) end end)),
    erlang:display(run(fun() -> try throw(x) catch C:R:S -> erlang:raise(C, {again, R}, S) end end)),
    erlang:display(try try exit(deep) after erlang:display(first) end catch exit:D -> {got, D} after erlang:display(second) end),
    erlang:display(deep(1000)),
    erlang:display(run(fun() -> unwind(500) end)),
    X = id(7),
    erlang:display(try {X, throw({X, X})} catch {A, A} -> {same, A} end),
    erlang:display([run(fun() -> id(1) + id(a) end), run(fun() -> 1 = id(2) end), run(fun() -> case id(a) of b -> c end end),
                    run(fun() -> (id(a))() end), run(fun() -> no_module:no_function() end), run(fun() -> if X > 8 -> a end end),
                    run(fun() -> only(id(2)) end), run(fun() -> throw(id([big, list, {term, 1.0}])) end)]),
    erlang:display(loop(5, [])),
    erlang:display(catch (catch throw(a)) =:= a),
    erlang:display([1 | catch [2 | throw([3])]]),
    ok.

id(X) -> X.

only(1) -> ok.

run(F) ->
    try F() of
        Value -> {value, Value}
    catch
        throw:X -> {throw, X};
        exit:X -> {exit, X};
        error:X -> {error, X}
    end.

deep(0) -> bottom;
deep(N) -> try deep(N - 1) catch throw:never -> no end.

unwind(0) -> throw(top);
unwind(N) -> try unwind(N - 1) after id(N) end.

loop(0, Acc) -> Acc;
loop(N, Acc) ->
    R = try
            case N rem 3 of
                0 -> throw(N);
                1 -> error(N);
                2 -> N
            end
        catch
            throw:T -> {t, T};
            error:E -> {e, E}
        end,
    loop(N - 1, [R | Acc]).
