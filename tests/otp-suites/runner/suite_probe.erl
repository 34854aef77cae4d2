%% @doc Which facilities of the host a case used, told by how often the primitives behind them were
%% called. It needs call counts, so it runs under stock `erl' only.
%%
%% A case that changes trace patterns itself may lose a count; what it lost counts as not used.
-module(suite_probe).

-export([start/0, used/1]).

-export_type([facility/0, counts/0]).

-type facility() :: port | native_library | driver | socket | node | distribution | command
                  | read | write | directory.
-opaque counts() :: [{facility(), mfa(), non_neg_integer() | unknown}].

-spec primitives() -> [{facility(), mfa()}].
primitives() ->
    [{port, {erts_internal, open_port, 2}},
     {native_library, {erlang, load_nif, 2}},
     {driver, {erl_ddll, try_load, 3}},
     {socket, {prim_inet, open, 4}},
     {socket, {prim_socket, open, 4}},
     {node, {peer, start, 1}},
     {node, {peer, start_link, 1}},
     {node, {peer, start_it, 2}},
     {node, {slave, start, 5}},
     {distribution, {net_kernel, start, 1}},
     {distribution, {net_kernel, start, 2}},
     {command, {os, cmd, 2}},
     {read, {prim_file, open_nif, 2}},
     {read, {prim_file, read_file_nif, 1}},
     {write, {prim_file, write_nif, 2}},
     {write, {prim_file, del_file_nif, 1}},
     {directory, {prim_file, list_dir_nif, 1}}].

%% @doc Begins to count.
-spec start() -> counts().
start() ->
    [begin
         catch erlang:trace_pattern(Primitive, true, [call_count]),
         {Facility, Primitive, count(Primitive)}
     end || {Facility, Primitive} <- primitives()].

%% @doc What was used since then.
-spec used(counts()) -> [facility()].
used(Before) ->
    lists:usort([Facility || {Facility, Primitive, Count} <- Before, is_integer(Count),
                             Now <- [count(Primitive)], is_integer(Now), Now > Count]).

count(Primitive) ->
    case catch erlang:trace_info(Primitive, call_count) of
        {call_count, Count} when is_integer(Count) -> Count;
        _ -> unknown
    end.
