%% A cache that forgets what was used least recently, as a process with a protocol.
%% tier: 3
-module(lru_cache).
-export([main/0]).

main() ->
    Cache = start(3),
    [io:format("~w -> ~w~n", [Op, call(Cache, Op)])
     || Op <- [{put, a, 1}, {put, b, 2}, {put, c, 3}, {get, a}, {put, d, 4}, {get, b}, {get, a}, {put, a, 10},
               {put, e, 5}, {get, c}, keys, {get, a}, stats]],
    Big = start(100),
    [call(Big, {put, I rem 150, I}) || I <- lists:seq(1, 2000)],
    Hits = length([hit || I <- lists:seq(0, 149), call(Big, {get, I}) =/= none]),
    io:format("~w ~w~n", [Hits, call(Big, stats)]).

start(Limit) -> spawn(fun() -> loop(#{limit => Limit, clock => 0, values => #{}, used => gb_trees:empty(), hits => 0, misses => 0}) end).

call(Cache, Request) ->
    Tag = make_ref(),
    Cache ! {self(), Tag, Request},
    receive {Tag, Answer} -> Answer after 5000 -> timeout end.

loop(State) ->
    receive
        {From, Tag, Request} ->
            {Answer, New} = handle(Request, State),
            From ! {Tag, Answer},
            loop(New)
    end.

handle(keys, #{values := V} = S) -> {lists:sort(maps:keys(V)), S};
handle(stats, #{hits := H, misses := M} = S) -> {{H, M}, S};
handle({get, K}, #{values := V, hits := H, misses := M} = S) ->
    case V of
        #{K := {Value, _}} -> {{ok, Value}, touch(K, Value, S#{hits := H + 1})};
        _ -> {none, S#{misses := M + 1}}
    end;
handle({put, K, Value}, S) -> {ok, shrink(touch(K, Value, S))}.

touch(K, Value, #{clock := C, values := V, used := U} = S) ->
    U1 = case V of
             #{K := {_, Old}} -> gb_trees:delete(Old, U);
             _ -> U
         end,
    S#{clock := C + 1, values := V#{K => {Value, C}}, used := gb_trees:insert(C, K, U1)}.

shrink(#{limit := Limit, values := V, used := U} = S) when map_size(V) > Limit ->
    {_, K, U1} = gb_trees:take_smallest(U),
    S#{values := maps:remove(K, V), used := U1};
shrink(S) -> S.
