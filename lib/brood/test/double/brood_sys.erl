%% @doc Stands in for the machine under stock OTP: the argument comes from a file, the console is
%% the emulator's own, messages to the parent are appended to a file.
-module(brood_sys).

-export([freeze/0, send_parent/1, birth/0, host_time_ns/0]).

freeze() ->
    {ok, Binary} = prim_file:read_file(os:getenv("BROOD_ARGUMENT")),
    binary_to_term(Binary).

send_parent(Term) ->
    append(os:getenv("BROOD_PARENT"), term_to_binary(Term)).

birth() ->
    #{id => 7, launched_ns => 1_000_000, entered_ns => 1_600_000, first_erlang_ns => 1_650_000}.

host_time_ns() ->
    1_700_000.

append(File, Bytes) ->
    {ok, Handle} = prim_file:open(File, [append]),
    ok = prim_file:write(Handle, Bytes),
    prim_file:close(Handle).
