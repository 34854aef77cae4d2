%% @doc Boots a package under stock OTP, with the machine's part played by `double/brood_sys.erl'.
-module(brood_stock).

-export([package/2, unpack/2, run/3, collect/2]).

%% @doc Makes a package of a directory, as `brood build' does.
package(Directory, Options) ->
    {Package, _Description} =
        brood_release:build(maps:merge(#{directory => Directory, include => []}, Options)),
    Package.

%% @doc Lays a package's files out below `Root', with the double in the place of `brood_sys'.
unpack({brood_package, 1, #{files := Files}}, Root) ->
    [begin
         <<"/brood/", Relative/binary>> = Path,
         File = filename:join(Root, Relative),
         ok = filelib:ensure_dir(File),
         ok = file:write_file(File, Content)
     end || {Path, Content} <- Files],
    [Original] = filelib:wildcard(filename:join(Root, "lib/brood-*/ebin/brood_sys.beam")),
    {ok, _} = file:copy(os:getenv("BROOD_DOUBLE"), Original),
    ok.

%% @doc Boots it with an argument term and console input: the exit status, what was written on
%% standard output, on standard error, and the message to the parent (or `none').
run(Root, Argument, Input) ->
    Paths = #{argument := ArgumentFile, parent := Parent, input := InputFile, errors := Errors} =
        maps:map(fun(_, Name) -> filename:join(Root, Name) end,
                 #{argument => "argument", parent => "parent", input => "input", errors => "errors"}),
    [file:delete(File) || File <- maps:values(Paths)],
    ok = file:write_file(ArgumentFile, term_to_binary(Argument)),
    ok = file:write_file(InputFile, Input),
    Bin = filename:join([code:root_dir(), "erts-" ++ erlang:system_info(version), "bin"]),
    Command = lists:flatten(io_lib:format(
        "exec ~ts/erlexec +S 1:1 -noshell -mode embedded -boot ~ts/brood < ~ts 2> ~ts",
        [Bin, Root, InputFile, Errors])),
    Port = open_port({spawn_executable, "/bin/sh"},
                     [{args, ["-c", Command]}, binary, exit_status, stream,
                      {env, [{"ROOTDIR", Root}, {"BINDIR", Bin}, {"EMU", "beam"},
                             {"PROGNAME", "brood"}, {"BROOD_ARGUMENT", ArgumentFile},
                             {"BROOD_PARENT", Parent}]}]),
    {Status, Output} = collect(Port, []),
    {ok, ErrorOutput} = file:read_file(Errors),
    Message = case file:read_file(Parent) of
                  {ok, Term} -> binary_to_term(Term);
                  {error, enoent} -> none
              end,
    {Status, Output, ErrorOutput, Message}.

%% @doc What a port process prints, and its exit status.
collect(Port, Output) ->
    receive
        {Port, {data, Bytes}} -> collect(Port, [Output, Bytes]);
        {Port, {exit_status, Status}} -> {Status, iolist_to_binary(Output)}
    end.
