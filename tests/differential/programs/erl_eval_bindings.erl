%% Expressions evaluated at run time: bindings, local and external functions, funs, records refused, errors.
%% tier: 3
-module(erl_eval_bindings).
-export([main/0]).

main() ->
    [io:format("~p~n", [eval(S, [{'X', 5}, {'L', [1, 2, 3]}])])
     || S <- ["X + 1.", "Y = X * 2, Y + 1.", "[A * X || A <- L, A > 1].", "case L of [H | _] when H < X -> H; _ -> none end.", "F = fun(A) when A > 0 -> A * X; (_) -> 0 end, {F(2), F(-1)}.",
              "F = fun Fac(0) -> 1; Fac(N) -> N * Fac(N - 1) end, F(20).", "try error(oops) catch C:R -> {C, R} after put(x, 1) end.", "<<A:4, B:4>> = <<16#ab>>, {A, B}.", "<< <<(A + 1)>> || <<A>> <= <<1, 2, 3>> >>.",
              "#{a => X, b => M = 2}.", "#{k := V} = #{k => {X}}, V.", "begin self() ! {msg, X}, receive {msg, Z} -> Z after 0 -> none end end.", "lists:map(fun erlang:abs/1, [-1, 2]).", "if X > 3 -> big; true -> small end.",
              "catch throw(x).", "X = 6.", "undefined_function(1).", "Unbound.", "1 / 0.", "lists:nosuch(1).", "local(3).", "maybe_not.", "fun lists:sort/1([3, 1, 2]).", "[X || X <- L], X.", "\"a\" ++ [X].", "X andalso true.", "A = B = C = X, {A, B, C}."]],
    {ok, Ts, _} = erl_scan:string("A = 1, B = {A, Q}, B."),
    {ok, Es} = erl_parse:parse_exprs(Ts),
    io:format("~p~n", [erl_eval:exprs(Es, erl_eval:add_binding('Q', q, erl_eval:new_bindings()))]),
    io:format("~p~n", [[erl_eval:binding('Q', [{'Q', 1}]), erl_eval:bindings([{b, 2}, {a, 1}]), erl_eval:del_binding('Q', [{'Q', 1}])]]).

eval(Text, Bindings) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    Local = {value, fun(local, [N]) -> {local, N + 1}; (F, A) -> erlang:error(undef, [F, A]) end},
    try erl_eval:exprs(Exprs, Bindings, Local) of
        {value, V, B} -> {V, [N || {N, _} <- lists:sort(B)]}
    catch
        C:R -> {C, R}
    end.
