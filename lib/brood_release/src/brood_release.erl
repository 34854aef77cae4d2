%% @doc Makes a package out of an application: the program behind `brood build'.
%%
%% Runs on the host with the installed OTP, never inside an instance:
%%
%%     erl -boot no_dot_erlang -noinput -noshell -pa EBIN -s brood_release main
%%         -extra DIR --output FILE [OPTION...]
%%
%% EBIN holds this program and the `brood' application, compiled, and `brood.app'. A package is
%% what the machine boots: `{brood_package, 1, #{files, preloaded, args}}' in the external term
%% format. `files' is a read-only file tree laid out like a release (`/brood/lib/NAME-VSN/ebin'),
%% `preloaded' the modules that exist before there are files, `args' the arguments of `init'.
%%
%% Options: `--main M[:F]', `--handler M', `--include M' (repeatable), `--nobeam' (instances load no
%% code), `--describe FILE' (a description of the package in JSON).
%%
%% Standard error is a line protocol: `progress N TOTAL TEXT', `warning: TEXT', `error: TEXT';
%% all other lines are the compiler's. Exit status: 0, or the number of the failure below.
-module(brood_release).

-export([main/0, build/1, fail/3, warn/2, progress/3]).

-export_type([options/0, failure/0]).

-type options() :: #{directory := file:filename(),
                     main => {module(), atom()},
                     handler => module(),
                     nobeam => true,
                     include := [module()]}.

-type failure() :: usage           % 2: the arguments of this program
                 | input           % 3: no such directory, or nothing in it to run
                 | compile         % 4: a source file doesn't compile
                 | bad_beam        % 5: a file isn't a .beam file of the module it is named after
                 | missing         % 6: a module or an application isn't there
                 | entry.          % 7: no handler and no main function, or too many of them

%% @doc The command line; ends the emulator.
-spec main() -> no_return().
main() ->
    ok = io:setopts(standard_error, [{encoding, unicode}]),
    try
        {Files, Options} = arguments(init:get_plain_arguments(), #{}, #{include => []}),
        {Package, Description} = build(Options),
        write(maps:get(output, Files), term_to_binary(Package)),
        [write(File, brood_release_json:encode(Description)) || #{describe := File} <- [Files]],
        halt(0)
    catch
        throw:{?MODULE, Failure, Text} ->
            say(["error: ", Text]),
            halt(status(Failure));
        Class:Reason:Stack ->
            say(io_lib:format("error: ~0tp", [{Class, Reason, Stack}])),
            halt(1)
    end.

%% @doc Makes the package term and its description.
-spec build(options()) -> {Package :: tuple(), Description :: brood_release_json:value()}.
build(#{directory := Directory, include := Include} = Options) ->
    #{applications := Own, boot := Boot, config := Config, start := Start} =
        brood_release_input:read(Directory),
    Entries = brood_release_entry:find(Options, Own),
    Applications = brood_release_closure:close(Own, Include),
    brood_release_package:make(#{name => brood_release_input:name(Directory),
                                 applications => Applications,
                                 start => Start,
                                 boot => Boot,
                                 config => Config,
                                 nobeam => maps:get(nobeam, Options, false),
                                 entries => Entries}).

%% @doc Ends the build with a message for the user.
-spec fail(failure(), io:format(), [term()]) -> no_return().
fail(Failure, Format, Arguments) ->
    throw({?MODULE, Failure, io_lib:format(Format, Arguments)}).

%% @doc Something that the user should know and that isn't an error.
-spec warn(io:format(), [term()]) -> ok.
warn(Format, Arguments) ->
    say(["warning: ", io_lib:format(Format, Arguments)]).

%% @doc Step `N' of `Total' begins.
-spec progress(pos_integer(), pos_integer(), iodata()) -> ok.
progress(N, Total, Text) ->
    say(io_lib:format("progress ~b ~b ~ts", [N, Total, Text])).

status(usage) -> 2;
status(input) -> 3;
status(compile) -> 4;
status(bad_beam) -> 5;
status(missing) -> 6;
status(entry) -> 7.

say(Text) ->
    io:put_chars(standard_error, [Text, $\n]).

arguments(["--output", File | Rest], Files, Options) ->
    arguments(Rest, Files#{output => File}, Options);
arguments(["--describe", File | Rest], Files, Options) ->
    arguments(Rest, Files#{describe => File}, Options);
arguments(["--main", Name | Rest], Files, Options) ->
    Main = case string:split(Name, ":") of
               [Module, Function] -> {list_to_atom(Module), list_to_atom(Function)};
               [Module] -> {list_to_atom(Module), main}
           end,
    arguments(Rest, Files, Options#{main => Main});
arguments(["--handler", Module | Rest], Files, Options) ->
    arguments(Rest, Files, Options#{handler => list_to_atom(Module)});
arguments(["--include", Module | Rest], Files, #{include := Include} = Options) ->
    arguments(Rest, Files, Options#{include := [list_to_atom(Module) | Include]});
arguments(["--nobeam" | Rest], Files, Options) ->
    arguments(Rest, Files, Options#{nobeam => true});
arguments(["--" ++ Option | _], _Files, _Options) ->
    fail(usage, "unknown option or missing value: --~ts", [Option]);
arguments([Directory | Rest], Files, Options) when not is_map_key(directory, Options) ->
    arguments(Rest, Files, Options#{directory => Directory});
arguments([], #{output := _} = Files, #{directory := _} = Options) ->
    {Files, Options};
arguments(_, _Files, _Options) ->
    fail(usage, "expected: DIR --output FILE [--describe FILE] [--main M[:F]] [--handler M] "
         "[--include M]... [--nobeam]", []).

write(File, Bytes) ->
    case file:write_file(File, Bytes) of
        ok -> ok;
        {error, Reason} -> fail(input, "can't write ~ts: ~ts", [File, file:format_error(Reason)])
    end.
