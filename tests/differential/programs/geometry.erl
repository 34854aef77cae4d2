%% Convex hulls, areas, closest pairs, points in polygons, lines that cross: integers and floats.
%% tier: 2
-module(geometry).
-export([main/0]).

main() ->
    Points = [{(I * 37) rem 101, (I * I * 53) rem 97} || I <- lists:seq(1, 80)],
    Hull = hull(Points),
    io:format("~w~n~w ~w~n", [Hull, area2(Hull), perimeter(Hull)]),
    io:format("~w ~w~n", [closest(Points), brute(Points)]),
    io:format("~w~n", [lists:all(fun(P) -> inside(P, Hull) end, Points)]),
    Star = [{0, 0}, {10, 4}, {20, 0}, {14, 10}, {20, 20}, {10, 16}, {0, 20}, {6, 10}],
    io:format("~w~n", [[crossing(P, Star) || P <- [{10, 10}, {1, 10}, {10, 2}, {3, 2}, {10, 17}, {30, 30}]]]),
    io:format("~w~n", [[meet(A, B) || {A, B} <- [{{{0, 0}, {4, 4}}, {{0, 4}, {4, 0}}}, {{{0, 0}, {1, 1}}, {{2, 2}, {3, 2}}}, {{{0, 0}, {2, 2}}, {{1, 1}, {5, 1}}}]]]),
    io:format("~w~n", [lists:sublist([P || {_, P} <- lists:sort([{math:atan2(Y - 50, X - 50), {X, Y}} || {X, Y} <- Points])], 8)]).

cross({Ox, Oy}, {Ax, Ay}, {Bx, By}) -> (Ax - Ox) * (By - Oy) - (Ay - Oy) * (Bx - Ox).
hull(Points) -> Sorted = lists:usort(Points), half(Sorted) ++ half(lists:reverse(Sorted)).
half(Points) -> tl(lists:foldl(fun step/2, [], Points)) -- [] .
step(P, [B, A | Rest]) -> case cross(A, B, P) of C when C =< 0 -> step(P, [A | Rest]); _ -> [P, B, A | Rest] end;
step(P, Acc) -> [P | Acc].
area2(Polygon) -> abs(lists:sum([X1 * Y2 - X2 * Y1 || {{X1, Y1}, {X2, Y2}} <- edges(Polygon)])).
edges([H | T] = P) -> lists:zip(P, T ++ [H]).
perimeter(Polygon) -> lists:sum([distance(A, B) || {A, B} <- edges(Polygon)]).
distance({A, B}, {C, D}) -> math:sqrt((A - C) * (A - C) + (B - D) * (B - D)).
brute(Ps) -> lists:min([distance(A, B) || A <- Ps, B <- Ps, A < B]).
closest(Ps) -> closest_sorted(lists:usort(Ps)).
closest_sorted(Ps) when length(Ps) =< 3 -> lists:min([infinity] ++ [distance(A, B) || A <- Ps, B <- Ps, A < B]);
closest_sorted(Ps) ->
    {L, [{Mid, _} | _] = R} = lists:split(length(Ps) div 2, Ps),
    D = min(closest_sorted(L), closest_sorted(R)),
    Strip = lists:keysort(2, [P || {X, _} = P <- Ps, abs(X - Mid) < D]),
    strip(Strip, D).
strip([], D) -> D;
strip([{_, Y} = P | Rest], D) -> strip(Rest, lists:min([D | [distance(P, Q) || {_, Y2} = Q <- lists:takewhile(fun({_, Y1}) -> Y1 - Y < D end, Rest), Y2 >= Y]])).
inside(P, Hull) ->
    Signs = [cross(A, B, P) || {A, B} <- edges(Hull)],
    lists:all(fun(S) -> S >= 0 end, Signs) orelse lists:all(fun(S) -> S =< 0 end, Signs).
crossing({X, Y}, Polygon) ->
    length([x || {{X1, Y1}, {X2, Y2}} <- edges(Polygon), (Y1 > Y) =/= (Y2 > Y), X < (X2 - X1) * (Y - Y1) / (Y2 - Y1) + X1]) rem 2 =:= 1.
meet({A, B}, {C, D}) ->
    case {cross(A, B, C), cross(A, B, D), cross(C, D, A), cross(C, D, B)} of
        {P, Q, R, S} when P * Q < 0, R * S < 0 -> proper;
        {P, Q, R, S} when P * Q =< 0, R * S =< 0 -> touch;
        _ -> none
    end.
