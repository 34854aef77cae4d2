%% erl_scan with positions, erl_parse of forms and terms, erl_anno, and their errors.
%% tier: 3
-module(scanning_and_parsing).
-export([main/0]).

main() ->
    [io:format("~p~n", [erl_scan:string(S)])
     || S <- ["foo(Bar, 16#ff, 2#101, $a, $\\n) -> \"str\\x{41}\" ++ 'quoted atom'.", "1.5e3 1_000 36#Zz a.b", "% comment\n X", "\"open", "'open", "1.e5", "$", "#{a := 1} <<1:8/little>>"]],
    io:format("~p~n", [erl_scan:string("A = \"two\nlines\", b.", {1, 1}, [return, text])]),
    [io:format("~p~n", [parse(S)])
     || S <- ["f(X) when X > 1, is_atom(X); true -> case X of 1 -> a; _ -> b end.", "-record(r, {a = 1 :: integer(), b}).", "-spec g(A) -> [A] when A :: term().",
              "f() -> fun(X) -> X + 1 end, fun lists:map/2, [Y || Y <- L, <<Z>> <= B], try a catch error:R:S -> {R, S} after ok end.",
              "f( -> x.", "-type t() :: #{a => b, c := d} | <<_:8, _:_*16>> | fun((...) -> x) | 1..3.", "f() -> receive {a, B} -> B after 10 -> c end, X#r{a = 2}, M#{k => v}, catch g()."]],
    [io:format("~p~n", [term(S)]) || S <- ["{a, [1, 2 | x], \"s\", <<1, 2>>, #{k => 'V'}}.", "fun erlang:self/0.", "1 + 1.", "-5.", "f(x).", "{a b}."]],
    io:format("~s~n", [[erl_parse:format_error(M) || {error, {_, erl_parse, M}} <- [parse("f( -> x."), parse("f() -> end.")]]]).

parse(S) -> {ok, Tokens, _} = erl_scan:string(S), erl_parse:parse_form(Tokens).
term(S) -> {ok, Tokens, _} = erl_scan:string(S), erl_parse:parse_term(Tokens).
