%% Whole packages booted under stock OTP: its `init', boot script evaluation, kernel application
%% and reports are the real ones; only the machine's own functions are played by a double.
-module(brood_boot_tests).
-include_lib("eunit/include/eunit.hrl").

-define(PROGRAMS, "lib/brood/test/programs").

booted_test_() ->
    {setup, fun() -> programs([served, console, console_binary, reports]) end,
     fun(Roots) ->
             #{served := Served, console := Console, console_binary := Binary,
               reports := Reports} = Roots,
             {timeout, 120,
              [{timeout, 60, Test}
               || Test <- [fun() -> answers(Served) end, fun() -> handler_crashes(Served) end,
                           fun() -> bad_responses(Served) end, fun() -> dies_by_link(Served) end,
                           fun() -> log_comes_before_the_end(Served) end, fun() -> main_ends(Served) end,
                           fun() -> other_arguments(Served, Console) end,
                           fun() -> console_is_as_in_stock(Console) end,
                           fun() -> binary_console_is_as_in_stock(Binary) end,
                           fun() -> reports_are_as_in_stock(Reports) end]]}
     end}.

programs(Names) ->
    maps:from_list([{Name, program(Name)} || Name <- Names]).

program(Name) ->
    Root = filename:join([filename:absname(os:getenv("BROOD_TEST_DIRECTORY")), atom_to_list(Name)]),
    Source = filename:join(Root, "source"),
    File = atom_to_list(Name) ++ ".erl",
    ok = filelib:ensure_dir(filename:join(Source, File)),
    {ok, _} = file:copy(filename:join(?PROGRAMS, File), filename:join(Source, File)),
    ok = brood_stock:unpack(brood_stock:package(Source, #{}), Root),
    Root.

request(Path) ->
    {request, #{method => <<"GET">>, path => Path, query => <<>>, headers => [], body => <<>>,
                peer => <<"127.0.0.1">>, id => <<"r1">>}}.

answers(Root) ->
    ?assertEqual({0, <<>>, <<>>, {response, 200, [{<<"X-List">>, <<"iolist">>}], <<"body">>}},
                 brood_stock:run(Root, request(<<"/">>), <<>>)).

handler_crashes(Root) ->
    {1, Output, <<>>, {crash, 500, Report}} = brood_stock:run(Root, request(<<"/error">>), <<>>),
    ?assertEqual(Output, Report),
    ?assertMatch({match, _},
                 re:run(Report, "^=ERROR REPORT==== .*\nError in process <[0-9.]+> with exit value:\n"
                        "{on_purpose,\\[{served,handle,1,\\[{file,\"served.erl\"},{line,[0-9]+}\\]}")),
    {1, _, _, {crash, 500, Thrown}} = brood_stock:run(Root, request(<<"/throw">>), <<>>),
    ?assertMatch({_, _}, binary:match(Thrown, <<"{nocatch,on_purpose}">>)).

bad_responses(Root) ->
    [begin
         {1, _, _, {crash, 500, Report}} = brood_stock:run(Root, request(Path), <<>>),
         ?assertMatch({_, _}, binary:match(Report, <<"where {Status, Headers, Body} was expected">>))
     end || Path <- [<<"/status">>, <<"/headers">>, <<"/body">>]].

dies_by_link(Root) ->
    {1, _, _, {crash, 500, Report}} = brood_stock:run(Root, request(<<"/linked">>), <<>>),
    ?assertMatch({match, _}, re:run(Report, "exit signal:\nlinked\n")).

log_comes_before_the_end(Root) ->
    {0, Output, <<>>, {response, 204, [], <<>>}} = brood_stock:run(Root, request(<<"/logs">>), <<>>),
    ?assertMatch({match, _}, re:run(Output, "^=ERROR REPORT==== .*\nlogged\n$")).

main_ends(Root) ->
    Run = fun(Arguments) ->
                  {Status, Output, _, _} = brood_stock:run(Root, {run, Arguments}, <<>>),
                  {Status, Output}
          end,
    ?assertEqual({0, <<"[\"a\",\"", 228, "\"]\n">>}, Run([<<"a">>, <<"ä"/utf8>>])),
    ?assertEqual({3, <<>>}, Run([<<"halt">>, <<"3">>])),
    ?assertEqual({5, <<>>}, Run([<<"stop">>, <<"5">>])),
    ?assertEqual({4, <<>>}, Run([<<"stop and return">>])),
    ?assertMatch({1, <<"=ERROR REPORT==== ", _/binary>>}, Run([<<"error">>])).

other_arguments(Served, Console) ->
    ?assertEqual({0, <<>>, <<>>, pong}, brood_stock:run(Served, bench, <<>>)),
    ?assertMatch({1, _, _, {crash, 500, _}}, brood_stock:run(Served, {something, else}, <<>>)),
    ?assertMatch({1, _, _, {crash, 500, _}}, brood_stock:run(Console, request(<<"/">>), <<>>)).

console_is_as_in_stock(Root) ->
    Input = <<"first line\r\nabc{term, \"x\"}. 12 word\nrest\n", "reader ä\n"/utf8,
              "last line\nand some more">>,
    same_as_stock(Root, "console", Input, fun(Text) -> Text end).

binary_console_is_as_in_stock(Root) ->
    Input = <<"ä line\nabcdef\nsecond\nlatin ä\nthe end"/utf8>>,
    same_as_stock(Root, "console_binary", Input, fun(Text) -> Text end).

reports_are_as_in_stock(Root) ->
    same_as_stock(Root, "reports", <<>>, fun without_times_and_pids/1).

without_times_and_pids(Text) ->
    Patterns = [{"REPORT==== .* ===", "REPORT===="}, {"<0\\.[0-9]+\\.0>", "<PID>"},
                %% What called the program's main function, and how big the processes got.
                {"(?m)^.*(brood_boot|{init,|erl_eval).*\n", ""},
                {"(ancestors: ).*", "\\1"}, {"neighbours:(\n|.)*?(?==|$)", ""},
                {"(reductions|heap_size|stack_size): [0-9]+", "\\1"}],
    lists:foldl(fun({Pattern, With}, Acc) -> re:replace(Acc, Pattern, With, [global, {return, binary}]) end,
                Text, Patterns).

same_as_stock(Root, Name, Input, Normalise) ->
    {0, Output, Errors, none} = brood_stock:run(Root, {run, []}, Input),
    [Ebin] = [filename:dirname(F) || F <- filelib:wildcard(Root ++ "/lib/*/ebin/" ++ Name ++ ".beam")],
    InputFile = filename:join(Root, "input"),
    Command = "erl +S 1:1 -noshell -pa " ++ Ebin ++ " -eval '" ++ Name ++ ":main([]), halt()' < "
        ++ InputFile ++ " 2> " ++ InputFile ++ ".errors",
    Port = open_port({spawn, Command}, [binary, exit_status]),
    {0, Stock} = brood_stock:collect(Port, []),
    {ok, StockErrors} = file:read_file(InputFile ++ ".errors"),
    ?assertEqual(Normalise(Stock), Normalise(Output)),
    ?assertEqual(StockErrors, Errors).
