%% Forms linted, expanded, printed, compiled and loaded at run time.
%% tier: 5
-module(compile_forms).
-export([main/0]).

main() ->
    Text = ["-module(generated).", "-export([f/1, g/2, area/1, loop/2]).", "-record(p, {x = 0 :: integer(), y}).", "-spec f(integer()) -> integer().", "f(0) -> 1; f(N) when is_integer(N), N > 0 -> N * f(N - 1).", "g(L, M) -> [{X, maps:get(X, M, none)} || X <- L, X =/= skip].",
            "area({circle, R}) -> 3 * R * R; area(#p{x = X, y = Y}) -> try X * Y catch error:badarith -> bad after ok end.", "loop(<<A, R/binary>>, S) -> loop(R, S + A); loop(<<>>, S) -> receive x -> y after 0 -> fun() -> S end end."],
    Forms = [begin {ok, T, _} = erl_scan:string(L), {ok, F} = erl_parse:parse_form(T), F end || L <- Text],
    [io:format("~s", [erl_pp:form(F)]) || F <- Forms],
    {ok, generated, Beam} = compile:forms(Forms, [binary]),
    {module, generated} = code:load_binary(generated, "generated.erl", Beam),
    p([generated:f(20), generated:g([a, skip, b], #{a => 1}), generated:area({circle, 2}), generated:area({p, 3, 4}), generated:area({p, 3, a}), (generated:loop(<<1, 2, 3>>, 0))()]),
    p(lists:sort(generated:module_info(exports))),
    p(erl_lint:module([{attribute, 1, module, m}, {attribute, 1, export, [{f, 0}]}, {function, 2, f, 0, [{clause, 2, [], [], [{var, 2, 'Unbound'}]}]}])),
    io:format("~s~n", [erl_pp:expr(hd(element(2, parse("case f(X) of {ok, Y} when Y > 1; Y < -1 -> [Z || Z <- Y, Z =/= 2]; #{a := B} = C -> fun(Q) -> Q#r.f end(B) end."))))]),
    {ok, generated, Beam2} = compile:forms(lists:droplast(Forms) ++ [begin {ok, T2, _} = erl_scan:string("loop(_, _) -> second_version."), element(2, erl_parse:parse_form(T2)) end], [binary]),
    Old = fun generated:loop/2, code:load_binary(generated, "generated.erl", Beam2), p([Old(a, b), generated:loop(a, b), code:purge(generated), code:delete(generated), erlang:function_exported(generated, f, 1)]).

parse(S) -> {ok, T, _} = erl_scan:string(S), erl_parse:parse_exprs(T).
p(X) -> io:format("~p~n", [X]).
