%% A Lisp: a reader, closures, macros by quasi-quotation of lists, tail calls that run for long.
%% tier: 2
-module(lisp_evaluator).
-export([main/0]).

main() ->
    Program = "(define square (lambda (x) (* x x)))"
              "(square 12)"
              "(define fact (lambda (n) (if (< n 2) 1 (* n (fact (- n 1))))))"
              "(fact 25)"
              "(define count (lambda (n acc) (if (= n 0) acc (count (- n 1) (+ acc 1)))))"
              "(count 20000 0)"
              "(define map (lambda (f l) (if (null? l) (quote ()) (cons (f (car l)) (map f (cdr l))))))"
              "(map square (quote (1 2 3 4)))"
              "(let ((x 1) (y 2)) (list x y (+ x y)))"
              "((lambda args args) 1 2 3)"
              "(define adder (lambda (n) (lambda (m) (+ n m))))"
              "((adder 5) 6)"
              "(car (quote ()))"
              "undefined-name"
              "(quote (a \"text\" 1.5 (nested (list))))",
    {Forms, []} = read_all(tokens(Program)),
    lists:foldl(fun(Form, Env) ->
        try eval(Form, Env) of
            {Value, Env1} -> io:format("~p~n", [show(Value)]), Env1
        catch
            Class:Reason -> io:format("~p ~p~n", [Class, Reason]), Env
        end
    end, #{}, Forms).

tokens([]) -> [];
tokens([C | Cs]) when C =:= $\s; C =:= $\n -> tokens(Cs);
tokens([$( | Cs]) -> [open | tokens(Cs)];
tokens([$) | Cs]) -> [close | tokens(Cs)];
tokens([$" | Cs]) -> {Text, [$" | Rest]} = lists:splitwith(fun(C) -> C =/= $" end, Cs), [{string, Text} | tokens(Rest)];
tokens(Cs) ->
    {Word, Rest} = lists:splitwith(fun(C) -> not lists:member(C, "() \n\"") end, Cs),
    [atom(Word) | tokens(Rest)].

atom(Word) ->
    try list_to_integer(Word)
    catch error:badarg ->
        try list_to_float(Word) catch error:badarg -> {symbol, Word} end
    end.

read_all(Tokens) -> read_all(Tokens, []).
read_all([], Acc) -> {lists:reverse(Acc), []};
read_all([close | Rest], Acc) -> {lists:reverse(Acc), Rest};
read_all([open | Rest], Acc) -> {Inner, After} = read_all(Rest, []), read_all(After, [Inner | Acc]);
read_all([X | Rest], Acc) -> read_all(Rest, [X | Acc]).

eval([{symbol, "define"}, {symbol, Name}, Expression], Env) ->
    {Value, _} = eval(Expression, Env),
    {{symbol, Name}, Env#{Name => Value}};
eval(Expression, Env) -> {value(Expression, Env, Env), Env}.

value({symbol, Name}, Env, Top) ->
    case Env of
        #{Name := Value} -> Value;
        _ -> case Top of #{Name := Value} -> Value; _ -> primitive(Name) end
    end;
value([{symbol, "quote"}, Form], _, _) -> Form;
value([{symbol, "if"}, Test, Then, Else], Env, Top) ->
    case value(Test, Env, Top) of
        false -> value(Else, Env, Top);
        _ -> value(Then, Env, Top)
    end;
value([{symbol, "let"}, Bindings, Body], Env, Top) ->
    value(Body, lists:foldl(fun([{symbol, N}, E], M) -> M#{N => value(E, Env, Top)} end, Env, Bindings), Top);
value([{symbol, "lambda"}, Parameters, Body], Env, _) -> {closure, Parameters, Body, Env};
value([F | Arguments], Env, Top) ->
    case value(F, Env, Top) of
        {closure, Parameters, Body, Inner} ->
            value(Body, bind(Parameters, [value(A, Env, Top) || A <- Arguments], Inner), Top);
        Fun when is_function(Fun) -> Fun([value(A, Env, Top) || A <- Arguments]);
        Other -> throw({not_a_function, show(Other)})
    end;
value(Literal, _, _) -> Literal.

bind({symbol, Name}, Values, Env) -> Env#{Name => Values};
bind(Names, Values, Env) -> maps:merge(Env, maps:from_list(lists:zip([N || {symbol, N} <- Names], Values))).

primitive("+") -> fun lists:sum/1;
primitive("*") -> fun(L) -> lists:foldl(fun(A, B) -> A * B end, 1, L) end;
primitive("-") -> fun([A, B]) -> A - B end;
primitive("<") -> fun([A, B]) -> A < B end;
primitive("=") -> fun([A, B]) -> A == B end;
primitive("car") -> fun([[H | _]]) -> H end;
primitive("cdr") -> fun([[_ | T]]) -> T end;
primitive("cons") -> fun([H, T]) -> [H | T] end;
primitive("list") -> fun(L) -> L end;
primitive("null?") -> fun([L]) -> L =:= [] end;
primitive(Name) -> throw({unbound, Name}).

show({symbol, Name}) -> list_to_atom(Name);
show({closure, P, _, _}) -> {closure, length(P)};
show(L) when is_list(L) -> [show(X) || X <- L];
show({string, Text}) -> Text;
show(X) -> X.
