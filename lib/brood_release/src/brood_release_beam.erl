%% @doc What the packager needs to know of a `.beam' file.
-module(brood_release_beam).

-export([read/1, from_binary/2, strip/1]).

-export_type([beam/0]).

-type beam() :: #{module := module(),
                  binary := binary(),
                  exports := [{atom(), arity()}],
                  imports := [{module(), atom(), arity()}],
                  behaviours := [module()]}.

%% Chunks that only debuggers and documentation readers use.
-define(DROPPED, ["Dbgi", "DbgB", "Docs", "Abst"]).

%% @doc Reads a file and checks that it holds the module that it is named after.
-spec read(file:filename()) -> beam().
read(File) ->
    case file:read_file(File) of
        {ok, Binary} ->
            #{module := Module} = Beam = from_binary(Binary, File),
            case atom_to_list(Module) =:= filename:basename(File, ".beam") of
                true -> Beam;
                false -> brood_release:fail(bad_beam, "~ts holds module ~ts", [File, Module])
            end;
        {error, Reason} ->
            brood_release:fail(input, "can't read ~ts: ~ts", [File, file:format_error(Reason)])
    end.

%% @doc The same for a file's contents; `File' is for messages.
-spec from_binary(binary(), file:filename()) -> beam().
from_binary(Binary, File) ->
    case beam_lib:chunks(Binary, [exports, imports, attributes]) of
        {ok, {Module, [{exports, Exports}, {imports, Imports}, {attributes, Attributes}]}} ->
            Behaviours = [B || {Key, Values} <- Attributes,
                               Key =:= behaviour orelse Key =:= behavior, B <- Values],
            #{module => Module, binary => strip(Binary), exports => Exports, imports => Imports,
              behaviours => Behaviours};
        {error, beam_lib, Reason} ->
            brood_release:fail(bad_beam, "~ts is not a .beam file that can be loaded: ~ts",
                               [File, first_line(beam_lib:format_error(Reason))])
    end.

%% beam_lib names the file in its messages, and shows a whole binary in its place.
first_line(Text) ->
    string:slice(lists:flatten(Text), 0, 160).

%% @doc The same module without what nobody can use inside an instance. Everything that
%% `module_info' shows stays.
-spec strip(binary()) -> binary().
strip(Binary) ->
    {ok, _Module, Chunks} = beam_lib:all_chunks(Binary),
    {ok, Stripped} = beam_lib:build_module([Chunk || {Id, _} = Chunk <- Chunks,
                                                     not lists:member(Id, ?DROPPED)]),
    Stripped.
