%% @doc Runs one suite on one side, in as many emulators as it takes: when one ends in the middle of
%% a case, that case has failed, and another emulator goes on behind it.
-module(otp_suites_side).

-export([run/4]).

%% How often a suite's emulator may end before the rest of the suite has failed.
-define(ENDS_MAX, 12).
%% What an emulator gets beyond a case's limit before it counts as hanging, in milliseconds: the groups and
%% the suite have functions around the case that each have the same limit.
-define(PATIENCE, 20000).
-define(LINE_MAX, 65536).
%% What a case may learn of whoever starts the suites: where programs are. All else is the same everywhere.
-define(ENVIRONMENT_KEPT, ["PATH"]).
-define(ENVIRONMENT, [{"HOME", "/nonexistent"}, {"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}]).

-record(progress, {names = [] :: [string()],
                   running = none :: none | pos_integer(),
                   outcomes = [] :: [{pos_integer(), otp_suites:outcome()}],
                   last = "" :: string(),
                   finished = false :: boolean()}).

%% @doc The outcomes of a suite's cases, or of the named ones among them, in their order.
-spec run(otp_suites:side(), otp_suites:suite(), [string()], otp_suites:options()) -> [otp_suites:outcome()].
run(Side, Suite, Cases, #{suite_seconds := Seconds} = Options) ->
    Deadline = erlang:monotonic_time(millisecond) + Seconds * 1000,
    Progress = go_on(Side, Suite, Cases, Options, Deadline, ?ENDS_MAX, 1, #progress{}),
    [Outcome || {_, Outcome} <- lists:keysort(1, Progress#progress.outcomes)].

go_on(Side, Suite, Cases, Options, Deadline, Ends, First, Progress0) ->
    {How, Progress} = emulator(Side, Suite, Cases, Options, Deadline, First, Progress0),
    case Progress of
        #progress{finished = true} ->
            Progress;
        #progress{names = []} ->
            Failed = outcome("all", fail, how(How, Progress)),
            Progress#progress{outcomes = [{1, Failed}]};
        #progress{names = Names} ->
            Number = case Progress#progress.running of
                         none -> last_number(Progress) + 1;
                         Running -> Running
                     end,
            Ended = failed(Number, how(How, Progress), Progress),
            Late = erlang:monotonic_time(millisecond) >= Deadline,
            if
                Number >= length(Names) -> Ended;
                Late -> rest(Number + 1, "not run: the suite took too long", Cases, Ended);
                Ends =< 1 -> rest(Number + 1, "not run: the suite ended its emulator too often", Cases, Ended);
                true -> go_on(Side, Suite, Cases, Options, Deadline, Ends - 1, Number + 1, Ended)
            end
    end.

last_number(#progress{outcomes = []}) -> 0;
last_number(#progress{outcomes = Outcomes}) -> lists:max([Number || {Number, _} <- Outcomes]).

how(How, #progress{last = ""}) -> How;
how(How, #progress{last = Last}) -> How ++ ": " ++ Last.

outcome(Name, Verdict, Reason) ->
    #{name => Name, verdict => Verdict, milliseconds => 0, facilities => [], reason => Reason}.

failed(Number, Reason, #progress{names = Names, outcomes = Outcomes} = Progress) when Number =< length(Names) ->
    Outcome = outcome(lists:nth(Number, Names), fail, Reason),
    Progress#progress{outcomes = [{Number, Outcome} | Outcomes], running = none, last = ""};
failed(_Number, _Reason, Progress) ->
    Progress.

rest(First, Reason, Cases, #progress{names = Names} = Progress) ->
    lists:foldl(fun(Number, Before) -> failed(Number, Reason, Before) end, Progress,
                [Number || Number <- lists:seq(First, length(Names)), Name <- [lists:nth(Number, Names)],
                           Cases =:= [] orelse lists:member(Name, Cases)
                               orelse lists:member(filename:basename(Name), Cases)]).

%% One emulator, from case `First' on, until it ends by itself or is ended.
emulator(Side, Suite, Cases, #{case_seconds := Seconds} = Options, Deadline, First, Progress) ->
    {Program, Arguments, Directory} = command(Side, Suite, Cases, First, Options),
    Port = open_port({spawn_executable, "/usr/bin/timeout"},
                     [{args, ["--kill-after=5", "86400", Program | Arguments]}, {cd, Directory},
                      {env, environment()}, exit_status, stderr_to_stdout, in, hide, {line, ?LINE_MAX}]),
    listen(Port, 3 * Seconds * 1000 + ?PATIENCE, Deadline, Progress#progress{last = "", running = none}).

environment() ->
    Here = [hd(string:split(Entry, "=")) || Entry <- os:getenv()],
    Pinned = [Name || {Name, _} <- ?ENVIRONMENT],
    [{Name, false} || Name <- (Here -- ?ENVIRONMENT_KEPT) -- Pinned] ++ ?ENVIRONMENT.

listen(Port, Patience, Deadline, Progress) ->
    Left = max(0, Deadline - erlang:monotonic_time(millisecond)),
    receive
        {Port, {data, {_, Line}}} -> listen(Port, Patience, Deadline, line(Line, Progress));
        {Port, {exit_status, Status}} -> {ended(Status), Progress}
    after min(Left, Patience) ->
        stop(Port),
        {case Left =< Patience of
             true -> "the suite took too long";
             false -> "it hangs"
         end, Progress}
    end.

ended(0) -> "the emulator ended";
ended(134) -> "the machine crashed";
ended(137) -> "out of memory";
ended(Status) -> lists:flatten(io_lib:format("the emulator ended with status ~b", [Status])).

stop(Port) ->
    {os_pid, Process} = erlang:port_info(Port, os_pid),
    _ = os:cmd("kill " ++ integer_to_list(Process)),
    receive {Port, {exit_status, _}} -> ok after 10000 -> ok end.

command(stock, {Area, Suite}, Cases, First, #{work := Work} = Options) ->
    Directory = filename:join([Work, "stock", "private", Area, Suite]),
    %% What an earlier run left is in the way of this one.
    _ = [file:del_dir_r(Directory) || First =:= 1],
    ok = filelib:ensure_path(Directory),
    Application = filename:join([Work, "stock", Area, "otp_suites", "ebin"]),
    {os:find_executable("erl"),
     ["-noshell", "-noinput", "-start_epmd", "false", "-pa", Application, "-s", "suite_runner", "main", "-extra"
      | runner(Suite, Directory, First, "probe", Cases, Options)],
     Directory};
command(instance, {Area, Suite}, Cases, First, #{work := Work, brood := Brood, memory := Memory} = Options) ->
    {Brood,
     ["run", filename:join(Work, Area ++ ".brood"), "--memory", Memory, "--"
      | runner(Suite, "/tmp/" ++ Suite, First, "no_probe", Cases, Options)],
     Work}.

runner(Suite, Directory, First, Probe, Cases, #{case_seconds := Seconds}) ->
    [Suite, Directory, integer_to_list(Seconds * 1000), integer_to_list(First), Probe | Cases].

line("@@ " ++ Text, Progress) ->
    case term(Text) of
        {cases, Names} ->
            Progress#progress{names = Names};
        {'begin', Number} ->
            Progress#progress{running = Number, last = ""};
        {done, Number, Verdict, Milliseconds, Facilities, Reason} ->
            #progress{names = Names, outcomes = Outcomes} = Progress,
            Outcome = (outcome(lists:nth(Number, Names), Verdict, Reason))
                #{milliseconds := Milliseconds, facilities := Facilities},
            Progress#progress{outcomes = [{Number, Outcome} | Outcomes], running = none, last = ""};
        finished ->
            Progress#progress{finished = true};
        _ ->
            Progress
    end;
line("", Progress) -> Progress;
%% The first line that isn't the runner's since the case began says best what went wrong.
line(Line, #progress{last = ""} = Progress) -> Progress#progress{last = lists:sublist(Line, 200)};
line(_Line, Progress) -> Progress.

term(Text) ->
    case erl_scan:string(Text) of
        {ok, Tokens, _} ->
            case erl_parse:parse_term(Tokens) of
                {ok, Term} -> Term;
                {error, _} -> none
            end;
        {error, _, _} ->
            none
    end.
