%% @doc Reads what the user gave: sources, `.beam' files, an application, or a release tree.
%%
%% * A release (`lib/*/ebin' and `releases/'): its applications, start types, boot script and
%%   `sys.config'.
%% * Anything else is one application: `.erl', `.beam', `.app' and `.app.src' in the directory
%%   itself, in `src/' and in `ebin/', and the files in `priv/'. A source wins over a `.beam' file
%%   of the same module. Without an application resource it is code only: nothing is started.
-module(brood_release_input).

-export([read/1, application/3, name/1]).

-export_type([application/0, input/0, start_type/0]).

-type application() :: #{name := atom(),
                         vsn := string(),
                         resource := {application, atom(), list()} | none,
                         beams := [brood_release_beam:beam()],
                         files := [{Relative :: file:filename(), binary()}],
                         own := boolean()}.
%% `own': given by the user, as opposed to found in the installed OTP.

-type start_type() :: permanent | transient | temporary | load | none.
-type input() :: #{applications := [application()],
                   start := #{atom() => start_type()},
                   boot := binary() | none,
                   config := binary() | none}.
%% `boot': the release's own boot script.

%% These come from the installed OTP also when a release carries its own: the machine is made for
%% the modules that the installed compiler works with.
-define(FROM_OTP, [erts, kernel, stdlib]).

%% @doc Reads a directory.
-spec read(file:filename()) -> input().
read(Directory) ->
    filelib:is_dir(Directory)
        orelse brood_release:fail(input, "there is no directory ~ts", [Directory]),
    case filelib:is_dir(filename:join(Directory, "releases")) andalso
        filelib:wildcard(filename:join([Directory, "lib", "*", "ebin"])) of
        [_ | _] = Ebins -> release(Directory, Ebins);
        _ -> single(Directory)
    end.

release(Directory, Ebins) ->
    Directories = [Parent || Ebin <- Ebins, Parent <- [filename:dirname(Ebin)],
                             not lists:member(application_name(Parent), ?FROM_OTP)],
    Total = length(Directories),
    Applications = [begin
                        brood_release:progress(N, Total, ["read ", Parent]),
                        application(Parent, filelib:wildcard(filename:join(Parent, "ebin/*")), true)
                    end || {N, Parent} <- lists:zip(lists:seq(1, Total), Directories)],
    Current = current(Directory),
    Resources = filelib:wildcard(filename:join(Current, "*.rel")),
    #{applications => Applications,
      start => start_types(Resources),
      boot => content([filename:join(Current, "start.boot") |
                       [filename:rootname(File) ++ ".boot" || File <- Resources]]),
      config => content([filename:join(Current, "sys.config")])}.

%% The directory of the version that is to be started: the one that `start_erl.data' names, or the
%% only one.
current(Directory) ->
    Releases = filename:join(Directory, "releases"),
    case file:read_file(filename:join(Releases, "start_erl.data")) of
        {ok, Data} ->
            [_Erts, Version] = string:lexemes(binary_to_list(Data), " \r\n"),
            filename:join(Releases, Version);
        {error, _} ->
            case filelib:wildcard(filename:join([Releases, "*", "*.rel"])) of
                [] -> Releases;
                [File] -> filename:dirname(File);
                Files -> brood_release:fail(input, "more than one release, and no start_erl.data: ~ts",
                                            [lists:join(", ", Files)])
            end
    end.

%% What is in the first of these files that is there.
content([]) ->
    none;
content([File | Files]) ->
    case file:read_file(File) of
        {ok, Content} -> Content;
        {error, enoent} -> content(Files);
        {error, Reason} -> brood_release:fail(input, "~ts: ~ts", [File, file:format_error(Reason)])
    end.

%% The directory of an application is called `NAME' or `NAME-VSN'.
application_name(Directory) ->
    list_to_atom(hd(string:split(name(Directory), "-"))).

start_types([]) ->
    #{};
start_types([File]) ->
    case file:consult(File) of
        {ok, [{release, _, _, Applications}]} -> maps:from_list([start_type(A) || A <- Applications]);
        _ -> brood_release:fail(input, "~ts is not a release resource file", [File])
    end;
start_types([_, _ | _] = Files) ->
    brood_release:fail(input, "more than one release: ~ts", [lists:join(", ", Files)]).

start_type({Name, _Vsn, Type}) when is_atom(Type) -> {Name, Type};
start_type({Name, _Vsn, Type, _Included}) -> {Name, Type};
start_type(Entry) -> {element(1, Entry), permanent}.

single(Directory) ->
    Files = lists:append([filelib:wildcard(filename:join(Directory, Pattern))
                          || Pattern <- ["*", "src/*", "src/**/*", "ebin/*"]]),
    #{beams := Beams} = Application = application(Directory, lists:usort(Files), true),
    Beams =/= [] orelse
        brood_release:fail(input, "there is no .erl and no .beam file in ~ts", [Directory]),
    #{applications => [Application], start => #{}, boot => none, config => none}.

%% @doc One application, from the files of its directory that could be its code or resource.
-spec application(file:filename(), [file:filename()], Own :: boolean()) -> application().
application(Directory, Files, Own) ->
    Sources = with_extension(".erl", Files),
    Compiled = compile_all(Directory, Sources),
    Names = [Module || #{module := Module} <- Compiled],
    Read = [brood_release_beam:read(File) || File <- with_extension(".beam", Files),
                                             not lists:member(module_of(File), Names)],
    Beams = unique(Compiled ++ Read),
    Default = #{name => application_name(Directory),
                vsn => "0", resource => none, files => [], own => Own, beams => Beams},
    case with_extension(".app", Files) ++ with_extension(".src", Files) of
        [] -> with_private_files(Directory, Default);
        [File | _] -> with_private_files(Directory, resource(File, Default))
    end.

with_extension(Extension, Files) ->
    [File || File <- Files, filename:extension(File) =:= Extension].

%% @doc The last component of a directory's name, also where it is given as `.' or `a/..'.
-spec name(file:filename()) -> string().
name(Directory) ->
    Components = lists:foldl(fun(".", Parents) -> Parents;
                                ("..", [_, Parent | Parents]) -> [Parent | Parents];
                                ("..", Root) -> Root;
                                (Component, Parents) -> [Component | Parents]
                             end, [], filename:split(filename:absname(Directory))),
    hd(Components).

module_of(File) ->
    list_to_atom(filename:basename(File, ".beam")).

unique(Beams) ->
    Names = [Module || #{module := Module} <- Beams],
    case Names -- lists:usort(Names) of
        [] -> Beams;
        [Twice | _] -> brood_release:fail(bad_beam, "module ~ts is there twice", [Twice])
    end.

resource(File, #{beams := Beams} = Application) ->
    case file:consult(File) of
        {ok, [{application, Name, Keys}]} when is_atom(Name), is_list(Keys) ->
            Modules = {modules, lists:sort([Module || #{module := Module} <- Beams])},
            Vsn = case proplists:get_value(vsn, Keys) of
                      Text when is_list(Text) -> Text;
                      _ -> "0"
                  end,
            Complete = lists:keystore(vsn, 1, lists:keystore(modules, 1, Keys, Modules), {vsn, Vsn}),
            Application#{name := Name, vsn := Vsn, resource := {application, Name, Complete}};
        {ok, _} ->
            brood_release:fail(input, "~ts is not an application resource file", [File]);
        {error, Reason} ->
            brood_release:fail(input, "~ts: ~ts", [File, file:format_error(Reason)])
    end.

with_private_files(_Directory, #{own := false} = Application) ->
    Application;
with_private_files(Directory, Application) ->
    Files = [File || File <- filelib:wildcard("priv/**/*", Directory),
                     filelib:is_regular(filename:join(Directory, File))],
    Application#{files := [begin
                               {ok, Content} = file:read_file(filename:join(Directory, File)),
                               {File, Content}
                           end || File <- Files]}.

compile_all(Directory, Sources) ->
    Total = length(Sources),
    [begin
         brood_release:progress(N, Total, ["compile ", Source]),
         compile(Directory, Source)
     end || {N, Source} <- lists:zip(lists:seq(1, Total), Sources)].

%% As `erlc' does it, with the same messages; on standard error, since they are for a person.
compile(Directory, Source) ->
    Options = [binary, report, deterministic, {i, Directory}, {i, filename:join(Directory, "include")}],
    Leader = group_leader(),
    group_leader(whereis(standard_error), self()),
    Result = compile:file(filename:rootname(Source), Options),
    group_leader(Leader, self()),
    case Result of
        {ok, _Module, Binary} -> brood_release_beam:from_binary(Binary, Source);
        error -> brood_release:fail(compile, "~ts doesn't compile", [Source])
    end.
