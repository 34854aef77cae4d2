%% @doc Finds where an application is entered: its handler, its main function.
-module(brood_release_entry).

-export([find/2]).

%% @doc The entries that the options name, or else the only ones that there are.
-spec find(brood_release:options(), [brood_release_input:application()]) -> brood_boot:entries().
find(Options, Applications) ->
    Beams = maps:from_list([{Module, Beam} || #{beams := Beams} <- Applications,
                                              #{module := Module} = Beam <- Beams]),
    Handler = handler(Options, Beams),
    Main = main(Options, Beams),
    case {Handler, Main} of
        {none, none} ->
            brood_release:fail(entry, "no module has the behaviour brood_handler and none exports "
                               "main/1: name one with --handler or --main", []);
        {{several, Modules}, _} when is_list(Modules) ->
            brood_release:fail(entry, "several modules have the behaviour brood_handler (~ts): name "
                               "one with --handler", [names(Modules)]);
        {none, {several, Modules}} ->
            brood_release:fail(entry, "several modules export main/1 (~ts): name one with --main",
                               [names(Modules)]);
        {_, {several, _}} ->
            #{handler => Handler};
        _ ->
            maps:filter(fun(_, Entry) -> Entry =/= none end, #{handler => Handler, main => Main})
    end.

handler(#{handler := Module}, Beams) ->
    exports(Module, handle, 1, Beams) orelse
        brood_release:fail(entry, "module ~ts doesn't export handle/1", [Module]),
    Module;
handler(_Options, Beams) ->
    one([Module || {Module, #{behaviours := Behaviours}} <- maps:to_list(Beams),
                   lists:member(brood_handler, Behaviours),
                   exports(Module, handle, 1, Beams)]).

main(#{main := {Module, Function}}, Beams) ->
    case [Arity || Arity <- [1, 0], exports(Module, Function, Arity, Beams)] of
        [Arity | _] -> {Module, Function, Arity};
        [] -> brood_release:fail(entry, "module ~ts doesn't export ~ts/1 or ~ts/0",
                                 [Module, Function, Function])
    end;
main(_Options, Beams) ->
    case one([Module || Module <- maps:keys(Beams), exports(Module, main, 1, Beams)]) of
        Module when is_atom(Module), Module =/= none -> {Module, main, 1};
        Other -> Other
    end.

exports(Module, Function, Arity, Beams) ->
    case Beams of
        #{Module := #{exports := Exports}} -> lists:member({Function, Arity}, Exports);
        #{} -> brood_release:fail(missing, "there is no module ~ts", [Module])
    end.

one([]) -> none;
one([Module]) -> Module;
one(Modules) -> {several, Modules}.

names(Modules) ->
    lists:join(", ", [atom_to_binary(Module) || Module <- lists:sort(Modules)]).
