%% @doc The compiler, on a large module of many kinds of functions.
-module(bench_compile).

-export([compile/1]).

%% Compiles a module with so many functions of each kind, loads it and calls it.
compile(Number) ->
    Forms = [{attribute, 1, module, bench_compiled}, {attribute, 2, export, [{sum, 1}]}, form(sum(Number))
             | lists:append([[form(Text) || Text <- functions(integer_to_list(N))] || N <- lists:seq(1, Number)])],
    {ok, bench_compiled, Binary} = compile:forms(Forms, [binary]),
    {module, bench_compiled} = code:load_binary(bench_compiled, "bench_compiled.beam", Binary),
    %% Called by a name in a variable: it isn't there when the image is built.
    Compiled = bench_compiled,
    Number = Compiled:sum(7) - Compiled:sum(6),
    true = code:delete(bench_compiled),
    _ = code:purge(bench_compiled),
    ok.

form(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Form} = erl_parse:parse_form(Tokens),
    Form.

%% Each function with a number in its name yields its argument.
sum(Number) ->
    Calls = ["start" ++ integer_to_list(N) ++ "(X)" || N <- lists:seq(1, Number)],
    lists:append(["sum(X) -> lists:sum(["] ++ lists:join(",", Calls) ++ ["])."]).

functions(N) ->
    [lists:append(["start", N, "(X) -> {ok, Y} = classify", N, "({item, X, [X, X + ", N, "]}), "
                   "Z = walk", N, "([Y | lists:seq(1, 3)], 0), pick", N, "(#{value => Z - 6, name => \"", N, "\"})."]),
     lists:append(["classify", N, "({item, X, [X | Rest]}) when is_integer(X), length(Rest) =:= 1 -> "
                   "case Rest of [Y] when Y - X =:= ", N, " -> {ok, X}; _ -> {error, {", N, ", Rest}} end; "
                   "classify", N, "({other, <<A:8, B:16/little, _/binary>>}) -> {ok, A + B}; "
                   "classify", N, "(Unknown) -> try list_to_integer(Unknown) of I -> {ok, I} "
                   "catch error:badarg -> {error, Unknown}; _:Reason -> exit({Reason, ", N, "}) end."]),
     lists:append(["walk", N, "([], Sum) -> Sum; "
                   "walk", N, "([X | Xs], Sum) when X rem 2 =:= 0, X > ", N, "000 -> walk", N, "(Xs, Sum + X * 2 - X); "
                   "walk", N, "([X | Xs], Sum) -> F = fun(Y) -> X + Y end, walk", N, "(Xs, F(Sum))."]),
     lists:append(["pick", N, "(#{value := V, name := [C | _] = Name}) -> "
                   "L = [{K, V} || K <- Name, K =:= C], "
                   "B = << <<(K + ", N, "):32>> || {K, _} <- L >>, "
                   "if byte_size(B) >= 4 -> element(2, hd(L)); true -> {V, B} end."])].
