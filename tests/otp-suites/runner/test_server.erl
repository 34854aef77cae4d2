%% @doc Stands in for common_test's `test_server': what OTP's suites call of it.
-module(test_server).

-export([lookup_config/2, fail/0, fail/1, comment/1, format/1, format/2, format/3, break/1, messages_get/0,
         timetrap/1, timetrap_cancel/0, timetrap_cancel/1, timetrap_scale_factor/0,
         hours/1, minutes/1, seconds/1, sleep/1, adjusted_sleep/1, timecall/3,
         do_times/2, do_times/4, m_out_of_n/3, m_out_of_n/5,
         is_asan/0, is_commercial/0, is_cover/0, is_debug/0, is_native/1, is_valgrind/0, memory_checker/0,
         os_type/0, temp_name/1, capture_start/0, capture_stop/0, capture_get/0,
         app_test/1, app_test/2, appup_test/1,
         is_release_available/1, peer_name/2, start_node/3, stop_node/1, start_peer/3, start_peer/5,
         run_on_shielded_node/2]).

lookup_config(Key, Config) ->
    proplists:get_value(Key, Config).

fail() -> exit(suite_failed).
fail(Reason) -> exit({suite_failed, Reason}).

comment(_) -> ok.
format(_) -> ok.
format(_, _) -> ok.
format(_, _, _) -> ok.
break(_) -> ok.

messages_get() ->
    receive Message -> [Message | messages_get()]
    after 0 -> []
    end.

%% The runner has a limit of its own.
timetrap(_Time) -> make_ref().
timetrap_cancel() -> ok.
timetrap_cancel(_Handle) -> ok.
timetrap_scale_factor() -> 1.

hours(Hours) -> trunc(Hours * 3600000).
minutes(Minutes) -> trunc(Minutes * 60000).
seconds(Seconds) -> trunc(Seconds * 1000).

sleep(Milliseconds) -> timer:sleep(Milliseconds).
adjusted_sleep(Milliseconds) -> timer:sleep(Milliseconds).

timecall(Module, Function, Arguments) ->
    {Microseconds, Value} = timer:tc(Module, Function, Arguments),
    {Microseconds / 1000000, Value}.

do_times(Times, Module, Function, Arguments) ->
    do_times(Times, fun() -> apply(Module, Function, Arguments) end).

do_times(0, _Function) -> ok;
do_times(Times, Function) ->
    Function(),
    do_times(Times - 1, Function).

m_out_of_n(M, N, Module, Function, Arguments) ->
    m_out_of_n(M, N, fun() -> apply(Module, Function, Arguments) end).

m_out_of_n(0, _, _) -> ok;
m_out_of_n(M, 0, _) -> exit({m_out_of_n_failed, {M, left_to_do}});
m_out_of_n(M, N, Function) ->
    case catch Function() of
        {'EXIT', _} -> m_out_of_n(M, N - 1, Function);
        _ -> m_out_of_n(M - 1, N - 1, Function)
    end.

is_asan() -> false.
is_commercial() -> false.
is_cover() -> false.
is_debug() -> false.
is_native(_Module) -> false.
is_valgrind() -> false.
memory_checker() -> none.

os_type() -> os:type().
temp_name(Stem) -> Stem ++ integer_to_list(erlang:unique_integer([positive])).

capture_start() -> suite_leader:capture(start).
capture_stop() -> suite_leader:capture(stop).
capture_get() -> suite_leader:capture(get).

%% Applications are checked by those who release them.
app_test(_) -> ok.
app_test(_, _) -> ok.
appup_test(_) -> ok.

%% Other nodes are the host's.
is_release_available(_) -> false.
peer_name(Module, Case) -> lists:concat([Module, "-", Case]).
start_node(_, _, _) -> throw({skip, needs_another_node}).
stop_node(_) -> ok.
start_peer(_, _, _) -> throw({skip, needs_another_node}).
start_peer(_, _, _, _, _) -> throw({skip, needs_another_node}).
run_on_shielded_node(Function, _Arguments) -> Function().
