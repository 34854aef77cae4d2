%% @doc Stands in for common_test's `ct': what OTP's suites call of it. Nothing is logged.
-module(ct).

-export([fail/1, fail/2, error/1, abort_current_testcase/1, sleep/1, timetrap/1, get_timetrap_info/0,
         log/1, log/2, log/3, log/4, log/5, pal/1, pal/2, pal/3, pal/4, pal/5, print/1, print/2, print/3,
         comment/1, comment/2, notify/2, get_config/1, get_config/2, require/1, require/2,
         get_progname/0, get_status/0, parse_table/1, get_testspec_terms/1,
         capture_start/0, capture_stop/0, capture_get/0, capture_get/1]).

-spec fail(term()) -> no_return().
fail(Reason) -> exit({test_case_failed, Reason}).

-spec fail(io:format(), [term()]) -> no_return().
fail(Format, Arguments) -> fail(lists:flatten(io_lib:format(Format, Arguments))).

-spec error(term()) -> no_return().
error(Reason) -> fail(Reason).

-spec abort_current_testcase(term()) -> no_return().
abort_current_testcase(Reason) -> fail(Reason).

-spec sleep(timeout() | {hours | minutes | seconds, number()}) -> ok.
sleep({hours, Hours}) -> sleep(trunc(Hours * 3600000));
sleep({minutes, Minutes}) -> sleep(trunc(Minutes * 60000));
sleep({seconds, Seconds}) -> sleep(trunc(Seconds * 1000));
sleep(Milliseconds) -> timer:sleep(Milliseconds).

%% The runner has a limit of its own.
timetrap(_Time) -> ok.
get_timetrap_info() -> {infinity, {false, 1}}.

log(_) -> ok.
log(_, _) -> ok.
log(_, _, _) -> ok.
log(_, _, _, _) -> ok.
log(_, _, _, _, _) -> ok.

pal(_) -> ok.
pal(_, _) -> ok.
pal(_, _, _) -> ok.
pal(_, _, _, _) -> ok.
pal(_, _, _, _, _) -> ok.

print(_) -> ok.
print(_, _) -> ok.
print(_, _, _) -> ok.

comment(_) -> ok.
comment(_, _) -> ok.

notify(_, _) -> ok.

get_config(_Key) -> undefined.
get_config(_Key, Default) -> Default.

require(_) -> ok.
require(_, _) -> ok.

get_progname() -> "erl".
get_status() -> no_tests_running.
parse_table(Table) -> Table.
get_testspec_terms(_) -> [].

capture_start() -> suite_leader:capture(start).
capture_stop() -> suite_leader:capture(stop).
capture_get() -> suite_leader:capture(get).
capture_get(_ExcludedCategories) -> suite_leader:capture(get).
