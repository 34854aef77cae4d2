%% @doc What the suites said: a table, a list of failures, a file in JSON, and whether that is as
%% expected.
-module(otp_suites_report).

-export([progress/4, report/2, surprises/3]).

%% The areas that make up the total.
-define(AREAS, ["emulator", "stdlib", "compiler", "kernel"]).
%% What a case may use of the host and yet count.
-define(FILE_FACILITIES, [read, write, directory]).

-type results() :: [{otp_suites:suite(), result()}].
-type result() :: #{otp_suites:side() => [otp_suites:outcome()]}.
-type judged() :: {Name :: string(), pass | {fail, Reason :: string()}}.

%% @doc One line for a suite that is done.
-spec progress(pos_integer(), pos_integer(), otp_suites:suite(), result()) -> ok.
progress(Number, Total, Suite, #{instance := Outcomes} = Result) ->
    Judged = judge(Suite, Result),
    Seconds = lists:sum([Milliseconds || #{milliseconds := Milliseconds} <- Outcomes]) / 1000,
    io:format("[~b/~b] ~ts: ~b of ~b, ~.1f s~n",
              [Number, Total, label(Suite), passed(Judged), length(Judged), Seconds]).

%% @doc Prints everything and writes the files that were asked for; the exit status.
-spec report(results(), otp_suites:options()) -> 0 | 1.
report(Results, #{known := KnownFile, record := Record} = Options) ->
    Judged = [{Suite, judge(Suite, Result)} || {Suite, Result} <- Results],
    io:put_chars(table(Results, Judged)),
    All = lists:append([Cases || {_, Cases} <- Judged]),
    Known = known(KnownFile),
    [write(File, json(Results, Judged)) || #{json := File} <- [Options]],
    Failures = [{Name, Reason} || {Name, {fail, Reason}} <- All],
    [io:format("~nFailures (!: not among the known ones):~n") || Failures =/= []],
    [io:format("~ts ~ts  ~ts~n", [mark(Name, Known), Name, Reason]) || {Name, Reason} <- Failures],
    case Record of
        true -> record(KnownFile, Known, All), 0;
        false -> unexpected(All, Known)
    end.

%% @doc The cases that fail and aren't known to.
-spec surprises(otp_suites:suite(), result(), otp_suites:options()) -> [string()].
surprises(Suite, Result, #{known := KnownFile}) ->
    Known = known(KnownFile),
    [lists:nthtail(length(label(Suite)) + 1, Name)
     || {Name, {fail, _}} <- judge(Suite, Result), not is_map_key(Name, Known)].

label({Area, Suite}) -> Area ++ "/" ++ Suite.

%% The cases that count, and how instances do with them.
-spec judge(otp_suites:suite(), result()) -> [judged()].
judge(Suite, #{stock := Stock, instance := Instance}) ->
    Found = by_name(Instance),
    [{label(Suite) ++ "/" ++ Name, judged(found(Name, Found))}
     || #{name := Name, verdict := pass, facilities := Facilities} <- Stock,
        Facilities -- ?FILE_FACILITIES =:= []].

by_name(Outcomes) ->
    maps:from_list([{Name, Outcome} || #{name := Name} = Outcome <- Outcomes]).

%% A suite that fails as a whole does so under the name `all'.
found(Name, Found) ->
    case Found of
        #{Name := Outcome} -> Outcome;
        #{"all" := Outcome} -> Outcome;
        #{} -> none
    end.

judged(#{verdict := pass}) -> pass;
judged(#{verdict := skip, reason := Reason}) -> {fail, "skipped: " ++ Reason};
judged(#{verdict := fail, reason := Reason}) -> {fail, Reason};
judged(none) -> {fail, "not run"}.

passed(Judged) -> length([Name || {Name, pass} <- Judged]).

table(Results, Judged) ->
    Heading = io_lib:format("~n~-42ts ~7ts ~7ts ~6ts   ~-15ts ~-15ts~n",
                            ["", "counted", "passed", "%", "stock p/f/s", "instance p/f/s"]),
    Rows = [row(label(Suite), Cases, [counts(Side, Result) || Side <- [stock, instance]])
            || {{Suite, Result}, {_, Cases}} <- lists:zip(Results, Judged)],
    Areas = lists:usort([Area || {{Area, _}, _} <- Judged]),
    Sums = [row(Area, lists:append([Cases || {{Of, _}, Cases} <- Judged, Of =:= Area]), [])
            || Area <- ?AREAS ++ (Areas -- ?AREAS), lists:member(Area, Areas)],
    Total = row(lists:join(" + ", ?AREAS), counted(Judged), []),
    [Heading, Rows, $\n, Sums, Total].

counted(Judged) ->
    lists:append([Cases || {{Area, _}, Cases} <- Judged, lists:member(Area, ?AREAS)]).

row(Name, Cases, Counts) ->
    io_lib:format("~-42ts ~7b ~7b ~6ts   ~ts~n",
                  [Name, length(Cases), passed(Cases), percent(Cases),
                   [io_lib:format("~-15ts ", [Text]) || Text <- Counts]]).

percent([]) -> "";
percent(Cases) -> io_lib:format("~.1f", [100 * passed(Cases) / length(Cases)]).

counts(Side, Result) ->
    Outcomes = maps:get(Side, Result),
    lists:join($/, [integer_to_list(length([1 || #{verdict := Of} <- Outcomes, Of =:= Verdict]))
                    || Verdict <- [pass, fail, skip]]).

json(Results, Judged) ->
    Total = counted(Judged),
    brood_release_json:encode(
      #{counted => length(Total),
        passed => passed(Total),
        percent => iolist_to_binary(percent(Total)),
        suites => [#{suite => text(label(Suite)),
                     counted => length(Cases),
                     passed => passed(Cases),
                     cases => cases(Suite, Result, maps:from_list(Cases))}
                   || {{Suite, Result}, {_, Cases}} <- lists:zip(Results, Judged)]}).

cases(Suite, #{stock := Stock, instance := Instance}, Counted) ->
    Found = by_name(Instance),
    [#{name => text(Name),
       counted => is_map_key(label(Suite) ++ "/" ++ Name, Counted),
       stock => json_outcome(Outcome),
       instance => json_outcome(found(Name, Found))}
     || #{name := Name} = Outcome <- Stock].

json_outcome(none) -> null;
json_outcome(#{verdict := Verdict, milliseconds := Milliseconds, facilities := Facilities, reason := Reason}) ->
    #{verdict => atom_to_binary(Verdict), milliseconds => Milliseconds,
      facilities => [atom_to_binary(Facility) || Facility <- Facilities], reason => text(Reason)}.

text(Characters) -> unicode:characters_to_binary(Characters).

write(File, Content) ->
    case file:write_file(File, [Content, $\n]) of
        ok -> ok;
        {error, Reason} ->
            io:format(standard_error, "error: cannot write ~ts: ~ts~n", [File, file:format_error(Reason)]),
            halt(2)
    end.

%% The known failures: `NAME REASON' in each line that isn't empty and doesn't begin with `#'. A reason that
%% begins with `sometimes' is of a case that may as well pass.
known(File) ->
    case file:read_file(File) of
        {ok, Content} ->
            Lines = string:split(unicode:characters_to_list(Content), "\n", all),
            maps:from_list([known_line(Line) || Line <- Lines, Line =/= "", hd(Line) =/= $#]);
        {error, _} ->
            #{}
    end.

known_line(Line) ->
    case string:split(Line, " ") of
        [Name, Reason] -> {Name, string:trim(Reason)};
        [Name] -> {Name, ""}
    end.

mark(Name, Known) when is_map_key(Name, Known) -> " ";
mark(_Name, _Known) -> "!".

unexpected(All, Known) ->
    New = [Name || {Name, {fail, _}} <- All, not is_map_key(Name, Known)],
    Gone = [Name || {Name, pass} <- All, #{Name := Reason} <- [Known],
                    not lists:prefix("sometimes", Reason)],
    [io:format("~n~b failures are not among the known ones.~n", [length(New)]) || New =/= []],
    [io:format("~nKnown failures that pass now (take them out of the list):~n") || Gone =/= []],
    [io:format("  ~ts~n", [Name]) || Name <- Gone],
    case New of
        [] -> 0;
        _ -> 1
    end.

%% The list as it is now: what was run is replaced, and reasons that somebody wrote are kept.
record(File, Known, All) ->
    Header = case file:read_file(File) of
                 {ok, Content} -> [[Line, $\n] || <<"#", _/binary>> = Line <- binary:split(Content, <<"\n">>, [global])];
                 {error, _} -> []
             end,
    NotRun = maps:without([Name || {Name, _} <- All], Known),
    Sometimes = maps:filter(fun(_, Reason) -> lists:prefix("sometimes", Reason) end, Known),
    Failing = maps:from_list([{Name, maps:get(Name, Known, Reason)} || {Name, {fail, Reason}} <- All]),
    Now = lists:sort(maps:to_list(maps:merge(maps:merge(NotRun, Sometimes), Failing))),
    write(File, lists:droplast([Header | lists:join($\n, [unicode:characters_to_binary([Name, $\s, Reason])
                                                          || {Name, Reason} <- Now])] ++ [[]])).
