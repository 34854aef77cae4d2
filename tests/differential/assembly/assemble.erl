%% Assembles files as they stand: unlike `erlc +from_asm`, nothing validates or optimises them, so that they may hold
%% instructions of compilers of old.
-module(assemble).
-export([files/1]).

files([Target | Sources]) ->
    lists:foreach(fun(Source) -> file(Target, Source) end, Sources),
    halt().

file(Target, Source) ->
    {ok, Terms} = file:consult(Source),
    [{module, Module}, {exports, Exports}, {attributes, Attributes}, {labels, Labels} | Rest] = Terms,
    {ok, Code} = beam_z:module({Module, Exports, Attributes, functions(Rest), Labels}, []),
    {ok, Beam} = beam_asm:module(Code, [], [], []),
    ok = file:write_file(filename:join(Target, atom_to_list(Module) ++ ".beam"), Beam).

functions([{function, Name, Arity, Entry} | Rest]) ->
    {Code, More} = lists:splitwith(fun(Term) -> element(1, Term) =/= function end, tuples(Rest)),
    [{function, Name, Arity, Entry, [bare(Instruction) || Instruction <- Code]} | functions(More)];
functions([]) ->
    [].

%% Instructions without operands stand as atoms.
tuples(Terms) -> [if is_atom(Term) -> {Term}; true -> Term end || Term <- Terms].

bare({Instruction}) -> Instruction;
bare(Instruction) -> Instruction.
