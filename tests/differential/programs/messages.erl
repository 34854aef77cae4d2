%% Messages of every size and shape keep their value, order and sharing rules.
%% tier: 2
-module(messages).
-export([main/0]).

main() ->
    S = self(),
    E = spawn_link(fun echo/0),
    Terms = [1, 1 bsl 500, 1.5, atom, "text", lists:seq(1, 100000), <<0:800000>>, <<1:3>>, binary:part(<<0:80000, "xyz">>, 9990, 13), list_to_tuple(lists:seq(1, 5000)),
             maps:from_list([{N, {N}} || N <- lists:seq(1, 3000)]), fun(X) -> X end, S, E, make_ref(), [[[[]]]], nest(10000), [a | b], fun lists:map/2, {<<"a">>, [<<"b">>, #{c => <<"d">>}]}, lists:duplicate(2000, {x, "y", 1.0})],
    p([begin E ! {S, T}, receive {E, R} -> R =:= T end end || T <- Terms]),
    E ! {S, Terms}, p(receive {E, R} -> R =:= Terms end),
    [E ! {S, N} || N <- lists:seq(1, 3000)],
    p([receive {E, N} -> N end || _ <- lists:seq(1, 3000)] =:= lists:seq(1, 3000)),
    p(pipeline(30, 200)),
    p(fan_in(50, 40)),
    p(ping_pong(20000)),
    p(all_to_all(25)),
    Env = lists:seq(1, 1000), F = fun(X) -> X + length(Env) end,
    E ! {S, F}, p(receive {E, G} -> G(1) end),
    Big = binary:copy(<<"0123456789">>, 50000),
    Ps = [spawn(fun() -> receive {B, From} -> From ! {self(), erlang:crc32(B)} end end) || _ <- lists:seq(1, 50)],
    [P ! {Big, S} || P <- Ps],
    p(lists:usort([receive {P, C} -> C end || P <- Ps]) =:= [erlang:crc32(Big)]),
    p(queue_up(10000)),
    Shared = lists:foldl(fun(_, T) -> {T, T} end, leaf, lists:seq(1, 12)),
    E ! {S, Shared}, p(receive {E, Sh} -> Sh =:= Shared end).

p(X) -> io:format("~p~n", [X]).
echo() -> receive {From, T} -> From ! {self(), T}, echo() end.
nest(0) -> [];
nest(N) -> [nest(N - 1)].

pipeline(Stages, Items) ->
    S = self(),
    First = lists:foldl(fun(K, Next) -> spawn(fun() -> stage(K, Next) end) end, S, lists:seq(1, Stages)),
    [First ! {item, N} || N <- lists:seq(1, Items)],
    lists:sum([receive {item, N} -> N end || _ <- lists:seq(1, Items)]).
stage(K, Next) -> receive {item, N} -> Next ! {item, N + K}, stage(K, Next) end.

fan_in(Senders, Each) ->
    S = self(),
    [spawn(fun() -> [S ! {from, I, J} || J <- lists:seq(1, Each)] end) || I <- lists:seq(1, Senders)],
    All = [receive {from, I, J} -> {I, J} end || _ <- lists:seq(1, Senders * Each)],
    lists:all(fun(I) -> [J || {K, J} <- All, K =:= I] =:= lists:seq(1, Each) end, lists:seq(1, Senders)).

ping_pong(N) ->
    S = self(),
    P = spawn_link(fun() -> pong(S) end),
    ping(P, N).
ping(_, 0) -> done;
ping(P, N) -> P ! {ping, N}, receive {pong, N} -> ping(P, N - 1) end.
pong(S) -> receive {ping, N} -> S ! {pong, N}, pong(S) end.

all_to_all(N) ->
    S = self(),
    Ps = [spawn(fun() -> receive {peers, L} -> [P ! {hi, self()} || P <- L], Got = [receive {hi, Q} -> Q end || _ <- L], S ! {met, length(lists:usort(Got))} end end) || _ <- lists:seq(1, N)],
    [P ! {peers, Ps} || P <- Ps],
    lists:usort([receive {met, K} -> K end || _ <- Ps]).

queue_up(N) ->
    S = self(),
    P = spawn(fun() -> receive go -> S ! {sum, drain(0)} end end),
    [P ! {n, K} || K <- lists:seq(1, N)],
    P ! go,
    receive {sum, X} -> X end.
drain(A) -> receive {n, K} -> drain(A + K) after 0 -> A end.
