%% A Prolog in miniature: unification with occurs check left out, clauses renamed, all answers lazily.
%% tier: 2
-module(logic_programming).
-export([main/0]).

main() ->
    Rules = [{{parent, tom, bob}, []}, {{parent, tom, liz}, []}, {{parent, bob, ann}, []}, {{parent, bob, pat}, []}, {{parent, pat, jim}, []},
             {{ancestor, {v, x}, {v, y}}, [{parent, {v, x}, {v, y}}]}, {{ancestor, {v, x}, {v, y}}, [{parent, {v, x}, {v, z}}, {ancestor, {v, z}, {v, y}}]},
             {{append, nil, {v, l}, {v, l}}, []}, {{append, {c, {v, h}, {v, t}}, {v, l}, {c, {v, h}, {v, r}}}, [{append, {v, t}, {v, l}, {v, r}}]},
             {{nat, z}, []}, {{nat, {s, {v, n}}}, [{nat, {v, n}}]}, {{add, z, {v, n}, {v, n}}, []}, {{add, {s, {v, m}}, {v, n}, {s, {v, r}}}, [{add, {v, m}, {v, n}, {v, r}}]}],
    Queries = [{ancestor, tom, {v, who}}, {ancestor, {v, who}, jim}, {append, {v, a}, {v, b}, l([1, 2, 3])}, {append, l([1]), l([2]), {v, r}}, {add, {v, m}, {v, n}, {s, {s, {s, z}}}}, {parent, liz, {v, x}}, {nat, {v, n}}],
    [begin
         Names = lists:usort(variables(Q)),
         Answers = take(6, solve([Q], #{}, Rules, 0)),
         io:format("~w: ~w~n", [element(1, Q), [[{N, deep({v, N}, S)} || N <- Names] || S <- Answers]])
     end || Q <- Queries].

l([]) -> nil;
l([H | T]) -> {c, H, l(T)}.

%% A lazy list of substitutions.
solve([], S, _, _) -> fun() -> {S, fun() -> done end} end;
solve([Goal | Goals], S, Rules, Depth) -> choose(Rules, Goal, Goals, S, Rules, Depth).

choose([], _, _, _, _, _) -> fun() -> done end;
choose([{Head, Body} | Rest], Goal, Goals, S, Rules, Depth) ->
    fun() ->
        case unify(Goal, fresh(Head, Depth), S) of
            false -> (choose(Rest, Goal, Goals, S, Rules, Depth))();
            S1 -> chain(solve([fresh(B, Depth) || B <- Body] ++ Goals, S1, Rules, Depth + 1), choose(Rest, Goal, Goals, S, Rules, Depth))
        end
    end.

chain(A, B) -> case A() of done -> B(); {X, More} -> {X, fun() -> chain(More, B) end} end.
take(0, _) -> [];
take(N, L) -> case L() of done -> []; {X, More} -> [X | take(N - 1, More)] end.

fresh({v, X}, D) -> {v, {X, D}};
fresh(T, D) when is_tuple(T) -> list_to_tuple([fresh(X, D) || X <- tuple_to_list(T)]);
fresh(T, _) -> T.

unify(A, B, S) -> unify1(walk(A, S), walk(B, S), S).
unify1(T, T, S) -> S;
unify1({v, X}, T, S) -> S#{X => T};
unify1(T, {v, X}, S) -> S#{X => T};
unify1(A, B, S) when is_tuple(A), is_tuple(B), tuple_size(A) =:= tuple_size(B) -> all(tuple_to_list(A), tuple_to_list(B), S);
unify1(_, _, _) -> false.
all([], [], S) -> S;
all([A | As], [B | Bs], S) -> case unify(A, B, S) of false -> false; S1 -> all(As, Bs, S1) end.

walk({v, X} = V, S) -> case S of #{X := T} -> walk(T, S); _ -> V end;
walk(T, _) -> T.
deep(T, S) ->
    case walk(T, S) of
        {v, _} -> '_';
        C when is_tuple(C) -> list_to_tuple([deep(X, S) || X <- tuple_to_list(C)]);
        C -> C
    end.
variables({v, X}) -> [X];
variables(T) when is_tuple(T) -> lists:append([variables(X) || X <- tuple_to_list(T)]);
variables(_) -> [].
