%% Tuples: building, reading, changing, converting, errors.
%% tier: 0
-module(core_tuples).
-export([main/0, id/1]).
-record(point, {x = 0, y = 0, label = none}).

main() ->
    T = id({a, 2, "three", {4}, [5]}),
    erlang:display({element(1, T), element(id(3), T), element(5, T)}),
    erlang:display({tuple_size(T), size(T)}),
    erlang:display(setelement(2, T, two)),
    erlang:display(setelement(id(5), T, [])),
    erlang:display(T),
    erlang:display({tuple_to_list(T), list_to_tuple([x, y, z]), list_to_tuple([])}),
    erlang:display({erlang:make_tuple(3, init), erlang:make_tuple(4, 0, [{2, two}, {4, four}])}),
    erlang:display({erlang:append_element(T, last), erlang:delete_element(2, T), erlang:insert_element(1, T, first)}),
    {A, B, _, {D}, [E]} = T,
    erlang:display({A, B, D, E}),
    Big = erlang:make_tuple(2000, x),
    Big2 = setelement(1000, Big, y),
    erlang:display({tuple_size(Big2), element(999, Big2), element(1000, Big2), element(1001, Big2), Big =:= Big2}),
    P = #point{x = id(1)},
    P2 = P#point{y = 2, label = here},
    erlang:display({P, P2, P#point.x, P2#point.label, #point.y, is_record(P, point)}),
    erlang:display({{1, 2} < {1, 3}, {1, 2} < {0, 0, 0}, {} < {a}, {1, 2} == {1.0, 2.0}, {1} =:= {1.0}}),
    erlang:display([class(fun() -> element(id(0), T) end),
                    class(fun() -> element(id(6), T) end),
                    class(fun() -> element(1, id([])) end),
                    class(fun() -> setelement(id(9), T, x) end),
                    class(fun() -> tuple_size(id(a)) end),
                    class(fun() -> (id(T))#point.x end),
                    class(fun() -> {x, _} = id(T) end),
                    class(fun() -> list_to_tuple(id([a | b])) end)]),
    erlang:display(nest(20, leaf)),
    ok.

id(X) -> X.

nest(0, T) -> T;
nest(N, T) -> nest(N - 1, {N, T}).

class(F) -> try F() catch C:R -> {C, R} end.
