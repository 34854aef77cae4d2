%% erl_scan, erl_parse and erl_eval: text to tokens to forms to values.
%% tier: 4
-module(eval_expressions).
-export([main/0]).

main() ->
    [p({S, eval(S)}) || S <- ["1 + 2 * 3.", "X = 5, Y = X * 2, {X, Y}.", "[X * X || X <- lists:seq(1, 5), X rem 2 =:= 1].", "case {ok, 3} of {ok, N} when N > 2 -> big; _ -> small end.", "(fun F(0) -> 1; F(N) -> N * F(N - 1) end)(10).", "try error(oops) catch error:R -> {caught, R} after ok end.", "<<A:4, B/bits>> = <<16#ab, 1>>, {A, B}.", "#{a := V} = #{a => 1, b => 2}, V.", "if 1 > 2 -> a; true -> b end.", "receive x -> y after 0 -> none end.", "begin A = 1, B = A end + 1.", "<< <<X>> || X <- \"abc\" >>.", "lists:map(fun(X) -> X + 1 end, [1, 2]).", "catch throw(ball).", "1 / 0.", "foo(1).", "{a, b} = {a, c}.", "\"str\" ++ \"ing\".", "$a + 1.", "16#ff bxor 2#101.", "not true orelse false andalso x.", "fun lists:sort/1 ([3, 1]).", "M = #{}, M#{k => v}."]],
    [p(erl_scan:string(S)) || S <- ["foo(X, \"a\\n\", $\\s, 1.5e3, 'q a', _Y) -> #{a => 1}; <<X:8>>. % c", "\"unterminated", "16#zz", "a:b/2 || <- => := -- ++ =< == =:= ... ."]],
    [p(case erl_scan:string(S) of {ok, Ts, _} -> erl_parse:parse_exprs(Ts) end) || S <- ["a + .", "[1, 2.", "X = 1, Y.", "f(a)(b)."]],
    [p(case erl_scan:string(S) of {ok, Us, _} -> erl_parse:parse_term(Us) end) || S <- ["{a, [1, \"s\"], #{k => <<1>>}, -5}.", "fun() -> ok end.", "f(1)."]],
    {ok, T, _} = erl_scan:string("f(0) -> 1; f(N) when N > 0 -> N * f(N - 1)."), {ok, F} = erl_parse:parse_form(T), p(F),
    p(erl_parse:normalise(erl_parse:abstract({a, [1, "x", <<"b">>], #{k => 1.5}}))), p(erl_eval:exprs(element(2, parse("A + B.")), [{'A', 1}, {'B', 2}])),
    p([erl_anno:line(erl_anno:new({3, 4})), erl_scan:reserved_word('case')]).

parse(S) -> {ok, T, _} = erl_scan:string(S), erl_parse:parse_exprs(T).
eval(S) -> {ok, Es} = parse(S), try element(2, erl_eval:exprs(Es, [])) catch C:R -> {C, R} end.
p(X) -> io:format("~p~n", [X]).
