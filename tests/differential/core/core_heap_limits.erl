%% tier: 2
%% The flag max_heap_size: what grows beyond it is killed, whatever it catches and wherever it grows.
-module(core_heap_limits).
-export([main/0]).

main() ->
    show(list, killed(fun() -> grow_list([]) end)),
    show(caught, killed(fun() -> try grow_list([]) catch _:_ -> erlang:display(caught) end end)),
    show(integer, killed(fun() -> grow_integer(1) end)),
    show(dictionary, killed(fun() -> grow_dictionary(1) end)),
    show(messages, killed(fun() -> grow_queue(1) end)),
    show(no_calls, killed(fun() -> collect_and_wait([]) end)),
    show(links, killed(fun() -> spawn_link(fun() -> receive never -> ok end end), grow_list([]) end)),
    show(warned, ends(#{size => 10000, kill => false, error_logger => false}, fun() -> use_much() end)),
    show(unlimited, ends(#{size => 0, kill => true, error_logger => false}, fun() -> use_much() end)),
    show(small, ends(#{size => 10000, kill => true, error_logger => false}, fun() -> reuse(100000) end)).

show(Name, Reason) -> erlang:display({Name, Reason}).

killed(Fun) -> ends(#{size => 10000, kill => true, error_logger => false}, Fun).

ends(Limit, Fun) ->
    {_, Reference} = spawn_opt(Fun, [monitor, {max_heap_size, Limit}]),
    receive
        {'DOWN', Reference, _, _, Reason} -> Reason
    after 10000 -> still_there
    end.

grow_list(List) -> grow_list([length(List) | List]).

grow_integer(N) -> grow_integer(N bsl 64).

grow_dictionary(N) ->
    put(N, {N, N, N}),
    grow_dictionary(N + 1).

grow_queue(N) ->
    self() ! {message, N, [N]},
    grow_queue(N + 1).

%% What is collected last before it waits for ever is too much.
collect_and_wait(List) when length(List) < 20000 -> collect_and_wait([x | List]);
collect_and_wait(List) ->
    erlang:garbage_collect(),
    receive never -> length(List) end.

use_much() -> 50000 = length(count([], 50000)).

count(List, 0) -> List;
count(List, N) -> count([N | List], N - 1).

reuse(0) -> ok;
reuse(N) ->
    {N, [_ | _]} = {N, [N, N]},
    reuse(N - 1).
