%% Hindley and Milner's inference for a small calculus: unification, generalisation, occurs check.
%% tier: 2
-module(type_inference).
-export([main/0]).

main() ->
    Id = {fn, x, {var, x}},
    Terms = [Id, {fn, f, {fn, x, {app, {var, f}, {app, {var, f}, {var, x}}}}}, {'let', id, Id, {pair, {app, {var, id}, {int, 1}}, {app, {var, id}, {bool, true}}}},
             {fn, x, {app, {var, x}, {var, x}}}, {app, {int, 1}, {int, 2}}, {'if', {bool, true}, {int, 1}, {bool, false}}, {fn, x, {'if', {var, x}, {int, 1}, {int, 2}}},
             {fn, g, {fn, f, {fn, x, {app, {var, g}, {app, {var, f}, {var, x}}}}}}, {var, unbound}, {fn, p, {app, {var, fst}, {var, p}}}, {'let', k, {fn, x, {fn, y, {var, x}}}, {app, {app, {var, k}, {int, 1}}, Id}},
             {fix, f, {fn, n, {'if', {app, {var, zero}, {var, n}}, {int, 1}, {app, {var, f}, {app, {var, pred}, {var, n}}}}}}],
    [io:format("~s~n", [try {T, S, _} = infer(prelude(), Term, {#{}, 0}), show(resolve(T, S)) catch throw:E -> io_lib:format("error: ~p", [E]) end]) || Term <- Terms].

prelude() ->
    #{fst => {all, [a, b], {fn, {pair, {v, a}, {v, b}}, {v, a}}}, zero => {all, [], {fn, int, bool}}, pred => {all, [], {fn, int, int}}}.

infer(Env, Term, {S, N}) -> {T, S1, N1} = w(Env, Term, S, N), {T, S1, N1}.

w(_, {int, _}, S, N) -> {int, S, N};
w(_, {bool, _}, S, N) -> {bool, S, N};
w(Env, {var, X}, S, N) ->
    case Env of
        #{X := {all, Vs, T}} ->
            Fresh = maps:from_list([{V, {v, N + I}} || {I, V} <- lists:enumerate(Vs)]),
            {rename(T, Fresh), S, N + length(Vs) + 1};
        _ -> throw({unbound, X})
    end;
w(Env, {fn, X, B}, S, N) ->
    A = {v, N},
    {T, S1, N1} = w(Env#{X => {all, [], A}}, B, S, N + 1),
    {{fn, A, T}, S1, N1};
w(Env, {app, F, X}, S, N) ->
    {Tf, S1, N1} = w(Env, F, S, N),
    {Tx, S2, N2} = w(Env, X, S1, N1),
    R = {v, N2},
    {R, unify(Tf, {fn, Tx, R}, S2), N2 + 1};
w(Env, {pair, A, B}, S, N) ->
    {Ta, S1, N1} = w(Env, A, S, N),
    {Tb, S2, N2} = w(Env, B, S1, N1),
    {{pair, Ta, Tb}, S2, N2};
w(Env, {'let', X, E, B}, S, N) ->
    {Te, S1, N1} = w(Env, E, S, N),
    T = resolve(Te, S1),
    Bound = lists:usort(lists:append([free(resolve(U, S1)) -- Vs || {all, Vs, U} <- maps:values(Env)])),
    w(Env#{X => {all, lists:usort(free(T)) -- Bound, T}}, B, S1, N1);
w(Env, {'if', C, A, B}, S, N) ->
    {Tc, S1, N1} = w(Env, C, S, N),
    {Ta, S2, N2} = w(Env, A, unify(Tc, bool, S1), N1),
    {Tb, S3, N3} = w(Env, B, S2, N2),
    {Ta, unify(Ta, Tb, S3), N3};
w(Env, {fix, F, E}, S, N) ->
    A = {v, N},
    {T, S1, N1} = w(Env#{F => {all, [], A}}, E, S, N + 1),
    {T, unify(A, T, S1), N1}.

unify(A, B, S) -> unify1(walk(A, S), walk(B, S), S).
unify1(T, T, S) -> S;
unify1({v, A}, T, S) -> lists:member(A, free(resolve(T, S))) andalso throw(infinite_type), S#{A => T};
unify1(T, {v, _} = V, S) -> unify1(V, T, S);
unify1({K, A, B}, {K, C, D}, S) -> unify(B, D, unify(A, C, S));
unify1(A, B, S) -> throw({mismatch, lists:flatten(show(resolve(A, S))), lists:flatten(show(resolve(B, S)))}).

walk({v, A} = V, S) -> case S of #{A := T} -> walk(T, S); _ -> V end;
walk(T, _) -> T.
resolve(T, S) -> case walk(T, S) of {K, A, B} -> {K, resolve(A, S), resolve(B, S)}; Other -> Other end.
free({v, A}) -> [A];
free({_, A, B}) -> free(A) ++ free(B);
free(_) -> [].
rename({v, A}, M) -> maps:get(A, M, {v, A});
rename({K, A, B}, M) -> {K, rename(A, M), rename(B, M)};
rename(T, _) -> T.

show(T) -> {Text, _} = show(T, #{}), Text.
show({v, A}, Names) ->
    case Names of
        #{A := Name} -> {Name, Names};
        _ -> Name = [$a + map_size(Names)], {Name, Names#{A => Name}}
    end;
show({K, A, B}, N) ->
    {Ta, N1} = show(A, N),
    {Tb, N2} = show(B, N1),
    {case K of fn -> ["(", Ta, " -> ", Tb, ")"]; pair -> ["{", Ta, ", ", Tb, "}"] end, N2};
show(T, N) -> {atom_to_list(T), N}.
