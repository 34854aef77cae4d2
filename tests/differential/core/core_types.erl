%% Type tests, in guards and as values, over one term of every type.
%% tier: 0
-module(core_types).
-export([main/0, id/1]).

main() ->
    Terms = [atom, true, [], [1, 2], [a | b], {}, {a, b}, 1, -1, 1 bsl id(70), 1.5, <<>>, <<1, 2>>, <<1:3>>,
             #{}, #{a => 1}, fun id/1, fun ?MODULE:id/1, self(), make_ref(), "text"],
    each(Terms),
    erlang:display([guard(T) || T <- Terms]),
    erlang:display([{is_function(F, 1), is_function(F, 2)} || F <- [fun id/1, fun ?MODULE:id/1, fun(_, _) -> ok end, a]]),
    erlang:display({is_record(id({point, 1, 2}), id(point)), is_record(id({point, 1, 2}), point, 3), is_record(id({point}), point, 2), is_record(id(a), id(point))}),
    erlang:display({is_map_key(a, id(#{a => 1})), is_map_key(b, id(#{a => 1}))}),
    erlang:display([logic(A, B) || A <- [true, false], B <- [true, false]]),
    erlang:display([short(X) || X <- [1, 2, foo, {3}]]),
    ok.

id(X) -> X.

each([]) -> ok;
each([T | Rest]) ->
    erlang:display([is_atom(T), is_binary(T), is_bitstring(T), is_boolean(T), is_float(T), is_function(T), is_integer(T),
                    is_list(T), is_map(T), is_number(T), is_pid(T), is_port(T), is_reference(T), is_tuple(T)]),
    each(Rest).

guard(X) when is_boolean(X) -> boolean;
guard(X) when is_atom(X) -> atom;
guard([]) -> nil;
guard(X) when is_list(X), length(X) > 3 -> long_list;
guard(X) when is_list(X), hd(X) =:= 1 -> list_of_one;
guard(X) when is_list(X) -> list;
guard(X) when tuple_size(X) =:= 0 -> empty_tuple;
guard(X) when element(1, X) =:= a -> tuple_a;
guard(X) when is_integer(X), X > 1 bsl 64; is_integer(X), X < 0 -> odd_integer;
guard(X) when is_integer(X) -> integer;
guard(X) when is_float(X), trunc(X) =:= 1 -> float_one;
guard(X) when byte_size(X) =:= 0 -> empty_binary;
guard(X) when is_binary(X) -> binary;
guard(X) when bit_size(X) =:= 3 -> bits3;
guard(X) when map_size(X) =:= 0 -> empty_map;
guard(X) when map_get(a, X) =:= 1 -> map_a;
guard(X) when is_function(X, 1) -> function1;
guard(X) when X =:= self() -> me;
guard(X) when node(X) =:= node() -> reference;
guard(_) -> other.

logic(A, B) ->
    {A and B, A or B, A xor B, not A, A andalso B, A orelse B}.

short(X) when is_integer(X) andalso X > 1 orelse is_tuple(X) andalso element(1, X) =:= 3 -> yes;
short(_) -> no.
