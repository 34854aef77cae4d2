%% A lift, a vending machine, a turnstile from one table; a regular language's automaton minimised.
%% tier: 2
-module(state_machines).
-export([main/0]).

main() ->
    Turnstile = #{{locked, coin} => {unlocked, unlock}, {locked, push} => {locked, alarm}, {unlocked, push} => {locked, lock}, {unlocked, coin} => {unlocked, thank}},
    io:format("~w~n", [lists:mapfoldl(fun(E, S) -> {Next, Action} = map_get({S, E}, Turnstile), {Action, Next} end, locked, [push, coin, coin, push, push])]),
    io:format("~w~n", [vend([{coin, 50}, {coin, 20}, {choose, cola}, {coin, 50}, {choose, water}, {choose, cola}, refund, {choose, none}])]),
    io:format("~w~n", [lift([{call, 5}, {call, 2}, {call, 8}, step, step, step, {call, 1}, step, step, step, step, step, step, step, step, step, step, step, step], {1, up, []})]),
    Dfa = {[a, b, c, d, e, f], [0, 1], #{{a, 0} => b, {a, 1} => c, {b, 0} => a, {b, 1} => d, {c, 0} => e, {c, 1} => f, {d, 0} => e, {d, 1} => f, {e, 0} => e, {e, 1} => f, {f, 0} => f, {f, 1} => f}, a, [c, d, e]},
    Small = minimise(Dfa),
    io:format("~w~n", [Small]),
    Words = [[X, Y, Z, W] || X <- [0, 1], Y <- [0, 1], Z <- [0, 1], W <- [0, 1]],
    io:format("~w~n", [[accepts(W, Dfa) =:= accepts(W, Small) || W <- Words]]).

vend(Events) -> element(1, lists:mapfoldl(fun vend/2, {0, #{cola => {90, 1}, water => {60, 5}}}, Events)).
vend({coin, N}, {Money, Stock}) -> {{credit, Money + N}, {Money + N, Stock}};
vend({choose, What}, {Money, Stock}) ->
    case Stock of
        #{What := {_, 0}} -> {sold_out, {Money, Stock}};
        #{What := {Price, _}} when Price > Money -> {{missing, Price - Money}, {Money, Stock}};
        #{What := {Price, N}} -> {{sold, What}, {Money - Price, Stock#{What := {Price, N - 1}}}};
        _ -> {unknown, {Money, Stock}}
    end;
vend(refund, {Money, Stock}) -> {{refunded, Money}, {0, Stock}}.

lift([], _) -> [];
lift([{call, F} | Es], {At, Way, Calls}) -> lift(Es, {At, Way, lists:usort([F | Calls])});
lift([step | Es], {At, Way, []}) -> [{idle, At} | lift(Es, {At, Way, []})];
lift([step | Es], {At, Way, Calls}) ->
    case lists:member(At, Calls) of
        true -> [{open, At} | lift(Es, {At, Way, Calls -- [At]})];
        false ->
            Above = [C || C <- Calls, C > At],
            Below = [C || C <- Calls, C < At],
            Turn = if Way =:= up, Above =:= [] -> down; Way =:= down, Below =:= [] -> up; true -> Way end,
            Next = if Turn =:= up -> At + 1; true -> At - 1 end,
            [Next | lift(Es, {Next, Turn, Calls})]
    end.

accepts(Word, {_, _, Delta, Start, Final}) -> lists:member(lists:foldl(fun(X, S) -> map_get({S, X}, Delta) end, Start, Word), Final).

minimise({States, Alphabet, Delta, Start, Final}) ->
    Groups = refine([lists:sort(G) || G <- [Final, States -- Final], G =/= []], Alphabet, Delta),
    Of = fun(S) -> hd([hd(G) || G <- Groups, lists:member(S, G)]) end,
    {lists:sort([hd(G) || G <- Groups]), Alphabet, maps:from_list([{{Of(S), X}, Of(T)} || {{S, X}, T} <- maps:to_list(Delta)]), Of(Start), lists:usort([Of(S) || S <- Final])}.

refine(Groups, Alphabet, Delta) ->
    Index = fun(S) -> length(lists:takewhile(fun(G) -> not lists:member(S, G) end, Groups)) end,
    New = lists:append([maps:values(maps:groups_from_list(fun(S) -> [Index(map_get({S, X}, Delta)) || X <- Alphabet] end, G)) || G <- Groups]),
    case length(New) =:= length(Groups) of
        true -> Groups;
        false -> refine(lists:sort(New), Alphabet, Delta)
    end.
