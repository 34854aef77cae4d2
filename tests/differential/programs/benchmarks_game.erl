%% fannkuch, n-body, spectral norm, mandelbrot, binary trees, k-nucleotide.
%% tier: 3
-module(benchmarks_game).
-export([main/0]).

main() ->
    io:format("fannkuch ~p~n", [fannkuch(7)]),
    Bodies = offset(bodies()),
    io:format("n-body ~.9f ~.9f~n", [energy(Bodies), energy(steps(1000, Bodies))]),
    io:format("spectral ~.9f~n", [spectral(40)]),
    [io:format("~s~n", [L]) || L <- mandelbrot(36, 18)],
    io:format("trees ~p~n", [[check(tree(D)) || D <- lists:seq(2, 14, 4)]]),
    io:format("nucleotides ~p~n", [nucleotides(dna(20000, 42, []))]).

fannkuch(N) -> lists:foldl(fun(P, {Sum, Max}) -> F = flips(P, 0), {Sum + F, max(Max, F)} end, {0, 0}, perms(lists:seq(1, N))).
perms([]) -> [[]];
perms(L) -> [[H | T] || H <- L, T <- perms(L -- [H])].
flips([1 | _], N) -> N;
flips([H | _] = P, N) -> {A, B} = lists:split(H, P), flips(lists:reverse(A, B), N + 1).

bodies() ->
    Pi = math:pi(), M = 4 * Pi * Pi, D = 365.24,
    [{0.0, 0.0, 0.0, 0.0, 0.0, 0.0, M},
     {4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694 * D, 0.00769901118419740425 * D, -0.0000690460016972063023 * D, 0.000954791938424326609 * M},
     {8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411 * D, 0.00499852801234917 * D, 0.0000230417297573763929 * D, 0.000285885980666130812 * M},
     {12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618 * D, 0.00237847173959480950 * D, -0.0000296589568540237556 * D, 0.0000436624404335156298 * M},
     {15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322 * D, 0.00162824170038242295 * D, -0.0000951592254519715870 * D, 0.0000515138902046611451 * M}].
offset(Bs) ->
    {Px, Py, Pz} = lists:foldl(fun({_, _, _, Vx, Vy, Vz, M}, {A, B, C}) -> {A + Vx * M, B + Vy * M, C + Vz * M} end, {0.0, 0.0, 0.0}, Bs),
    [{X, Y, Z, _, _, _, M} | T] = Bs, [{X, Y, Z, -Px / M, -Py / M, -Pz / M, M} | T].
energy([]) -> 0.0;
energy([{X, Y, Z, Vx, Vy, Vz, M} | T]) ->
    0.5 * M * (Vx * Vx + Vy * Vy + Vz * Vz) - lists:sum([M * M2 / math:sqrt((X - A) * (X - A) + (Y - B) * (Y - B) + (Z - C) * (Z - C)) || {A, B, C, _, _, _, M2} <- T]) + energy(T).
steps(0, Bs) -> Bs;
steps(N, Bs) ->
    Dt = 0.01,
    Moved = [lists:foldl(fun({A, B, C, _, _, _, M2}, {X, Y, Z, Vx, Vy, Vz, M}) ->
                 Dx = X - A, Dy = Y - B, Dz = Z - C,
                 case Dx * Dx + Dy * Dy + Dz * Dz of
                     Q when Q == 0 -> {X, Y, Z, Vx, Vy, Vz, M};
                     Q -> G = Dt / (Q * math:sqrt(Q)), {X, Y, Z, Vx - Dx * M2 * G, Vy - Dy * M2 * G, Vz - Dz * M2 * G, M}
                 end end, Body, Bs) || Body <- Bs],
    steps(N - 1, [{X + Dt * Vx, Y + Dt * Vy, Z + Dt * Vz, Vx, Vy, Vz, M} || {X, Y, Z, Vx, Vy, Vz, M} <- Moved]).

spectral(N) ->
    A = fun(I, J) -> 1 / ((I + J) * (I + J + 1) / 2 + I + 1) end, S = lists:seq(0, N - 1),
    Mul = fun(F, V) -> [lists:sum([F(I, J) * X || {J, X} <- lists:zip(S, V)]) || I <- S] end,
    Step = fun(V) -> Mul(fun(I, J) -> A(J, I) end, Mul(A, V)) end,
    {U, V} = lists:foldl(fun(_, {U0, _}) -> V0 = Step(U0), {Step(V0), V0} end, {lists:duplicate(N, 1), []}, lists:seq(1, 6)),
    Dot = fun(X, Y) -> lists:sum([P * Q || {P, Q} <- lists:zip(X, Y)]) end,
    math:sqrt(Dot(U, V) / Dot(V, V)).

mandelbrot(W, H) -> [[lists:nth(1 + escape(3.0 * X / W - 2.2, 2.4 * Y / H - 1.2, 0.0, 0.0, 0) div 6, " .:-=+*#%@@") || X <- lists:seq(0, W)] || Y <- lists:seq(0, H)].
escape(_, _, _, _, 50) -> 50;
escape(_, _, X, Y, N) when X * X + Y * Y > 4.0 -> N;
escape(A, B, X, Y, N) -> escape(A, B, X * X - Y * Y + A, 2 * X * Y + B, N + 1).

tree(0) -> {nil, nil};
tree(D) -> {tree(D - 1), tree(D - 1)}.
check({nil, nil}) -> 1;
check({L, R}) -> 1 + check(L) + check(R).

dna(0, _, A) -> list_to_binary(A);
dna(N, S, A) -> X = (S * 3877 + 29573) rem 139968, dna(N - 1, X, [element(X * 4 div 139968 + 1, {$a, $c, $g, $t}) | A]).
nucleotides(B) -> [lists:sublist(lists:reverse(lists:keysort(2, lists:sort(maps:to_list(frequencies(B, K, #{}))))), 4) || K <- [1, 2, 6]].
frequencies(B, K, M) ->
    case B of
        <<W:K/binary, _/binary>> -> <<_, R/binary>> = B, frequencies(R, K, maps:update_with(W, fun(N) -> N + 1 end, 1, M));
        _ -> M
    end.
