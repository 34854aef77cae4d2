%% Exceptions: classes, order of clean-up, nesting, values, catch.
%% tier: 2
-module(exceptions).
-export([main/0, id/1]).

main() ->
    Raisers = [fun() -> value end, fun() -> throw(t) end, fun() -> exit(e) end, fun() -> error(r) end, fun() -> error({r, 2}, [args]) end,
               fun() -> exit(normal) end, fun() -> throw({nested, [1.5, "x"]}) end, fun() -> erlang:raise(exit, raised, []) end],
    [p([all(F), only_throw(F), with_of(F), with_after(F), catcher(F), rethrow(F)]) || F <- Raisers],
    p(order([a, b, c])),
    p(try try error(one) after throw(two) end catch C1:R1 -> {C1, R1} end),
    p(try try error(one) catch error:one -> error(two) end catch C2:R2 -> {C2, R2} end),
    p(try try ok of ok -> throw(of_section) catch throw:_ -> not_here end catch C3:R3 -> {C3, R3} end),
    p(try try throw(x) catch throw:y -> no after put(cleaned, yes) end catch throw:X4 -> {X4, get(cleaned)} end),
    p([catch_value(N) || N <- lists:seq(1, 6)]),
    p(lists:foldl(fun(N, A) -> try if N rem 3 =:= 0 -> throw({skip, N}); true -> [N | A] end catch {skip, K} -> [{skipped, K} | A] end end, [], lists:seq(1, 10))),
    p(find(fun(N) -> N * N > 50 end, lists:seq(1, 100))),
    p(depth(200)),
    p(try deep(10000) catch throw:{bottom, V} -> V end),
    p(retry(fun(N) when N < 4 -> error({attempt, N}); (N) -> {succeeded, N} end, 1)),
    p([guarded(E) || E <- [{low, 1}, {low, 9}, high, "text", <<"b">>]]),
    p(case catch 1 / id(0) of {'EXIT', {badarith, [_ | _]}} -> caught_badarith end),
    p(case catch lists:nth(5, id([1])) of {'EXIT', {function_clause, [{lists, nth, _, _} | _]}} -> caught_clause end),
    p([(catch exit(x)), (catch throw(y)), (catch z)]),
    p(tuple_size(catch error(q))),
    p({1, catch throw(2), [catch throw(3) | catch throw([4])]}),
    p(try (try 1 of 1 -> 2 after 3 end) of 2 -> 4 after 5 end),
    p(nested_after()),
    p(process_flag_restored()),
    Stack = try error(here) catch _:_:S -> S end,
    p({is_list(Stack), element(1, hd(Stack)), element(2, hd(Stack)), element(3, hd(Stack))}),
    p(try erlang:raise(bad_class, x, []) catch C5:R5 -> {C5, R5} end),
    p(try id(throw(inside_args)) catch I -> I end),
    p([try F() catch throw:{K, V5} when K =:= a -> {got_a, V5}; throw:{_, V6} -> {got, V6}; error:Er when is_atom(Er) -> {atom, Er}; _:Any -> {any, Any} end
       || F <- [fun() -> throw({a, 1}) end, fun() -> throw({b, 2}) end, fun() -> error(atom) end, fun() -> error({no, atom}) end, fun() -> exit(done) end]]).

id(X) -> X.
p(X) -> io:format("~p~n", [X]).

all(F) -> try F() catch C:R -> {C, R} end.
only_throw(F) -> try try F() catch T -> {thrown, T} end catch C:R -> {passed, C, R} end.
with_of(F) -> try F() of V -> {of_, V} catch _:R -> {caught, R} end.
with_after(F) -> put(after_, 0), V = try F() catch _:_ -> failed after put(after_, 1) end, {V, get(after_)}.
catcher(F) -> case catch F() of {'EXIT', {R, S}} when is_list(S) -> {exit_with_stack, R}; {'EXIT', R} -> {exit, R}; V -> V end.
rethrow(F) -> try try F() catch C:R:S -> erlang:raise(C, {again, R}, S) end catch C2:R2 -> {C2, R2} end.

order(L) -> order(L, []).
order([], Acc) -> try throw({end_of, Acc}) catch X -> X end;
order([H | T], Acc) ->
    try order(T, [H | Acc]) after put(order, [H | case get(order) of undefined -> []; O -> O end]), T =:= [] andalso put(last, H) end.

catch_value(1) -> catch 1;
catch_value(2) -> (catch throw({a, tuple}));
catch_value(3) -> try 3 catch _:_ -> no end;
catch_value(4) -> X = (catch id(4)), X + 1;
catch_value(5) -> [catch throw(5) || _ <- [1, 2]];
catch_value(6) -> try begin A = id(6), A end of B when B > 10 -> big; B -> B catch _ -> no end.

find(P, L) -> try lists:foreach(fun(X) -> case P(X) of true -> throw({found, X}); false -> ok end end, L), none catch {found, X} -> X end.

depth(0) -> 0;
depth(N) -> try depth(N - 1) + 1 catch error:_ -> bad end.

deep(0) -> throw({bottom, reached});
deep(N) -> 1 + deep(N - 1).

retry(F, N) -> try F(N) catch error:{attempt, K} -> retry(F, K + 1) end.

guarded(E) ->
    try throw(E)
    catch
        throw:{low, N} when N < 5 -> {low_small, N};
        throw:{low, N} -> {low_big, N};
        throw:A when is_atom(A) -> {atom, A};
        throw:L when is_list(L), length(L) > 3 -> {list, length(L)};
        throw:Other -> {other, Other}
    end.

nested_after() ->
    put(trace, []),
    T = fun(X) -> put(trace, [X | get(trace)]) end,
    catch try try T(1), error(x) after T(2) end after try T(3), throw(y) catch throw:y -> T(4) after T(5) end end,
    lists:reverse(get(trace)).

process_flag_restored() ->
    Old = process_flag(trap_exit, true),
    try exit(whoops) catch exit:whoops -> caught after process_flag(trap_exit, Old) end.
