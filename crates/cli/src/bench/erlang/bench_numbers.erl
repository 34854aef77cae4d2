%% @doc Floats and large integers.
-module(bench_numbers).

-export([nbody/1, spectral_norm/1, mandelbrot/1, pidigits/1]).

%% A sun and four planets: what the steps do to them must conserve momentum, and energy nearly. A body
%% is {Position, Velocity, Mass}.
nbody(Steps) ->
    Planets = [{{R * math:cos(R), R * math:sin(R), 0.01 * R},
                {-math:sin(R) / math:sqrt(R), math:cos(R) / math:sqrt(R), 0.0},
                0.001 * R} || R <- [1.0, 2.0, 3.0, 4.0]],
    Bodies = [{{0.0, 0.0, 0.0}, {0.0, 0.0, 0.0}, 1.0} | Planets],
    Moved = advance(Steps, Bodies),
    true = abs(energy(Moved) - energy(Bodies)) < 1.0e-3,
    {X, Y, Z} = momentum(Bodies),
    {X1, Y1, Z1} = momentum(Moved),
    true = abs(X1 - X) + abs(Y1 - Y) + abs(Z1 - Z) < 1.0e-9,
    ok.

advance(0, Bodies) -> Bodies;
advance(Steps, Bodies) -> advance(Steps - 1, [moved(Body) || Body <- attracted(Bodies)]).

-define(STEP, 0.0005).

moved({{X, Y, Z}, {VX, VY, VZ} = Velocity, Mass}) ->
    {{X + ?STEP * VX, Y + ?STEP * VY, Z + ?STEP * VZ}, Velocity, Mass}.

attracted([]) -> [];
attracted([Body | Bodies]) ->
    {Attracted, Others} = lists:mapfoldl(fun attract/2, Body, Bodies),
    [Others | attracted(Attracted)].

attract({{X2, Y2, Z2} = P2, {VX2, VY2, VZ2}, M2}, {{X1, Y1, Z1} = P1, {VX1, VY1, VZ1}, M1}) ->
    DX = X1 - X2,
    DY = Y1 - Y2,
    DZ = Z1 - Z2,
    Square = DX * DX + DY * DY + DZ * DZ,
    Force = ?STEP / (Square * math:sqrt(Square)),
    {{P2, {VX2 + DX * M1 * Force, VY2 + DY * M1 * Force, VZ2 + DZ * M1 * Force}, M2},
     {P1, {VX1 - DX * M2 * Force, VY1 - DY * M2 * Force, VZ1 - DZ * M2 * Force}, M1}}.

energy([]) -> 0.0;
energy([{{X, Y, Z}, {VX, VY, VZ}, Mass} | Bodies]) ->
    Potential = [Mass * Other / math:sqrt((X - X2) * (X - X2) + (Y - Y2) * (Y - Y2) + (Z - Z2) * (Z - Z2))
                 || {{X2, Y2, Z2}, _, Other} <- Bodies],
    0.5 * Mass * (VX * VX + VY * VY + VZ * VZ) - lists:sum(Potential) + energy(Bodies).

momentum(Bodies) ->
    lists:foldl(fun({_, {VX, VY, VZ}, Mass}, {X, Y, Z}) -> {X + Mass * VX, Y + Mass * VY, Z + Mass * VZ} end,
                {0.0, 0.0, 0.0}, Bodies).

%% The spectral norm of an infinite matrix's corner, by the power method; times a thousand million.
spectral_norm(N) ->
    Ones = lists:duplicate(N, 1.0),
    {U, V} = power(10, N, Ones, Ones),
    round(math:sqrt(dot(U, V) / dot(V, V)) * 1.0e9).

power(0, _N, U, V) -> {U, V};
power(Times, N, U, _V) ->
    V = both(N, U),
    power(Times - 1, N, both(N, V), V).

both(N, Vector) ->
    by_column(0, N, by_row(0, N, Vector)).

by_row(N, N, _Vector) -> [];
by_row(I, N, Vector) -> [row(I, 0, Vector, 0.0) | by_row(I + 1, N, Vector)].

row(_I, _J, [], Sum) -> Sum;
row(I, J, [X | Vector], Sum) -> row(I, J + 1, Vector, Sum + X / element_of(I, J)).

by_column(N, N, _Vector) -> [];
by_column(I, N, Vector) -> [column(I, 0, Vector, 0.0) | by_column(I + 1, N, Vector)].

column(_I, _J, [], Sum) -> Sum;
column(I, J, [X | Vector], Sum) -> column(I, J + 1, Vector, Sum + X / element_of(J, I)).

element_of(I, J) -> (I + J) * (I + J + 1) div 2 + I + 1.

dot([], []) -> 0.0;
dot([X | Xs], [Y | Ys]) -> X * Y + dot(Xs, Ys).

%% The points that stay inside: the share of the square of side 2.5 is the known area, about.
mandelbrot(Side) ->
    Inside = length([inside || Row <- lists:seq(1, Side), Column <- lists:seq(1, Side),
                               stays(2.5 * Column / Side - 2.0, 2.5 * Row / Side - 1.25, 0.0, 0.0, 60)]),
    Area = Inside * 6.25 / (Side * Side),
    true = abs(Area - 1.507) < 0.1,
    ok.

stays(_X, _Y, _Re, _Im, 0) -> true;
stays(_X, _Y, Re, Im, _Left) when Re * Re + Im * Im > 4.0 -> false;
stays(X, Y, Re, Im, Left) -> stays(X, Y, Re * Re - Im * Im + X, 2.0 * Re * Im + Y, Left - 1).

%% The digits of pi one by one from a stream of linear fractional transformations, and then the same by
%% Machin's formula.
pidigits(Count) ->
    Stream = digits(Count, 1, 0, 1, 1),
    Scale = pow10(Count + 9),
    Pi = 4 * (4 * arctan(5, Scale) - arctan(239, Scale)),
    Text = lists:sublist(integer_to_list(Pi), Count),
    Text = [$0 + Digit || Digit <- Stream],
    ok.

%% Z -> (Q * Z + R) / T, composed with Z -> (K * Z + 4 * K + 2) / (2 * K + 1).
digits(0, _Q, _R, _T, _K) -> [];
digits(Left, Q, R, T, K) ->
    case (3 * Q + R) div T of
        Digit when (4 * Q + R) div T =:= Digit ->
            [Digit | digits(Left - 1, 10 * Q, 10 * (R - Digit * T), T, K)];
        _ ->
            digits(Left, Q * K, (2 * Q + R) * (2 * K + 1), T * (2 * K + 1), K + 1)
    end.

pow10(0) -> 1;
pow10(N) -> 10 * pow10(N - 1).

arctan(Inverse, Scale) ->
    arctan(Scale div Inverse, Inverse * Inverse, 1, 1, 0).

arctan(0, _Square, _Divisor, _Sign, Sum) -> Sum;
arctan(Power, Square, Divisor, Sign, Sum) ->
    arctan(Power div Square, Square, Divisor + 2, -Sign, Sum + Sign * (Power div Divisor)).
