%% tier: 2
%% Terms that are nested a hundred thousand deep: nothing that walks a term needs a deep stack for it.
-module(core_deep).
-export([main/0]).

-define(DEPTH, 100000).

main() ->
    [shape(Name, Wrap) ||
        {Name, Wrap} <-
            [{list, fun(T) -> [T] end},
             {tuple, fun(T) -> {T, x} end},
             {map, fun(T) -> #{k => T} end},
             {key, fun(T) -> #{T => 1} end},
             {closure, fun(T) -> fun() -> T end end}]],
    large_map(),
    erlang:display(done).

shape(closure, Wrap) ->
    Deep = nest(?DEPTH, Wrap, []),
    self() ! Deep,
    receive Deep -> erlang:garbage_collect() end,
    erlang:display({closure, Deep =:= Deep});
shape(key, Wrap) ->
    % Each level hashes its key: not so deep.
    common(key, nest(100, Wrap, []), nest(100, Wrap, []));
shape(Name, Wrap) ->
    common(Name, nest(?DEPTH, Wrap, []), nest(?DEPTH, Wrap, [])).

common(Name, Deep, Same) ->
    Table = ets:new(t, [ordered_set]),
    ets:insert(Table, {Deep, 1}),
    put(Deep, 2),
    Bytes = term_to_binary(Deep),
    self() ! Deep,
    {_, Monitor} = spawn_monitor(fun() -> exit(Deep) end),
    erlang:display(
        {Name,
         Deep =:= Same,
         Deep == Same,
         Deep < [Same | x],
         erlang:phash2(Deep) =:= erlang:phash2(Same),
         ets:lookup(Table, Same) =:= [{Deep, 1}],
         get(Same),
         byte_size(Bytes) =:= erlang:external_size(Deep) - 0,
         binary_to_term(Bytes) =:= Deep,
         receive Same -> message end,
         receive {'DOWN', Monitor, _, _, Same} -> reason end,
         maps:get(Same, #{Deep => 3})}).

nest(0, _, Term) -> Term;
nest(N, Wrap, Term) -> nest(N - 1, Wrap, Wrap(Term)).

large_map() ->
    Map = maps:from_list([{N, [N]} || N <- lists:seq(1, 50000)]),
    erlang:garbage_collect(),
    erlang:display({map_size(Map), maps:get(49999, Map), maps:fold(fun(K, [K], Sum) -> K + Sum end, 0, Map)}).
