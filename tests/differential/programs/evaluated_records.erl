%% Records: defaults, updates, matching in guards, nested, and what happens with the wrong one.
%% tier: 1
-module(evaluated_records).
-export([main/0, id/1]).

-record(point, {x = 0, y = 0}).
-record(shape, {name, corners = [] :: [#point{}], style = #{}}).
-record(empty, {}).

main() ->
    P = #point{x = 3},
    S = #shape{name = square, corners = [P, P#point{y = 3}, #point{x = 0, y = 3}, #point{}]},
    io:format("~p~n", [S]),
    io:format("~w~n", [[X + Y || #point{x = X, y = Y} <- S#shape.corners]]),
    io:format("~w~n", [(hd(S#shape.corners))#point.x]),
    io:format("~w~n", [[kind(V) || V <- [P, S, #empty{}, {point, 1}, {point, 1, 2}, x]]]),
    io:format("~w~n", [{record_info(size, shape), record_info(fields, shape), #shape.style}]),
    io:format("~w~n", [S#shape{corners = [], style = #{colour => red}}]),
    [io:format("~w~n", [try F() catch C:R -> {C, R} end])
     || F <- [fun() -> (id({point, 1}))#point.x end, fun() -> (id(S))#point{x = 1} end, fun() -> #point{x = 1} = id(P) end, fun() -> (id(x))#shape.name end]],
    io:format("~w~n", [lists:keysort(#point.y, [#point{y = 3}, #point{y = 1, x = 9}, #point{y = 2}])]),
    io:format("~w~n", [#point{_ = all}]),
    io:format("~w~n", [setelement(#point.x, P, new) =:= P#point{x = new}]).

id(X) -> X.

kind(#point{x = X}) when X > 2 -> {point, X};
kind(V) when is_record(V, shape) -> {shape, V#shape.name};
kind(V) when is_record(V, point, 3) -> small_point;
kind(#empty{}) -> empty;
kind(_) -> other.
