%% Stack traces around tail calls: frames that are there and frames that are not.
%% tier: 2
-module(tail_call_traces).
-export([main/0, id/1, a/1, b/1, c/1, remote/1]).

main() ->
    [trace(F) || F <- [fun() -> a(id(1)) end, fun() -> body_a(id(1)) end, fun() -> remote(id(1)) end, fun() -> apply(?MODULE, a, [id(1)]) end, fun() -> mutual(id(5)) end, fun() -> in_case(id(2)) end, fun() -> in_try(id(0)) end, fun() -> in_catch(id(0)) end,
                       fun() -> in_fun(id(0)) end, fun() -> lists:foreach(fun(X) -> c(X) end, [1]) end, fun() -> lists:foldl(fun(X, _) -> 1 + c(X) end, 0, [1]) end, fun() -> [c(X) || X <- [1]] end, fun() -> {c(id(1)), 1} end, fun() -> erlang:error(direct) end, fun() -> maps:map(fun(_, V) -> c(V) end, #{a => 1}) end]].

id(X) -> X.
trace(F) ->
    try F(), io:format("no error~n")
    catch K:R:S -> io:format("~p ~p~n", [K, R]), [io:format("    ~p:~p/~p ~p~n", [M, Fn, if is_list(A) -> length(A); true -> A end, proplists:get_value(line, I)]) || {M, Fn, A, I} <- lists:takewhile(fun({M, Fn, _, _}) -> {M, Fn} =/= {?MODULE, trace} end, S), M =:= ?MODULE]
    end.
a(X) -> b(X).
b(X) -> c(X).
c(X) -> error({c, X}).
body_a(X) -> Y = body_b(X), {Y, 1}.
body_b(X) -> Y = c(X), [Y].
remote(X) -> ?MODULE:a(X).
mutual(0) -> c(done);
mutual(N) -> mutual_2(N - 1).
mutual_2(0) -> c(done_2);
mutual_2(N) -> mutual(N - 1).
in_case(X) -> case X of 1 -> ok; 2 -> c(X) end.
in_try(X) -> try c(X) catch throw:_ -> ok end.
in_catch(X) -> Y = (catch c(X)), {'EXIT', {R, [{M, F, A, _} | _]}} = Y, error({R, M, F, A}).
in_fun(X) -> F = fun(Y) -> c(Y) end, F(X).
