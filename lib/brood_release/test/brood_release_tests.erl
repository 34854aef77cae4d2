-module(brood_release_tests).
-include_lib("eunit/include/eunit.hrl").

%% A directory made of files, gone afterwards.
with_files(Files, Test) ->
    Directory = filename:join(os:getenv("BROOD_TEST_DIRECTORY"),
                              integer_to_list(erlang:unique_integer([positive]))),
    [begin
         Path = filename:join(Directory, File),
         ok = filelib:ensure_dir(Path),
         ok = file:write_file(Path, Content)
     end || {File, Content} <- Files],
    ok = filelib:ensure_dir(filename:join(Directory, "x")),
    try Test(Directory) after file:del_dir_r(Directory) end.

build(Files) ->
    build(Files, #{}).

build(Files, Options) ->
    with_files(Files, fun(Directory) ->
                              brood_release:build(maps:merge(#{directory => Directory, include => []},
                                                             Options))
                      end).

failure(Files, Options) ->
    try build(Files, Options) of
        _ -> none
    catch
        throw:{brood_release, Failure, _Text} -> Failure
    end.

module(Name, Lines) ->
    ["-module(", Name, ").\n" | Lines].

main(Name) -> module(Name, "-export([main/1]).\nmain(_) -> ok.\n").

handler(Name) -> module(Name, "-behaviour(brood_handler).\n-export([handle/1]).\nhandle(_) -> {200, [], []}.\n").

beam(Name) ->
    {ok, Tokens, _} = erl_scan:string(binary_to_list(iolist_to_binary(main(Name)))),
    {ok, _, Beam} = compile:forms(forms(Tokens), [binary]),
    Beam.

forms(Tokens) ->
    case lists:splitwith(fun(Token) -> element(1, Token) =/= dot end, Tokens) of
        {[], []} -> [];
        {Form, [Dot | Rest]} ->
            {ok, Parsed} = erl_parse:parse_form(Form ++ [Dot]),
            [Parsed | forms(Rest)]
    end.

sources_test() ->
    {{brood_package, 1, Package}, Description} = build([{"a.erl", main("a")}, {"h.erl", handler("h")}]),
    ?assertMatch(#{entry := <<"handler h, main a:main/1">>, handler := true, main := true}, Description),
    #{files := Files, preloaded := Preloaded, args := [<<"-root">>, <<"/brood">> | _]} = Package,
    {script, _, Commands} = binary_to_term(proplists:get_value(<<"/brood/brood.boot">>, Files)),
    ?assertEqual({apply, {brood_boot, start, [#{handler => h, main => {a, main, 1}}]}},
                 lists:last(Commands)),
    ?assert(lists:keymember(erlang, 1, Preloaded)),
    ?assertNot(lists:keymember(prim_socket, 1, Preloaded)),
    Loaded = lists:append([Modules || {primLoad, Modules} <- Commands]),
    ?assertEqual([], Loaded -- lists:usort(Loaded)),
    ?assertEqual([], [a, h, lists, gen_server, logger_formatter, user] -- Loaded).

beams_are_kept_but_for_debug_information_test() ->
    {{_, _, #{files := Files}}, _} = build([{"a.beam", beam("a")}]),
    [Binary] = [Content || {Path, Content} <- Files, filename:basename(Path) =:= <<"a.beam">>],
    {ok, a, Chunks} = beam_lib:all_chunks(Binary),
    ?assertNot(lists:keymember("Dbgi", 1, Chunks)),
    ?assert(lists:keymember("Attr", 1, Chunks)),
    ?assert(lists:keymember("Line", 1, Chunks)).

application_test() ->
    Resource = "{application, app, [{vsn, \"1.2\"}, {mod, {a, []}}, {applications, [stdlib, sub]}]}.\n",
    SubResource = "{application, sub, [{vsn, \"0\"}, {applications, [kernel]}]}.\n",
    {{_, _, #{files := Files}}, _} =
        build([{"rel/lib/app-1.2/ebin/app.app", Resource}, {"rel/lib/app-1.2/ebin/a.beam", beam("a")},
               {"rel/lib/app-1.2/priv/data/file", <<"data">>},
               {"rel/lib/sub-0/ebin/sub.app", SubResource}, {"rel/lib/sub-0/ebin/s.beam", beam("s")},
               {"rel/releases/1/r.rel", "{release, {\"r\", \"1\"}, {erts, \"13\"}, "
                "[{kernel, \"8\"}, {app, \"1.2\", transient}, {sub, \"0\", load}]}.\n"},
               {"rel/releases/1/sys.config", "[].\n"}],
              fun(Directory) -> filename:join(Directory, "rel") end, #{main => {a, main}}),
    {script, _, Commands} = binary_to_term(proplists:get_value(<<"/brood/brood.boot">>, Files)),
    Starts = [Arguments || {apply, {application, start_boot, Arguments}} <- Commands],
    ?assertEqual([[kernel, permanent], [stdlib, permanent], [brood, permanent], [app, transient]], Starts),
    ?assertEqual(<<"data">>, proplists:get_value(<<"/brood/lib/app-1.2/priv/data/file">>, Files)),
    ?assertEqual(<<"[].\n">>, proplists:get_value(<<"/brood/releases/sys.config">>, Files)).

own_boot_script_test() ->
    Kernel = "kernel-" ++ vsn(kernel),
    Tree = fun(Path) ->
                   Script = {script, {"r", "1"}, [{path, ["$ROOT/lib/" ++ Path ++ "/ebin", "$ROOT/lib/app-1/ebin"]}]},
                   [{"rel/lib/app-1/ebin/app.app", "{application, app, [{vsn, \"1\"}, {applications, [stdlib]}]}.\n"},
                    {"rel/lib/app-1/ebin/a.beam", beam("a")},
                    {"rel/releases/0/r.rel", "broken"},
                    {"rel/releases/1/r.rel", "{release, {\"r\", \"1\"}, {erts, \"13\"}, [{app, \"1\"}]}.\n"},
                    {"rel/releases/1/start.boot", term_to_binary(Script)},
                    {"rel/releases/start_erl.data", "13.0 1\n"}]
           end,
    Inner = fun(Directory) -> filename:join(Directory, "rel") end,
    {{_, _, #{files := Files, preloaded := Preloaded, args := Args}}, _} = build(Tree(Kernel), Inner, #{}),
    ?assertMatch({script, {"r", "1"}, [_]}, binary_to_term(proplists:get_value(<<"/brood/brood.boot">>, Files))),
    ?assert(lists:keymember(brood_boot, 1, Preloaded)),
    ?assertEqual([<<"-mode">>, <<"embedded">>, <<"-s">>, <<"brood_boot">>, <<"start">>,
                  <<"main">>, <<"a">>, <<"main">>, <<"1">>],
                 lists:dropwhile(fun(Arg) -> Arg =/= <<"-mode">> end, Args)),
    ?assertThrow({brood_release, missing, _}, build(Tree("kernel-0"), Inner, #{})).

vsn(Application) ->
    _ = application:load(Application),
    {ok, Vsn} = application:get_key(Application, vsn),
    Vsn.

build(Files, Inner, Options) ->
    with_files(Files, fun(Directory) ->
                              brood_release:build(Options#{directory => Inner(Directory), include => []})
                      end).

called_modules_of_otp_come_along_test() ->
    Source = module("a", "-export([main/1]).\nmain(_) -> compile:forms([]).\n"),
    {_, #{modules := Modules}} = build([{"a.erl", Source}]),
    Names = [Name || #{name := Name} <- Modules],
    ?assertEqual([], [<<"compile">>, <<"v3_core">>, <<"beam_ssa">>] -- Names).

failures_test_() ->
    A = {"a.erl", main("a")},
    [{atom_to_list(Failure) ++ " " ++ Why, ?_assertEqual(Failure, failure(Files, Options))}
     || {Failure, Why, Files, Options} <-
            [{input, "no such directory", [], #{directory => "/nonexistent"}},
             {input, "empty directory", [], #{}},
             {input, "no code", [{"README", <<>>}], #{}},
             {input, "broken resource", [A, {"a.app", "{application"}], #{}},
             {compile, "syntax error", [{"a.erl", "-module(a).\nf( ->"}], #{}},
             {bad_beam, "not a beam", [{"a.beam", <<"FOR1">>}], #{}},
             {bad_beam, "truncated", [{"a.beam", binary:part(beam("a"), 0, 200)}], #{}},
             {bad_beam, "of another name", [{"b.beam", beam("a")}], #{}},
             {bad_beam, "named as one of OTP's", [A, {"lists.erl", main("lists")}], #{main => {a, main}}},
             {missing, "main module", [A], #{main => {b, main}}},
             {missing, "handler module", [A], #{handler => b}},
             {missing, "included module", [A], #{include => [nowhere_to_be_found]}},
             {missing, "application",
              [A, {"a.app", "{application, a, [{applications, [nowhere_to_be_found]}]}."}], #{}},
             {entry, "nothing to enter", [{"a.erl", module("a", "")}], #{}},
             {entry, "two mains", [A, {"b.erl", main("b")}], #{}},
             {entry, "two handlers", [{"a.erl", handler("a")}, {"b.erl", handler("b")}], #{}},
             {entry, "no such function", [A], #{main => {a, start}}},
             {entry, "not a handler", [A], #{handler => a}}]].

name_test_() ->
    {ok, Here} = file:get_cwd(),
    [?_assertEqual(Name, brood_release_input:name(Directory))
     || {Name, Directory} <- [{"b", "/a/b/"}, {"b", "/a/b/."}, {"a", "/a/b/.."}, {filename:basename(Here), "."}]].

json_test_() ->
    Encode = fun(Value) -> iolist_to_binary(brood_release_json:encode(Value)) end,
    [?_assertEqual(<<"{\"a\":[1,true,null],\"b\":\"x\\\"\\\\\\u000a", 228/utf8, "\"}">>,
                   Encode(#{b => <<"x\"\\\n", 228/utf8>>, a => [1, true, null]}))].
