%% Writes random Erlang programs for the differential suite.
%%
%% Every expression has a type and is made of parts of the types that it needs, so that most of what is
%% written computes something; what can fail at run time (a division, the head of an empty list, a match)
%% does so now and then, and is caught and printed. Recursion is only structural, over short lists, and a
%% function calls only those before it: every program ends.
%%
%%     erl -noshell -run random_program compile DIRECTORY SEED COUNT    .beam files of programs
%%     erl -noshell -run random_program print SEED                      the text of one
-module(random_program).

-export([compile/1, print/1, forms/2]).

-type type() :: integer | float | boolean | atom | binary | bitstring | list | pairs | tuple | map | function.
-type scope() :: [{Variable :: atom(), type()}].
-type expression() :: erl_parse:abstract_expr().

-define(AT, 0).
-define(FUNCTIONS, 8).
-define(CALLS, 6).
-define(DEPTH, 5).
-define(TYPES, [integer, float, boolean, atom, binary, bitstring, list, pairs, tuple, map, function]).
-define(RESULTS, (?TYPES -- [function])).

%% @doc Writes `random_SEED.beam' for each of `Count' seeds from the first on.
-spec compile([string()]) -> no_return().
compile([Directory, First, Count]) ->
    Seeds = lists:seq(list_to_integer(First), list_to_integer(First) + list_to_integer(Count) - 1),
    [begin
         {Module, Beam, _} = program(Seed, 0),
         ok = file:write_file(filename:join(Directory, atom_to_list(Module) ++ ".beam"), Beam)
     end || Seed <- Seeds],
    halt(0).

%% @doc Prints the program of a seed.
-spec print([string()]) -> no_return().
print([Seed]) ->
    {_, _, Text} = program(list_to_integer(Seed), 0),
    io:put_chars(Text),
    halt(0).

%% A few programs are too much for a compiler: then another one takes the seed.
program(Seed, Attempt) ->
    Module = list_to_atom("random_" ++ integer_to_list(Seed)),
    Text = lists:flatten([erl_pp:form(Form) || Form <- forms(Module, Seed + Attempt * 1000003)]),
    case compile:noenv_forms(parse_all(Text), [deterministic]) of
        {ok, Module, Beam} -> {Module, Beam, Text};
        error -> program(Seed, Attempt + 1)
    end.

%% The forms again, now with the line numbers that stack traces name.
parse_all(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    parse_all(Tokens, []).

parse_all([], []) ->
    [];
parse_all([{dot, _} = Dot | Tokens], Form) ->
    {ok, Parsed} = erl_parse:parse_form(lists:reverse(Form, [Dot])),
    [Parsed | parse_all(Tokens, [])];
parse_all([Token | Tokens], Form) ->
    parse_all(Tokens, [Token | Form]).

%% @doc The abstract forms of the program of a seed.
-spec forms(module(), integer()) -> [erl_parse:abstract_form()].
forms(Module, Seed) ->
    _ = rand:seed(exsss, Seed),
    put(fresh, 0),
    put(functions, []),
    Functions = [function(N) || N <- lists:seq(1, ?FUNCTIONS)],
    [{attribute, ?AT, module, Module},
     {attribute, ?AT, export, [{main, 0}]},
     main_function(lists:reverse(get(functions))) | Functions]
        ++ [attempt(), identity()].

%% `main' prints what each function answers to arguments that the compiler doesn't know.
main_function(Functions) ->
    Calls = [begin
                 Arguments = [{call, ?AT, {atom, ?AT, identity}, [expression(Type, [], 1)]} || Type <- Types],
                 Fun = {'fun', ?AT, {clauses, [clause([], [], [{call, ?AT, {atom, ?AT, Name}, Arguments}])]}},
                 {call, ?AT, {atom, ?AT, attempt}, [{atom, ?AT, Name}, Fun]}
             end || {Name, Types, _} <- Functions, _ <- lists:seq(1, ?CALLS)],
    {function, ?AT, main, 0, [clause([], [], Calls)]}.

attempt() ->
    parse("attempt(Name, Fun) ->
               Result = try {ok, Fun()}
                        catch Class:Reason -> {Class, Reason}
                        end,
               io:format(\"~w: ~w~n\", [Name, Result]).").

identity() ->
    parse("identity(X) -> X.").

parse(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Form} = erl_parse:parse_form(Tokens),
    Form.

%% A function of two or three typed arguments; those written later may call it.
function(N) ->
    Name = list_to_atom("function_" ++ integer_to_list(N)),
    Types = [pick(?RESULTS) || _ <- lists:seq(1, 1 + rand:uniform(2))],
    Result = pick(?RESULTS),
    Clauses = [begin
                   Variables = [{fresh(), Type} || Type <- Types],
                   Patterns = [variable(Variable) || {Variable, _} <- Variables],
                   clause(Patterns, guards(Variables, Kind), [expression(Result, Variables, ?DEPTH)])
               end || Kind <- [guarded, plain]],
    put(functions, [{Name, Types, Result} | get(functions)]),
    {function, ?AT, Name, length(Types), Clauses}.

clause(Patterns, Guards, Body) ->
    {clause, ?AT, Patterns, Guards, Body}.

guards(_Scope, plain) ->
    [];
guards(Scope, guarded) ->
    [[guard(Scope, 2) || _ <- lists:seq(1, rand:uniform(2))] || _ <- lists:seq(1, rand:uniform(2))].

%% A test that is allowed in guards.
guard(Scope, Depth) ->
    {Variable, Type} = pick(Scope),
    Value = variable(Variable),
    case {Type, rand:uniform(4)} of
        {_, 1} when Depth > 0 ->
            {op, ?AT, pick(['andalso', 'orelse', 'and', 'xor']), guard(Scope, Depth - 1), guard(Scope, Depth - 1)};
        {_, 2} ->
            {op, ?AT, pick(comparisons()), Value, literal(Type)};
        {integer, _} ->
            {op, ?AT, pick(comparisons()), {op, ?AT, pick(['rem', 'band', '+', '-', 'div']), Value, literal(integer)},
             literal(integer)};
        {float, _} -> {op, ?AT, pick(comparisons()), call(abs, [Value]), literal(float)};
        {list, _} -> {op, ?AT, pick(comparisons()), call(length, [Value]), literal(integer)};
        {pairs, _} -> {op, ?AT, pick(comparisons()), call(hd, [Value]), literal(tuple)};
        {tuple, _} -> {op, ?AT, pick(comparisons()), call(element, [{integer, ?AT, 1}, Value]), literal(integer)};
        {map, _} -> call(is_map_key, [literal(integer), Value]);
        {binary, _} -> {op, ?AT, pick(comparisons()), call(byte_size, [Value]), literal(integer)};
        {bitstring, _} -> {op, ?AT, pick(comparisons()), call(bit_size, [Value]), literal(integer)};
        {boolean, _} -> Value;
        {_, _} -> call(pick([is_atom, is_integer, is_function, is_list, is_binary, is_number]), [Value])
    end.

comparisons() ->
    ['<', '=<', '>', '>=', '==', '/=', '=:=', '=/='].

%% An expression of a type, over the variables in scope.
-spec expression(type(), scope(), non_neg_integer()) -> expression().
expression(Type, Scope, 0) ->
    leaf(Type, Scope);
expression(Type, Scope, Depth) ->
    case rand:uniform(10) of
        N when N =< 2 -> leaf(Type, Scope);
        N when N =< 6 -> compute(Type, Scope, Depth - 1);
        _ -> control(pick([match, choose, decide, protect, call, pattern, message, apply, bind, nest]),
                     Type, Scope, Depth - 1)
    end.

leaf(Type, Scope) ->
    case [Variable || {Variable, T} <- Scope, T =:= Type] of
        [_ | _] = Variables ->
            case rand:uniform(4) of
                1 -> literal(Type);
                _ -> variable(pick(Variables))
            end;
        [] ->
            literal(Type)
    end.

literal(integer) -> integer(pick([rand:uniform(10) - 1, rand:uniform(10) - 1, rand:uniform(1000), -rand:uniform(1000),
                                  1 bsl (rand:uniform(70) - 1), -(1 bsl (rand:uniform(70) - 1)),
                                  (1 bsl 59) - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1,
                                  rand:uniform(1 bsl 64), -rand:uniform(1 bsl 130)]));
literal(float) -> {float, ?AT, pick([0.0, 1.0, -1.5, 0.1, 1.0e10, -3.25e-5, rand:uniform(), float(rand:uniform(1000))])};
literal(boolean) -> {atom, ?AT, pick([true, false])};
literal(atom) -> {atom, ?AT, pick([a, b, ok, error, true, undefined, 'A b', ''])};
literal(binary) -> {bin, ?AT, [{bin_element, ?AT, {string, ?AT, pick(["", "a", "abc", "hello world", [0, 255, 128]])},
                                  default, default}]};
literal(bitstring) -> {bin, ?AT, [{bin_element, ?AT, integer(rand:uniform(5000)), integer(rand:uniform(40)), default}]};
literal(list) -> list([literal(integer) || _ <- lists:seq(1, rand:uniform(5) - 1)]);
literal(pairs) -> list([literal(tuple) || _ <- lists:seq(1, rand:uniform(4) - 1)]);
literal(tuple) -> {tuple, ?AT, [literal(integer), literal(atom)]};
literal(map) -> {map, ?AT, [{map_field_assoc, ?AT, integer(K), literal(integer)}
                              || K <- lists:sublist(lists:seq(1, 40), pick([0, 1, 2, 5, 33]))]};
literal(function) ->
    Variable = fresh(),
    {'fun', ?AT, {clauses, [clause([variable(Variable)], [],
                                     [{op, ?AT, pick(['+', '*', 'bxor', '-']), variable(Variable), literal(integer)}])]}}.

integer(N) when N < 0 -> {op, ?AT, '-', {integer, ?AT, -N}};
integer(N) -> {integer, ?AT, N}.

list(Elements) ->
    lists:foldr(fun(Element, Tail) -> {cons, ?AT, Element, Tail} end, {nil, ?AT}, Elements).

%% What yields a value of a type by computing.
compute(integer, S, D) ->
    pick([fun() -> {op, ?AT, pick(['+', '-', '*', '+', '-', 'div', 'rem', 'band', 'bor', 'bxor']), e(integer, S, D), e(integer, S, D)} end,
          fun() -> {op, ?AT, pick(['-', 'bnot', '+']), e(integer, S, D)} end,
          fun() -> {op, ?AT, pick(['bsl', 'bsr']), e(integer, S, D), {op, ?AT, 'band', e(integer, S, D), integer(63)}} end,
          fun() -> call(length, [e(pick([list, pairs]), S, D)]) end,
          fun() -> call(pick([byte_size, bit_size]), [e(pick([binary, bitstring]), S, D)]) end,
          fun() -> call(pick([hd]), [e(list, S, D)]) end,
          fun() -> call(element, [integer(1), e(tuple, S, D)]) end,
          fun() -> call(pick([trunc, round, ceil, floor]), [e(float, S, D)]) end,
          fun() -> call(pick([min, max]), [e(integer, S, D), e(integer, S, D)]) end,
          fun() -> call(map_size, [e(map, S, D)]) end,
          fun() -> call(map_get, [e(integer, S, D), e(map, S, D)]) end,
          fun() -> remote(maps, get, [e(integer, S, D), e(map, S, D), e(integer, S, D)]) end,
          fun() -> remote(lists, sum, [e(list, S, D)]) end,
          fun() -> remote(erlang, phash2, [e(any(), S, D), integer(rand:uniform(1000))]) end,
          fun() -> {X, Y} = {fresh(), fresh()},
                   Fun = {'fun', ?AT, {clauses, [clause([variable(X), variable(Y)], [],
                                                          [e(integer, [{X, integer}, {Y, integer} | S], D)])]}},
                   remote(lists, foldl, [Fun, e(integer, S, D), e(list, S, D)]) end]);
compute(float, S, D) ->
    pick([fun() -> {op, ?AT, pick(['+', '-', '*', '/']), e(float, S, D), e(pick([float, integer]), S, D)} end,
          fun() -> {op, ?AT, '/', e(integer, S, D), e(integer, S, D)} end,
          fun() -> call(float, [e(integer, S, D)]) end,
          fun() -> call(abs, [e(float, S, D)]) end,
          fun() -> remote(math, pick([sqrt, floor, ceil]), [e(float, S, D)]) end]);
compute(boolean, S, D) ->
    pick([fun() -> T = any(), {op, ?AT, pick(comparisons()), e(T, S, D), e(T, S, D)} end,
          fun() -> {op, ?AT, pick(comparisons()), e(any(), S, D), e(any(), S, D)} end,
          fun() -> {op, ?AT, pick(['and', 'or', 'xor', 'andalso', 'orelse']), e(boolean, S, D), e(boolean, S, D)} end,
          fun() -> {op, ?AT, 'not', e(boolean, S, D)} end,
          fun() -> remote(lists, member, [e(integer, S, D), e(list, S, D)]) end,
          fun() -> call(is_map_key, [e(integer, S, D), e(map, S, D)]) end,
          fun() -> call(pick([is_integer, is_float, is_list, is_binary, is_bitstring, is_tuple, is_map]), [e(any(), S, D)]) end]);
compute(atom, S, D) ->
    pick([fun() -> call(element, [integer(2), e(tuple, S, D)]) end,
          fun() -> e(boolean, S, D) end]);
compute(binary, S, D) ->
    pick([fun() -> {bin, ?AT, [segment(S, D) || _ <- lists:seq(1, rand:uniform(4))]} end,
          fun() -> call(integer_to_binary, [e(integer, S, D)]) end,
          fun() -> call(list_to_binary, [{lc, ?AT, {op, ?AT, 'band', variable('X'), integer(255)},
                                          [{generate, ?AT, variable('X'), e(list, S, D)}]}]) end,
          fun() -> call(term_to_binary, [e(any(), S, D)]) end,
          fun() -> call(atom_to_binary, [e(atom, S, D)]) end,
          fun() -> call(binary_part, [e(binary, S, D), integer(0), {op, ?AT, 'band', e(integer, S, D), integer(3)}]) end]);
compute(bitstring, S, D) ->
    pick([fun() -> {bin, ?AT, [bit_segment(S, D) || _ <- lists:seq(1, rand:uniform(4))]} end,
          fun() -> X = fresh(),
                   {bc, ?AT, {bin, ?AT, [{bin_element, ?AT, variable(X), integer(rand:uniform(12)), default}]},
                    [{generate, ?AT, variable(X), e(list, S, D)}]} end,
          fun() -> e(binary, S, D) end]);
compute(list, S, D) ->
    pick([fun() -> {cons, ?AT, e(integer, S, D), e(list, S, D)} end,
          fun() -> {op, ?AT, pick(['++', '--']), e(list, S, D), e(list, S, D)} end,
          fun() -> call(tl, [e(list, S, D)]) end,
          fun() -> X = fresh(),
                   {lc, ?AT, e(integer, [{X, integer} | S], D),
                    [{generate, ?AT, variable(X), e(list, S, D)} | [guard([{X, integer}], 1) || rand:uniform(2) =:= 1]]} end,
          fun() -> X = fresh(),
                   {lc, ?AT, variable(X),
                    [{b_generate, ?AT, {bin, ?AT, [{bin_element, ?AT, variable(X), integer(rand:uniform(20)), specifier()}]},
                      e(pick([binary, bitstring]), S, D)}]} end,
          fun() -> remote(lists, pick([sort, reverse, usort]), [e(list, S, D)]) end,
          fun() -> remote(lists, map, [e(function, S, D), e(list, S, D)]) end,
          fun() -> remote(maps, pick([keys, values]), [ordered(e(map, S, D))]) end,
          fun() -> call(binary_to_list, [e(binary, S, D)]) end,
          fun() -> {lc, ?AT, call(element, [integer(1), variable('P')]), [{generate, ?AT, variable('P'), e(pairs, S, D)}]} end]);
compute(pairs, S, D) ->
    pick([fun() -> {cons, ?AT, e(tuple, S, D), e(pairs, S, D)} end,
          fun() -> remote(lists, keysort, [integer(rand:uniform(2)), e(pairs, S, D)]) end,
          fun() -> remote(lists, keydelete, [e(integer, S, D), integer(1), e(pairs, S, D)]) end,
          fun() -> X = fresh(),
                   {lc, ?AT, e(tuple, [{X, integer} | S], D), [{generate, ?AT, variable(X), e(list, S, D)}]} end]);
compute(tuple, S, D) ->
    pick([fun() -> {tuple, ?AT, [e(integer, S, D), e(atom, S, D)]} end,
          fun() -> call(setelement, [integer(1), e(tuple, S, D), e(integer, S, D)]) end,
          fun() -> call(hd, [e(pairs, S, D)]) end,
          fun() -> {op, ?AT, '!', call(self, []), e(tuple, S, D)} end]);
compute(map, S, D) ->
    pick([fun() -> {map, ?AT, [{map_field_assoc, ?AT, e(integer, S, D), e(integer, S, D)} || _ <- lists:seq(1, rand:uniform(4))]} end,
          fun() -> {map, ?AT, e(map, S, D), [{map_field_assoc, ?AT, e(integer, S, D), e(integer, S, D)}]} end,
          fun() -> {map, ?AT, e(map, S, D), [{map_field_exact, ?AT, e(integer, S, D), e(integer, S, D)}]} end,
          fun() -> remote(maps, pick([merge]), [e(map, S, D), e(map, S, D)]) end,
          fun() -> remote(maps, remove, [e(integer, S, D), e(map, S, D)]) end,
          fun() -> X = fresh(),
                   remote(maps, from_list, [{lc, ?AT, {tuple, ?AT, [variable(X), e(integer, [{X, integer} | S], D)]},
                                             [{generate, ?AT, variable(X), e(list, S, D)}]}]) end]);
compute(function, S, D) ->
    X = fresh(),
    {'fun', ?AT, {clauses, [clause([variable(X)], [], [e(integer, [{X, integer} | S], D)])]}}.

%% The order of a map's keys is nobody's business: sorted, by way of a list.
ordered(Map) ->
    remote(maps, from_list, [remote(lists, sort, [remote(maps, to_list, [Map])])]).

segment(S, D) ->
    pick([fun() -> {bin_element, ?AT, e(integer, S, D), integer(8 * rand:uniform(9)), specifier()} end,
          fun() -> {bin_element, ?AT, e(binary, S, D), default, [binary]} end,
          fun() -> {bin_element, ?AT, e(float, S, D), integer(pick([32, 64])), [float, pick([little, big])]} end,
          fun() -> {bin_element, ?AT, {op, ?AT, 'band', e(integer, S, D), integer(16#7fff)}, default, [pick([utf8, utf16, utf32])]} end]).

bit_segment(S, D) ->
    pick([fun() -> {bin_element, ?AT, e(integer, S, D), integer(rand:uniform(80)), specifier()} end,
          fun() -> {bin_element, ?AT, e(bitstring, S, D), default, [bitstring]} end,
          fun() -> {bin_element, ?AT, e(integer, S, D), {op, ?AT, 'band', e(integer, S, D), integer(31)}, specifier()} end]).

specifier() ->
    [integer, pick([signed, unsigned]), pick([big, little])].

%% What decides, protects, binds or passes on.
control(match, Type, S, D) ->
    {Pattern, Variables, Of} = pattern(),
    {'case', ?AT, e(Of, S, D),
     [clause([Pattern], guards_for(Variables), [e(Type, Variables ++ S, D)]),
      clause([{var, ?AT, '_'}], [], [e(Type, S, D)])]};
control(choose, Type, S, D) ->
    {'case', ?AT, e(boolean, S, D),
     [clause([{atom, ?AT, Value}], [], [e(Type, S, D)]) || Value <- [true, false]]};
control(decide, Type, S, D) ->
    case S of
        [] -> e(Type, S, D);
        _ -> {'if', ?AT, [clause([], guards(S, guarded), [e(Type, S, D)]),
                            clause([], [[{atom, ?AT, true}]], [e(Type, S, D)])]}
    end;
control(protect, Type, S, D) ->
    {'try', ?AT, [e(Type, S, D)], [],
     [clause([{tuple, ?AT, [{atom, ?AT, pick([error, error, throw])}, {var, ?AT, '_'}, {var, ?AT, '_'}]}], [],
             [e(Type, S, D)])],
     [call(put, [{atom, ?AT, after_part}, e(integer, S, D)]) || rand:uniform(3) =:= 1]};
control(call, Type, S, D) ->
    case [{Name, Types} || {Name, Types, Result} <- get(functions), Result =:= Type] of
        [] -> compute(Type, S, D);
        Functions ->
            {Name, Types} = pick(Functions),
            {call, ?AT, {atom, ?AT, Name}, [e(T, S, min(D, 1)) || T <- Types]}
    end;
control(pattern, Type, S, D) ->
    {Pattern, Variables, Of} = pattern(),
    {block, ?AT, [{match, ?AT, Pattern, e(Of, S, D)}, e(Type, Variables ++ S, D)]};
control(message, Type, S, D) ->
    Reference = fresh(),
    X = fresh(),
    {block, ?AT,
     [{match, ?AT, variable(Reference), call(make_ref, [])},
      {op, ?AT, '!', call(self, []), {tuple, ?AT, [variable(Reference), e(Type, S, D)]}},
      {'receive', ?AT, [clause([{tuple, ?AT, [variable(Reference), variable(X)]}], [], [variable(X)])]}]};
control(apply, integer, S, D) ->
    {call, ?AT, e(function, S, D), [e(integer, S, D)]};
control(apply, Type, S, D) ->
    {call, ?AT, {'fun', ?AT, {clauses, [clause([], [], [e(Type, S, D)])]}}, []};
control(bind, Type, S, D) ->
    {Variable, Of} = {fresh(), any()},
    {block, ?AT, [{match, ?AT, variable(Variable), e(Of, S, D)}, e(Type, [{Variable, Of} | S], D)]};
control(nest, Type, S, D) ->
    Throw = {call, ?AT, {atom, ?AT, throw}, [e(Type, S, D)]},
    {'catch', ?AT, pick([Throw, e(Type, S, D)])}.

guards_for([]) -> [];
guards_for(Variables) -> guards(Variables, pick([plain, guarded])).

%% A pattern, the variables that it binds, and the type of what it may match.
pattern() ->
    {A, B, C} = {fresh(), fresh(), fresh()},
    pick([fun() -> {{cons, ?AT, variable(A), variable(B)}, [{A, integer}, {B, list}], list} end,
          fun() -> {{cons, ?AT, variable(A), {cons, ?AT, variable(B), variable(C)}}, [{A, integer}, {B, integer}, {C, list}], list} end,
          fun() -> {{cons, ?AT, {tuple, ?AT, [variable(A), variable(B)]}, variable(C)}, [{A, integer}, {B, atom}, {C, pairs}], pairs} end,
          fun() -> {{tuple, ?AT, [variable(A), variable(B)]}, [{A, integer}, {B, atom}], tuple} end,
          fun() -> {{map, ?AT, [{map_field_exact, ?AT, integer(rand:uniform(5)), variable(A)}]}, [{A, integer}], map} end,
          fun() -> {{bin, ?AT, [{bin_element, ?AT, variable(A), integer(rand:uniform(24)), specifier()},
                                  {bin_element, ?AT, variable(B), default, [bitstring]}]},
                    [{A, integer}, {B, bitstring}], pick([binary, bitstring])} end,
          fun() -> {{bin, ?AT, [{bin_element, ?AT, variable(A), default, [utf8]},
                                  {bin_element, ?AT, variable(B), default, [binary]}]},
                    [{A, integer}, {B, binary}], binary} end,
          fun() -> {{bin, ?AT, [{bin_element, ?AT, variable(A), integer(8), default},
                                  {bin_element, ?AT, variable(B), {op, ?AT, 'rem', variable(A), integer(4)}, [binary]},
                                  {bin_element, ?AT, variable(C), default, [binary]}]},
                    [{A, integer}, {B, binary}, {C, binary}], binary} end]).

e(Type, Scope, Depth) ->
    expression(Type, Scope, Depth).

any() ->
    pick(?RESULTS).

call(Name, Arguments) ->
    {call, ?AT, {remote, ?AT, {atom, ?AT, erlang}, {atom, ?AT, Name}}, Arguments}.

remote(Module, Name, Arguments) ->
    {call, ?AT, {remote, ?AT, {atom, ?AT, Module}, {atom, ?AT, Name}}, Arguments}.

variable(Name) ->
    {var, ?AT, Name}.

fresh() ->
    N = get(fresh),
    put(fresh, N + 1),
    list_to_atom("V" ++ integer_to_list(N)).

%% One of a list; of a list of functions, what it makes.
pick(List) ->
    case lists:nth(rand:uniform(length(List)), List) of
        Make when is_function(Make, 0) -> Make();
        Value -> Value
    end.
