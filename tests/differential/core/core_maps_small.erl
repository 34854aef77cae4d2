%% Small maps: building, updating, matching, comparing.
%% tier: 0
-module(core_maps_small).
-export([main/0, id/1]).

main() ->
    K = id(key), V = id(value),
    M = #{K => V, 1 => one, "s" => string, {t} => tuple, 1.0 => float},
    erlang:display(M),
    erlang:display({map_size(M), map_get(1, M), map_get(1.0, M), is_map_key({t}, M), is_map_key(zzz, M)}),
    M2 = M#{K := new, added => true},
    erlang:display({M2, map_size(M2), M}),
    #{K := X, 1 := Y} = M2,
    erlang:display({X, Y}),
    erlang:display([area(S) || S <- [#{shape => circle, r => 2}, #{shape => square, side => 3}, #{shape => dot}, #{}, none]]),
    erlang:display({#{a => 1, b => 2} =:= #{b => 2, a => 1}, #{a => 1} == #{a => 1.0}, #{a => 1} =:= #{a => 1.0}, #{1 => a} == #{1.0 => a}}),
    erlang:display({#{a => 1} < #{a => 2}, #{a => 1} < #{b => 0}, #{a => 1, b => 1} > #{z => 9}}),
    erlang:display(#{a => 1, a => id(2), b => 3}),
    erlang:display(#{(id(b)) => 1, (id(a)) => #{(id(c)) => #{}}}),
    erlang:display(count("hello world", #{})),
    erlang:display(fill(31, #{}) =:= fill(31, #{0 => 0})),
    erlang:display(map_size(fill(31, #{}))),
    Same = M#{1 := one},
    erlang:display(Same =:= M),
    N = #{x => #{y => #{z => 1}}},
    #{x := #{y := #{z := Z}}} = N,
    erlang:display(Z),
    erlang:display([class(fun() -> M#{missing := 1} end), class(fun() -> (id(not_map))#{a => 1} end), class(fun() -> map_get(nokey, M) end),
                    class(fun() -> map_size(id([])) end), class(fun() -> #{q := _} = M end), class(fun() -> is_map_key(a, id(b)) end)]),
    ok.

id(X) -> X.

area(#{shape := circle, r := R}) -> 3 * R * R;
area(#{shape := square, side := S}) -> S * S;
area(#{shape := Other}) -> {unknown, Other};
area(#{}) -> not_a_shape;
area(_) -> not_a_map.

count([], M) -> M;
count([C | T], M) ->
    case M of
        #{C := N} -> count(T, M#{C := N + 1});
        _ -> count(T, M#{C => 1})
    end.

fill(0, M) -> M;
fill(N, M) -> fill(N - 1, M#{N rem 31 => N}).

class(F) -> try F() catch C:R -> {C, R} end.
