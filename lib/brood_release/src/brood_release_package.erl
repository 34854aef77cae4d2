%% @doc Lays the code out as a file tree and writes the boot script that OTP's `init' evaluates.
%%
%% The script does what that of an ordinary release does: load all modules, start `logger' and
%% `application_controller', load and start the applications. Two things differ: the last step
%% enters `brood_boot', and all modules are loaded before `kernel_load_completed', after which
%% `init' in interactive mode loads no more. So nothing is left to load, and the code server still
%% says of a missing module what it says in a shell.
-module(brood_release_package).

-export([make/1]).

-type contents() :: #{name := string(),
                      applications := [brood_release_input:application()],
                      start := #{atom() => brood_release_input:start_type()},
                      boot := binary() | none,
                      config := binary() | none,
                      nobeam := boolean(),
                      entries := brood_boot:entries()}.

-define(ROOT, "/brood").

%% The first modules to be loaded: `init' and the code path live on them.
-define(KERNEL_FIRST,
        [error_handler, application, application_controller, application_master, code, code_server,
         erl_eval, erl_lint, erl_parse, error_logger, ets, file, filename, file_server,
         file_io_server, gen, gen_event, gen_server, heart, kernel, logger, logger_filters,
         logger_server, logger_backend, logger_config, logger_simple_h, lists, proc_lib, supervisor]).

%% Preloaded modules that `erl_init' uses only if they are there: sockets, which need natives of
%% the emulator that an instance doesn't have.
-define(NOT_PRELOADED, [prim_socket, prim_net, socket_registry]).

%% @doc The package and its description.
-spec make(contents()) -> {Package :: tuple(), Description :: brood_release_json:value()}.
make(#{applications := Applications, boot := Boot, config := Config, nobeam := NoBeam} = Contents) ->
    Preloaded = preloaded() ++ [Beam || Boot =/= none, Beam <- own_modules(Applications)],
    Script = case Boot of
                 none -> term_to_binary(script(Contents, [Name || {Name, _} <- Preloaded]));
                 _ -> checked(Boot, Applications)
             end,
    Files = [{path(["brood.boot"]), Script}] ++
        [{path(["releases", "sys.config"]), Config} || Config =/= none] ++
        lists:append([files(Application) || Application <- Applications]) ++
        lists:append([headers(Application) || compiles(Applications), Application <- Applications]),
    Package = {brood_package, 1, #{files => Files,
                                   preloaded => Preloaded,
                                   nobeam => NoBeam,
                                   otp => {info(otp_release), info(version)},
                                   args => arguments(Contents)}},
    {Package, describe(Contents, Files, Preloaded)}.

info(Item) -> list_to_binary(erlang:system_info(Item)).

own_modules(Applications) ->
    [{Module, Binary} || #{name := brood, beams := Beams} <- Applications,
                         #{module := Module, binary := Binary} <- Beams].

%% A release's boot script names directories of code, and each must be there.
checked(Boot, Applications) ->
    {script, _, Commands} = binary_to_term(Boot),
    Known = [ebin(Application) || Application <- Applications],
    Wanted = lists:usort(lists:append([Paths || {path, Paths} <- Commands])),
    case Wanted -- Known of
        [] -> Boot;
        Missing -> brood_release:fail(missing, "the release's boot script wants ~ts; what is here and in the "
                                      "installed OTP is ~ts",
                                      [lists:join(", ", Missing), lists:join(", ", Known)])
    end.

path(Parts) ->
    unicode:characters_to_binary(filename:join([?ROOT | Parts])).

arguments(#{boot := Boot, config := Config, entries := Entries}) ->
    [<<"-root">>, <<?ROOT>>,
     <<"-bindir">>, <<?ROOT "/bin">>,
     <<"-progname">>, <<"brood">>,
     <<"-home">>, <<"/">>,
     <<"-noshell">>,
     <<"-boot">>, <<?ROOT "/brood">>] ++
        lists:append([[<<"-config">>, path(["releases", "sys"])] || Config =/= none]) ++
        lists:append([[<<"-mode">>, <<"embedded">>, <<"-s">>, <<"brood_boot">>, <<"start">> |
                       lists:append([entry_arguments(Entry) || Entry <- maps:to_list(Entries)])]
                      || Boot =/= none]).

entry_arguments({handler, Module}) ->
    [<<"handler">>, atom_to_binary(Module)];
entry_arguments({main, {Module, Function, Arity}}) ->
    [<<"main">>, atom_to_binary(Module), atom_to_binary(Function), integer_to_binary(Arity)].

preloaded() ->
    Erts = "erts-" ++ erlang:system_info(version),
    Directories = [filename:join([code:root_dir() | Parts])
                   || Parts <- [[Erts, "ebin"], ["lib", Erts, "ebin"]]],
    case lists:filter(fun filelib:is_dir/1, Directories) of
        [Directory | _] ->
            [begin
                 File = filename:join(Directory, atom_to_list(Name) ++ ".beam"),
                 #{binary := Binary} = brood_release_beam:read(File),
                 {Name, Binary}
             end || Name <- erlang:pre_loaded() -- ?NOT_PRELOADED];
        [] ->
            brood_release:fail(missing, "the installed OTP has no preloaded modules in ~ts",
                               [lists:join(" or ", Directories)])
    end.

directory(#{name := Name, vsn := Vsn}) ->
    lists:append(["lib/", atom_to_list(Name), "-", Vsn]).

files(#{name := Name, resource := Resource, beams := Beams, files := Private} = Application) ->
    Directory = directory(Application),
    [{path([Directory, "ebin", [atom_to_list(Name), ".app"]]), resource_text(Resource)}
     || Resource =/= none] ++
        [{path([Directory, "ebin", atom_to_list(Module) ++ ".beam"]), Binary}
         || #{module := Module, binary := Binary} <- Beams] ++
        [{path([Directory, File]), Content} || {File, Content} <- Private].

%% What code that is compiled in an instance may include of OTP's applications.
headers(#{name := Name, own := false} = Application) ->
    case code:lib_dir(Name) of
        {error, bad_name} ->
            [];
        Root ->
            Include = filename:join(Root, "include"),
            [begin
                 {ok, Content} = file:read_file(filename:join(Include, File)),
                 {path([directory(Application), "include", File]), Content}
             end || File <- filelib:wildcard("**/*.hrl", Include)]
    end;
headers(_Own) ->
    [].

compiles(Applications) ->
    lists:any(fun(#{name := Name}) -> Name =:= compiler end, Applications).

resource_text(Resource) ->
    unicode:characters_to_binary(io_lib:format("~tp.~n", [Resource])).

script(#{applications := [Kernel | Others] = Applications, start := Start, entries := Entries},
       Preloaded) ->
    #{name := kernel, resource := KernelResource, beams := KernelBeams} = Kernel,
    KernelModules = modules(KernelBeams),
    First = [Module || Module <- ?KERNEL_FIRST,
                       lists:any(fun(#{beams := Beams}) -> lists:member(Module, modules(Beams)) end,
                                 Applications)],
    {script, {"brood", "0.1.0"},
     [{preLoaded, Preloaded},
      {progress, preloaded},
      {path, [ebin(Application) || Application <- lists:sublist(Applications, 2)]},
      {primLoad, First},
      {path, [ebin(Kernel)]},
      {primLoad, KernelModules -- First}] ++
     lists:append([[{path, [ebin(Application)]}, {primLoad, modules(Beams) -- First}]
                   || #{beams := Beams} = Application <- Others]) ++
     [{kernel_load_completed},
      {progress, kernel_load_completed},
      {path, [ebin(Application) || Application <- Applications]},
      {progress, modules_loaded},
      {kernelProcess, heart, {heart, start, []}},
      {kernelProcess, logger, {logger_server, start_link, []}},
      {kernelProcess, application_controller,
       {application_controller, start, [KernelResource]}},
      {progress, init_kernel_started}] ++
     [{apply, {application, load, [Resource]}}
      || #{resource := Resource, name := Name} <- Others, Resource =/= none,
         maps:get(Name, Start, permanent) =/= none] ++
     [{progress, applications_loaded}] ++
     [{apply, {application, start_boot, [Name, Type]}}
      || {Name, Type} <- started(Applications, Start)] ++
     [{progress, started},
      {apply, {brood_boot, start, [Entries]}}]}.

modules(Beams) ->
    lists:sort([Module || #{module := Module} <- Beams]).

ebin(Application) ->
    lists:append(["$ROOT/", directory(Application), "/ebin"]).

%% All that have a resource and aren't included in another one, in their order.
started(Applications, Start) ->
    Included = lists:append([proplists:get_value(included_applications, Keys, [])
                             || #{resource := {application, _, Keys}} <- Applications]),
    [{Name, Type} || #{name := Name, resource := Resource} <- Applications,
                     Resource =/= none, not lists:member(Name, Included),
                     Type <- [maps:get(Name, Start, permanent)],
                     Type =/= load, Type =/= none].

%% What `brood inspect' shows, in the words of the image's metadata.
describe(#{name := Name, applications := Applications, start := Start, entries := Entries} = Contents,
         Files, Preloaded) ->
    Started = maps:from_list(started(Applications, Start)),
    #{name => unicode:characters_to_binary(Name),
      otp_release => list_to_binary(erlang:system_info(otp_release)),
      erts => list_to_binary(erlang:system_info(version)),
      entry => lists:foldl(fun join/2, <<>>, [entry(Entry) || Entry <- lists:sort(maps:to_list(Entries))]),
      handler => is_map_key(handler, Entries),
      main => is_map_key(main, Entries),
      arguments => arguments(Contents),
      applications => [#{name => atom_to_binary(Application),
                         vsn => unicode:characters_to_binary(Vsn),
                         source => source(Described),
                         start => atom_to_binary(maps:get(Application, Started, none))}
                       || #{name := Application, vsn := Vsn} = Described <- Applications],
      modules => [module(Module, Binary, <<"otp/erts">>) || {Module, Binary} <- Preloaded] ++
          [module(Module, Binary, source(Application))
           || #{beams := Beams} = Application <- Applications,
              #{module := Module, binary := Binary} <- Beams],
      bytes => lists:sum([byte_size(Content) || {_, Content} <- Files ++ Preloaded])}.

entry({handler, Module}) ->
    iolist_to_binary(["handler ", atom_to_binary(Module)]);
entry({main, {Module, Function, Arity}}) ->
    iolist_to_binary(["main ", atom_to_binary(Module), $:, atom_to_binary(Function), $/,
                      integer_to_binary(Arity)]).

join(Text, <<>>) -> Text;
join(Text, Before) -> <<Before/binary, ", ", Text/binary>>.

source(#{own := true}) -> <<"application">>;
source(#{name := brood}) -> <<"brood">>;
source(#{name := Name}) -> <<"otp/", (atom_to_binary(Name))/binary>>.

module(Module, Binary, Source) ->
    #{name => atom_to_binary(Module), bytes => byte_size(Binary), source => Source}.
