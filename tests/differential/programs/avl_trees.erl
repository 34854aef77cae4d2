%% AVL trees: insertion, deletion and the balance that must hold after each.
%% tier: 2
-module(avl_trees).
-export([main/0]).

main() ->
    Keys = [(I * 7919) rem 1009 || I <- lists:seq(1, 400)],
    Tree = lists:foldl(fun insert/2, nil, Keys),
    io:format("~w ~w ~w~n", [height(Tree), balanced(Tree), length(to_list(Tree))]),
    io:format("~w~n", [to_list(Tree) =:= lists:usort(Keys)]),
    Smaller = lists:foldl(fun delete/2, Tree, lists:sublist(Keys, 300)),
    io:format("~w ~w ~w~n", [height(Smaller), balanced(Smaller), lists:sublist(to_list(Smaller), 12)]),
    io:format("~w~n", [lists:foldl(fun insert/2, nil, [3, 1, 2, 5, 4])]),
    io:format("~w~n", [lists:foldl(fun delete/2, Tree, Keys)]).

height(nil) -> 0;
height({_, _, H, _}) -> H.

node(L, K, R) -> {L, K, 1 + max(height(L), height(R)), R}.

balance({L, K, _, R} = T) ->
    case height(L) - height(R) of
        2 ->
            {LL, LK, _, LR} = L,
            case height(LL) >= height(LR) of
                true -> node(LL, LK, node(LR, K, R));
                false -> {A, M, _, B} = LR, node(node(LL, LK, A), M, node(B, K, R))
            end;
        -2 ->
            {RL, RK, _, RR} = R,
            case height(RR) >= height(RL) of
                true -> node(node(L, K, RL), RK, RR);
                false -> {A, M, _, B} = RL, node(node(L, K, A), M, node(B, RK, RR))
            end;
        _ -> T
    end.

insert(K, nil) -> node(nil, K, nil);
insert(K, {L, X, _, R}) when K < X -> balance(node(insert(K, L), X, R));
insert(K, {L, X, _, R}) when K > X -> balance(node(L, X, insert(K, R)));
insert(_, T) -> T.

delete(_, nil) -> nil;
delete(K, {L, X, _, R}) when K < X -> balance(node(delete(K, L), X, R));
delete(K, {L, X, _, R}) when K > X -> balance(node(L, X, delete(K, R)));
delete(_, {nil, _, _, R}) -> R;
delete(_, {L, _, _, nil}) -> L;
delete(_, {L, _, _, R}) -> M = smallest(R), balance(node(L, M, delete(M, R))).

smallest({nil, K, _, _}) -> K;
smallest({L, _, _, _}) -> smallest(L).

balanced(nil) -> true;
balanced({L, _, _, R}) -> abs(height(L) - height(R)) =< 1 andalso balanced(L) andalso balanced(R).

to_list(T) -> to_list(T, []).
to_list(nil, Acc) -> Acc;
to_list({L, K, _, R}, Acc) -> to_list(L, [K | to_list(R, Acc)]).
