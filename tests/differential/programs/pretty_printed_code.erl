%% erl_pp prints what erl_parse reads: forms of every kind come back the same.
%% tier: 3
-module(pretty_printed_code).
-export([main/0]).

main() ->
    Sources = ["f(X, {Y, [Z | T]}, <<A:8, B/binary>>) when X > 1, Y < 2; is_atom(Z) -> {X, Y, T, A, B}; f(_, _, _) -> none.",
               "g() -> case foo(1) of {ok, V} when V =/= 2 -> V; error -> throw({bad, \"text\"}) end.",
               "h(L) -> [{X, Y} || {X, Y} <- L, X > Y, begin Z = X, Z end =:= X] ++ [B || <<B:4>> <= <<1, 2>>].",
               "i() -> try a() of 1 -> one; _ -> other catch throw:T -> T; error:{badmatch, E}:S -> {E, S}; exit:_ -> x after clean() end.",
               "j() -> F = fun Loop(0) -> done; Loop(N) -> Loop(N - 1) end, F(3), fun ?MODULE_NAME:f/3, fun g/0.",
               "k(M) -> M#{a := 1, b => {2}}, #{}, #rec{a = 1, _ = 2}, M#rec.a, #rec.b.",
               "l() -> receive {msg, X} -> X; stop -> ok after 1000 * 2 -> timeout end, catch exit(x), -(1 + 2) * 3 div 4 rem 5.",
               "m() -> A = 1, not (A =:= 2) andalso (A == 1 orelse A xor true), begin x, y end, if A > 1 -> a; true -> b end.",
               "n() -> \"a \\\"quoted\\\" \\n string\", 'an atom', $x, 1.5e10, -1, 16#ff, <<\"bin\"/utf8>>.",
               "-type t(A) :: {A, [A]} | #{atom() => integer(), b := c} | fun((A, B) -> C) | fun() | <<>> | 1..10 | [x, ...].",
               "-record(rec, {a, b = 5 :: integer(), c :: undefined | pid()}).",
               "-callback init(Args :: term()) -> {ok, State :: any()} | ignore."],
    [begin
         {ok, Tokens, _} = erl_scan:string(lists:flatten(string:replace(S, "?MODULE_NAME", "pretty_printed_code"))),
         {ok, Form} = erl_parse:parse_form(Tokens),
         Text = lists:flatten(erl_pp:form(Form)),
         {ok, Again, _} = erl_scan:string(Text),
         {ok, Form2} = erl_parse:parse_form(Again),
         io:format("~s~w~n", [Text, strip(Form) =:= strip(Form2)])
     end || S <- Sources].

strip(Form) -> erl_parse:map_anno(fun(_) -> 0 end, Form).
