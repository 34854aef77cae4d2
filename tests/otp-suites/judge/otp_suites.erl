%% @doc Has OTP's own test suites run on both sides, stock `erl' and instances, and judges.
%%
%% The program behind `scripts/otp-suites', which prepares what it needs: the suites of each area
%% compiled below `work', and an image of them.
%%
%% What counts is what stock `erl' passes without any facility of the operating system, or with files
%% only. A case of these that fails in an instance has to be named in the list of known failures, with
%% its reason; one that is named there and passes is told of.
-module(otp_suites).

-export([main/0]).

%% How many unexpected failures of a suite may be an accident.
-define(SURPRISES_MAX, 10).
%% How many times as long they may take the second time.
-define(MORE_TIME, 4).

-export_type([options/0, outcome/0, side/0, suite/0, verdict/0]).

-type side() :: stock | instance.
-type suite() :: {Area :: string(), Suite :: string()}.
-type verdict() :: pass | fail | skip.
-type outcome() :: #{name := string(), verdict := verdict(), milliseconds := non_neg_integer(),
                     facilities := [atom()], reason := string()}.
-type options() :: #{work := file:filename(), brood := file:filename(), jobs := pos_integer(),
                     case_seconds := pos_integer(), suite_seconds := pos_integer(),
                     memory := string(), known := file:filename(), record := boolean(),
                     json => file:filename(), patterns := [string()]}.

-spec main() -> no_return().
main() ->
    Defaults = #{jobs => 2, case_seconds => 30, suite_seconds => 600, memory => "4096", record => false, patterns => []},
    Options = arguments(init:get_plain_arguments(), Defaults),
    Selected = select(Options),
    Selected =/= [] orelse fail("nothing is selected", []),
    Results = all(Selected, Options),
    halt(otp_suites_report:report(Results, Options)).

arguments(["--record" | Rest], Options) -> arguments(Rest, Options#{record := true});
arguments(["--work", Value | Rest], Options) -> arguments(Rest, Options#{work => Value});
arguments(["--brood", Value | Rest], Options) -> arguments(Rest, Options#{brood => Value});
arguments(["--known", Value | Rest], Options) -> arguments(Rest, Options#{known => Value});
arguments(["--json", Value | Rest], Options) -> arguments(Rest, Options#{json => Value});
arguments(["--memory", Value | Rest], Options) -> arguments(Rest, Options#{memory := Value});
arguments(["--jobs", Value | Rest], Options) -> arguments(Rest, Options#{jobs := list_to_integer(Value)});
arguments(["--case-seconds", Value | Rest], Options) ->
    arguments(Rest, Options#{case_seconds := list_to_integer(Value)});
arguments(["--suite-seconds", Value | Rest], Options) ->
    arguments(Rest, Options#{suite_seconds := list_to_integer(Value)});
arguments([Pattern | Rest], #{patterns := Patterns} = Options) ->
    arguments(Rest, Options#{patterns := Patterns ++ [Pattern]});
arguments([], Options) ->
    Options.

%% `AREA/SUITE' or `AREA/SUITE/CASE', where SUITE may be `*', to suites, each with its only cases.
-spec select(options()) -> [{suite(), Cases :: [string()]}].
select(#{patterns := Patterns} = Options) ->
    Selected = lists:append([selected(Pattern, Options) || Pattern <- Patterns]),
    Suites = lists:foldl(fun({Suite, _}, Known) -> Known ++ [Suite || not lists:member(Suite, Known)] end,
                         [], Selected),
    [{Suite, only([Cases || {Of, Cases} <- Selected, Of =:= Suite])} || Suite <- Suites].

only(Selections) ->
    case lists:member([], Selections) of
        true -> [];
        false -> lists:append(Selections)
    end.

selected(Pattern, #{work := Work}) ->
    {Area, Suite, Cases} = case string:split(Pattern, "/") of
                               [Of, Rest] ->
                                   case string:split(Rest, "/") of
                                       [Name, Case] -> {Of, Name, [Case]};
                                       [Name] -> {Of, Name, []}
                                   end;
                               [Of] -> {Of, "*", []}
                           end,
    Files = lists:sort(filelib:wildcard(filename:join([Work, Area, "otp_suites", "priv",
                                                       Suite ++ ".beam"]))),
    Suites = [Base || File <- Files, Base <- [filename:basename(File, ".beam")], lists:suffix("_SUITE", Base)],
    Suites =/= [] orelse fail("~ts: there is no such suite, or it does not compile", [Pattern]),
    [{{Area, Name}, Cases} || Name <- Suites].

%% Both sides of all suites, `jobs' at a time; a line for each when it is done.
all(Selected, #{jobs := Jobs} = Options) ->
    Parent = self(),
    Total = length(Selected),
    Start = fun({Suite, Cases}) ->
                    spawn_link(fun() -> Parent ! {result, Suite, both(Suite, Cases, Options)} end)
            end,
    {First, Rest} = lists:split(min(Jobs, Total), Selected),
    lists:foreach(Start, First),
    Results = collect(Rest, Start, 1, Total, []),
    [{Suite, Result} || {Suite, _} <- Selected, {Of, Result} <- Results, Of =:= Suite].

collect(_Rest, _Start, Number, Total, Results) when Number > Total ->
    Results;
collect(Rest, Start, Number, Total, Results) ->
    receive
        {result, Suite, Result} ->
            otp_suites_report:progress(Number, Total, Suite, Result),
            [Start(Next) || Next <- lists:sublist(Rest, 1)],
            collect(lists:nthtail(min(1, length(Rest)), Rest), Start, Number + 1, Total,
                    [{Suite, Result} | Results])
    end.

both(Suite, Cases, Options) ->
    Stock = stock(Suite, Cases, Options),
    Instance = otp_suites_side:run(instance, Suite, Cases, Options),
    Result = #{stock => Stock, instance => Instance},
    Surprises = otp_suites_report:surprises(Suite, Result, Options),
    Result#{instance := once_more(Suite, Surprises, Instance, Options)}.

%% A few cases that fail and aren't known to are run once more with more time, and said to: a busy computer makes a case
%% exceed its time.
once_more(Suite, Surprises, Instance, #{case_seconds := Seconds} = Options)
  when Surprises =/= [], length(Surprises) =< ?SURPRISES_MAX ->
    Patient = Options#{case_seconds := ?MORE_TIME * Seconds},
    Passed = maps:from_list([{Name, Outcome} || #{name := Name, verdict := pass} = Outcome
                                                    <- otp_suites_side:run(instance, Suite, Surprises, Patient)]),
    [io:format("~ts: passes when it is run once more~n", [Name]) || Name <- maps:keys(Passed)],
    [maps:get(Name, Passed, Outcome) || #{name := Name} = Outcome <- Instance];
once_more(_Suite, _Surprises, Instance, _Options) ->
    Instance.

%% What stock does is known once and for all, for whole suites.
stock({Area, Name} = Suite, Cases, #{work := Work} = Options) ->
    File = filename:join([Work, "stock", Area, Name ++ ".expected"]),
    Whole = case file:consult(File) of
                {ok, [Known]} ->
                    Known;
                {error, _} ->
                    Outcomes = otp_suites_side:run(stock, Suite, [], Options),
                    ok = filelib:ensure_dir(File),
                    ok = file:write_file(File ++ ".new", io_lib:format("~0p.~n", [Outcomes])),
                    ok = file:rename(File ++ ".new", File),
                    Outcomes
            end,
    case Cases of
        [] -> Whole;
        _ -> [Outcome || #{name := Case} = Outcome <- Whole,
                         lists:member(Case, Cases) orelse lists:member(filename:basename(Case), Cases)]
    end.

-spec fail(io:format(), [term()]) -> no_return().
fail(Format, Arguments) ->
    io:format(standard_error, "error: " ++ Format ++ "~n", Arguments),
    halt(2).
