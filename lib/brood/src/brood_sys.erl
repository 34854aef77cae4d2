%% @doc What the machine gives an instance beyond OTP's own built-in functions.
%%
%% Every body here is replaced by the machine when the module is loaded, as ERTS replaces
%% `lists:member/2'; called anywhere else they fail with `undef'. Applications use {@link brood};
%% only that module and the boot code call this one.
-module(brood_sys).

-export([freeze/0, send_parent/1, birth/0, host_time_ns/0]).

-export_type([birth/0]).

-type birth() :: #{id := integer(),
                   launched_ns := integer(),
                   entered_ns := integer(),
                   first_erlang_ns := integer()}.
%% All times are nanoseconds of the host's clock, see {@link host_time_ns/0}.

%% @doc Ends the build of an image: returns only in clones of it, with the clone's argument; in one that boots
%% again, at once.
-spec freeze() -> Argument :: term().
freeze() ->
    erlang:nif_error(undef).

%% @doc Sends a term to whoever started this instance.
-spec send_parent(term()) -> ok.
send_parent(_Term) ->
    erlang:nif_error(undef).

%% @doc Who this instance is and when it came into being.
-spec birth() -> birth().
birth() ->
    erlang:nif_error(undef).

%% @doc The host's clock, in nanoseconds; comparable with the times in {@link birth/0}.
-spec host_time_ns() -> integer().
host_time_ns() ->
    erlang:nif_error(undef).
