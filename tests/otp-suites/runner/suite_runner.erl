%% @doc Runs the cases of one of OTP's `*_SUITE' modules, in stock `erl' or in an instance.
%%
%% Each case runs in a process of its own, with a silent group leader and a time limit. What happens
%% is told on the console, in lines `@@ TERM.', so that whoever reads them knows which case was
%% running when they stop:
%%
%% * `{cases, [Name]}': what the suite has;
%% * `{begin, Number}': a case begins, counted from 1;
%% * `{done, Number, pass | fail | skip, Milliseconds, Facilities, Reason}';
%% * `finished'.
-module(suite_runner).

-export([main/0, main/1]).

-type verdict() :: {pass | fail | skip, Reason :: term()}.
-type frame() :: {[suite_cases:group()], Config :: list() | {refused, verdict()}}.

-record(run, {suite :: module(),
              limit :: pos_integer(),
              console :: pid(),
              first :: pos_integer(),
              wanted :: [string()],
              probe :: boolean()}).

%% What a reason may take of a line.
-define(REASON_MAX, 400).
%% How long to wait at the end for what was printed to be written, in milliseconds.
-define(WRITING_MAX, 5000).

%% @doc As `main/1', with the emulator's plain arguments.
-spec main() -> no_return().
main() ->
    main(init:get_plain_arguments()).

%% @doc `[Suite, Private, Limit, First, Probe, Case...]': the module, a directory to write to,
%% milliseconds for a case, the number of the first case to run, `probe' or `no_probe', and the only
%% cases to run (none: all). Suites and their data are in `priv/' of the application `otp_suites'.
-spec main([string()]) -> no_return().
main([Suite, Private, Limit, First, Probe | Wanted]) ->
    Directory = code:priv_dir(otp_suites),
    true = code:add_pathz(Directory),
    installed(filename:join(Directory, "otp")),
    Run = #run{suite = list_to_atom(Suite),
               limit = list_to_integer(Limit),
               console = group_leader(),
               first = list_to_integer(First),
               wanted = Wanted,
               probe = Probe =:= "probe"},
    %% Without files to write, cases that write fail by themselves.
    _ = filelib:ensure_path(Private),
    _ = file:set_cwd(Private),
    %% Whoever starts the suites has a home of their own, or none; an instance has none.
    true = os:putenv("HOME", Private),
    [true = os:unsetenv(Name) || "XDG_" ++ _ = Name <- [lists:takewhile(fun(C) -> C =/= $= end, Entry) || Entry <- os:getenv()]],
    Config = [{data_dir, filename:join(Directory, Suite ++ "_data") ++ "/"},
              {priv_dir, Private ++ "/"},
              {tc_logfile, filename:join(Private, "log")},
              {watchdog, none}],
    suite(Run, Config),
    tell(Run, finished),
    %% A halt that flushes would wait for the ports that cases left, too; one that doesn't loses what is not written yet.
    written(?WRITING_MAX),
    erlang:halt(0, [{flush, false}]).

%% Waits, so many milliseconds at most, until what was printed has left the ports of the standard streams.
written(0) -> ok;
written(Left) ->
    case lists:any(fun is_writing/1, erlang:ports()) of
        true -> timer:sleep(1), written(Left - 1);
        false -> ok
    end.

is_writing(Port) ->
    lists:member(erlang:port_info(Port, name), [{name, "0/1"}, {name, "2/2"}])
        andalso erlang:port_info(Port, queue_size) > {queue_size, 0}.

%% Modules in an image have no debug information, and applications no header files. Suites that read
%% them find OTP as it is installed in `priv/otp', if that is there.
installed(Directory) ->
    [begin
         Ebin = filename:join([Directory, Application, "ebin"]),
         [Name | _] = string:split(Application, "-"),
         code:replace_path(Name, Ebin) =:= true orelse code:add_pathz(Ebin)
     end || Application <- filelib:wildcard("*-*", Directory)].

tell(#run{console = Console}, Event) ->
    io:put_chars(Console, io_lib:format("~n@@ ~0p.~n", [Event])).

suite(#run{suite = Suite} = Run, Config) ->
    case attempt(Run, fun() -> {module, Suite} = code:ensure_loaded(Suite), suite_cases:of_suite(Suite) end) of
        {ok, {skip, Reason}} ->
            tell(Run, {cases, ["all"]}),
            done(Run, 1, {skip, Reason}, 0, []);
        {ok, Cases} ->
            tell(Run, {cases, [suite_cases:name(Case) || Case <- Cases]}),
            Numbered = [{Number, Case} || {Number, Case} <- lists:zip(lists:seq(1, length(Cases)), Cases),
                                          is_wanted(Run, Number, Case)],
            in_suite(Run, Numbered, Config);
        Failed ->
            tell(Run, {cases, ["all"]}),
            done(Run, 1, verdict(Failed), 0, [])
    end.

is_wanted(#run{first = First}, Number, _Case) when Number < First -> false;
is_wanted(#run{wanted = []}, _Number, _Case) -> true;
is_wanted(#run{wanted = Wanted}, _Number, {_, Name} = Case) ->
    lists:member(suite_cases:name(Case), Wanted) orelse lists:member(atom_to_list(Name), Wanted).

in_suite(#run{suite = Suite} = Run, Cases, Config) ->
    Outer = configured(Run, {init_per_suite, [Config]}, Config),
    Left = lists:foldl(fun(Case, Stack) -> one_case(Run, Case, Stack) end, [{[], Outer}], Cases),
    [{[], _}] = leave(Run, [], Left),
    case Outer of
        {refused, _} -> ok;
        _ -> _ = attempt(Run, fun() -> optional(Suite, end_per_suite, [Outer], ok) end)
    end.

%% The configuration that a function of the suite makes, if it has that function.
configured(#run{suite = Suite} = Run, {Function, Arguments}, Default) ->
    case attempt(Run, fun() -> optional(Suite, Function, Arguments, Default) end) of
        {ok, Config} when is_list(Config) -> Config;
        {ok, {Skip, Reason}} when Skip =:= skip; Skip =:= skipped -> {refused, {skip, Reason}};
        {ok, Other} -> {refused, {fail, {Function, Other}}};
        {skip, Reason} -> {refused, {skip, Reason}};
        {failed, Reason} -> {refused, {fail, {Function, Reason}}}
    end.

%% Runs a case after leaving and entering the groups between the last one and it. The stack has the
%% innermost group first, each with all groups around it.
-spec one_case(#run{}, {pos_integer(), suite_cases:testcase()}, [frame()]) -> [frame()].
one_case(Run, {Number, {Groups, Case}}, Stack0) ->
    tell(Run, {'begin', Number}),
    Start = erlang:monotonic_time(millisecond),
    Stack = [{_, Config} | _] = enter(Run, Groups, leave(Run, Groups, Stack0)),
    Before = [suite_probe:start() || Run#run.probe],
    Verdict = case Config of
                  {refused, Refusal} -> Refusal;
                  _ -> run_case(Run, Case, [{tc_group_properties, properties(Groups)} | Config])
              end,
    Facilities = lists:append([suite_probe:used(Counts) || Counts <- Before]),
    done(Run, Number, Verdict, erlang:monotonic_time(millisecond) - Start, Facilities),
    Stack.

properties([]) -> [];
properties(Groups) ->
    {Name, Properties} = lists:last(Groups),
    [{name, Name} | Properties].

leave(#run{suite = Suite} = Run, Groups, [{Inside, Config} | Outside] = Stack) ->
    case lists:prefix(Inside, Groups) of
        true ->
            Stack;
        false ->
            {Name, _} = lists:last(Inside),
            case Config of
                {refused, _} -> ok;
                _ -> attempt(Run, fun() -> optional(Suite, end_per_group, [Name, Config], ok) end)
            end,
            leave(Run, Groups, Outside)
    end.

enter(_Run, Groups, [{Groups, _} | _] = Stack) -> Stack;
enter(Run, Groups, [{Outside, Config} | _] = Stack) ->
    Inside = lists:sublist(Groups, length(Outside) + 1),
    {Name, _} = lists:last(Inside),
    Entered = case Config of
                  {refused, _} -> Config;
                  _ ->
                      With = [{tc_group_properties, properties(Inside)} | Config],
                      configured(Run, {init_per_group, [Name, With]}, Config)
              end,
    enter(Run, Groups, [{Inside, Entered} | Stack]).

-spec run_case(#run{}, atom(), list()) -> verdict().
run_case(#run{suite = Suite} = Run, Case, Config) ->
    End = fun(Prepared) -> optional(Suite, end_per_testcase, [Case, Prepared], ok) end,
    Whole = fun() ->
                    case optional(Suite, init_per_testcase, [Case, Config], Config) of
                        Prepared when is_list(Prepared) ->
                            try {returned, Suite:Case(Prepared)}
                            after catch End(Prepared)
                            end;
                        Refusal ->
                            Refusal
                    end
            end,
    case attempt(Run, Whole) of
        {failed, time_limit} = Failed ->
            %% It was killed and could not tidy up.
            _ = attempt(Run, fun() -> End(Config) end),
            verdict(Failed);
        {ok, {returned, Value}} -> verdict({ok, Value});
        Other -> verdict(Other)
    end.

-spec verdict(term()) -> verdict().
verdict({ok, {Skip, Reason}}) when Skip =:= skip; Skip =:= skipped -> {skip, Reason};
verdict({ok, {skip_and_save, Reason, _}}) -> {skip, Reason};
verdict({ok, {fail, Reason}}) -> {fail, Reason};
verdict({ok, _}) -> {pass, ok};
verdict({skip, Reason}) -> {skip, Reason};
verdict({failed, Reason}) -> {fail, Reason}.

optional(Suite, Function, Arguments, Default) ->
    case erlang:function_exported(Suite, Function, length(Arguments)) of
        true -> apply(Suite, Function, Arguments);
        false -> Default
    end.

%% Runs a function in a process of its own under the limit.
-spec attempt(#run{}, fun(() -> term())) -> {ok, term()} | {skip, term()} | {failed, term()}.
attempt(#run{limit = Limit}, Function) ->
    Parent = self(),
    Reference = make_ref(),
    Leader = suite_leader:start(),
    {Process, Monitor} = spawn_monitor(fun() ->
                                               group_leader(Leader, self()),
                                               Parent ! {Reference, evaluate(Function)}
                                       end),
    Result = receive
                 {Reference, Outcome} ->
                     erlang:demonitor(Monitor, [flush]),
                     Outcome;
                 {'DOWN', Monitor, process, Process, Reason} ->
                     outcome(exit, Reason, [])
             after Limit ->
                 erlang:demonitor(Monitor, [flush]),
                 exit(Process, kill),
                 {failed, time_limit}
             end,
    exit(Leader, kill),
    Result.

evaluate(Function) ->
    try {ok, Function()}
    catch Class:Reason:Stack -> outcome(Class, Reason, Stack)
    end.

outcome(Class, {Skip, Reason}, _Stack) when Skip =:= skip, Class =/= error; Skip =:= skipped, Class =/= error ->
    {skip, Reason};
outcome(Class, Reason, Stack) ->
    {failed, {Class, Reason, [Frame || Frame <- Stack, element(1, Frame) =/= ?MODULE]}}.

done(Run, Number, {Verdict, Reason}, Milliseconds, Facilities) ->
    Text = case Reason of
               ok -> "";
               _ -> lists:sublist(lists:flatten(io_lib:format("~0tp", [Reason], [{chars_limit, 4 * ?REASON_MAX}])),
                                  ?REASON_MAX)
           end,
    Latin = [Character || Character <- Text, Character < 256],
    tell(Run, {done, Number, Verdict, Milliseconds, Facilities, Latin}).
