%% Every guard function and operator, with values that make each fail silently.
%% tier: 1
-module(guard_expressions).
-export([main/0]).

main() ->
    Values = [0, -1, 1 bsl 70, 1.5, -0.0, a, true, "", "str", [1 | 2], {}, {a, 1}, <<>>, <<1, 2>>, <<1:3>>, #{}, #{a => 1}, self(), make_ref(), fun(X) -> X end, fun lists:map/2],
    [io:format("~w: ~w~n", [N, [G(V) || V <- Values]]) || {N, G} <- guards()],
    io:format("~w~n", [[two(A, B) || A <- [1, 1.0, a, "x", {b}], B <- [1, 2.0, a, [x], {b}]]]).

guards() ->
    [{is_integer, fun(V) when is_integer(V) -> 1; (_) -> 0 end}, {is_float, fun(V) when is_float(V) -> 1; (_) -> 0 end},
     {is_number, fun(V) when is_number(V) -> 1; (_) -> 0 end}, {is_atom, fun(V) when is_atom(V) -> 1; (_) -> 0 end},
     {is_boolean, fun(V) when is_boolean(V) -> 1; (_) -> 0 end}, {is_list, fun(V) when is_list(V) -> 1; (_) -> 0 end},
     {is_tuple, fun(V) when is_tuple(V) -> 1; (_) -> 0 end}, {is_binary, fun(V) when is_binary(V) -> 1; (_) -> 0 end},
     {is_bitstring, fun(V) when is_bitstring(V) -> 1; (_) -> 0 end}, {is_map, fun(V) when is_map(V) -> 1; (_) -> 0 end},
     {is_pid, fun(V) when is_pid(V) -> 1; (_) -> 0 end}, {is_reference, fun(V) when is_reference(V) -> 1; (_) -> 0 end},
     {is_function, fun(V) when is_function(V) -> 1; (_) -> 0 end}, {is_function_1, fun(V) when is_function(V, 1) -> 1; (_) -> 0 end},
     {is_function_2, fun(V) when is_function(V, 2) -> 1; (_) -> 0 end}, {is_record, fun(V) when is_record(V, a, 2) -> 1; (_) -> 0 end},
     {abs, fun(V) when abs(V) > 1 -> 1; (_) -> 0 end}, {hd, fun(V) when hd(V) > 0 -> 1; (_) -> 0 end}, {tl, fun(V) when tl(V) =/= [] -> 1; (_) -> 0 end},
     {length, fun(V) when length(V) > 0 -> 1; (_) -> 0 end}, {element, fun(V) when element(1, V) =:= a -> 1; (_) -> 0 end},
     {tuple_size, fun(V) when tuple_size(V) =:= 2 -> 1; (_) -> 0 end}, {size, fun(V) when size(V) > 0 -> 1; (_) -> 0 end},
     {byte_size, fun(V) when byte_size(V) > 0 -> 1; (_) -> 0 end}, {bit_size, fun(V) when bit_size(V) > 2 -> 1; (_) -> 0 end},
     {map_size, fun(V) when map_size(V) > 0 -> 1; (_) -> 0 end}, {map_get, fun(V) when map_get(a, V) =:= 1 -> 1; (_) -> 0 end},
     {is_map_key, fun(V) when is_map_key(a, V) -> 1; (_) -> 0 end}, {round, fun(V) when round(V) =:= 2 -> 1; (_) -> 0 end},
     {trunc, fun(V) when trunc(V) =:= 1; ceil(V) =:= 0 -> 1; (_) -> 0 end}, {plus, fun(V) when V + 1 > 0 -> 1; (_) -> 0 end},
     {divide, fun(V) when 1 / V > 0 -> 1; (_) -> 0 end}, {'rem', fun(V) when V rem 2 =:= 0 -> 1; (_) -> 0 end},
     {bits, fun(V) when V band 1 =:= 0, V bsl 1 < 10 -> 1; (_) -> 0 end}, {'not', fun(V) when not V; V -> 1; (_) -> 0 end},
     {'andalso', fun(V) when is_list(V) andalso V =/= [] orelse V =:= {} -> 1; (_) -> 0 end}, {'and', fun(V) when is_integer(V) and (V > 0) -> 1; (_) -> 0 end},
     {'xor', fun(V) when is_integer(V) xor is_number(V) -> 1; (_) -> 0 end}, {node, fun(V) when node(V) =:= node() -> 1; (_) -> 0 end},
     {self, fun(V) when V =:= self() -> 1; (_) -> 0 end}, {min, fun(V) when V =< a, V >= 0 -> 1; (_) -> 0 end}].

two(A, B) when A == B, A =/= B -> equal_values;
two(A, B) when A =:= B -> same;
two(A, B) when A < B; is_atom(A), is_list(B) -> less;
two(_, _) -> other.
