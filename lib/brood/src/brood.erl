%% @doc What an application may ask about the instance it runs in.
-module(brood).

-export([id/0, phases/0]).

%% @doc This instance's number, never used twice by one monitor.
-spec id() -> integer().
id() ->
    maps:get(id, brood_sys:birth()).

%% @doc The phases of this instance's life so far, in milliseconds since its launch: the guest was
%% `entered', the `first_erlang' instruction ran, and it is `now'.
-spec phases() -> brood_handler:phases().
phases() ->
    Now = brood_sys:host_time_ns(),
    #{launched_ns := Launched, entered_ns := Entered, first_erlang_ns := First} = brood_sys:birth(),
    #{entered => milliseconds(Entered - Launched),
      first_erlang => milliseconds(First - Launched),
      now => milliseconds(Now - Launched)}.

milliseconds(Nanoseconds) ->
    Nanoseconds / 1.0e6.
