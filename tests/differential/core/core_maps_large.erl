%% Maps of more than 32 keys: insert, update, look up, compare, match.
%% tier: 0
-module(core_maps_large).
-export([main/0, id/1]).

main() ->
    M = fill(1, 5000, #{}),
    erlang:display({map_size(M), map_get(1, M), map_get(5000, M), is_map_key(5001, M)}),
    erlang:display(check(5000, M)),
    M2 = M#{2500 := changed, 6000 => new},
    erlang:display({map_size(M2), map_get(2500, M2), map_get(2500, M), map_get(6000, M2)}),
    #{1 := A, 777 := B, 4999 := C} = M,
    erlang:display({A, B, C}),
    erlang:display({fill(1, 100, #{}) =:= down(100, #{}), fill(1, 100, #{}) == fill(1, 101, #{})}),
    erlang:display(fill(1, 100, #{}) < fill(1, 101, #{})),
    Up = [map_size(fill(1, N, #{})) || N <- [31, 32, 33, 34, 64, 1024]],
    erlang:display(Up),
    Keys = mixed(40, #{}),
    erlang:display({map_size(Keys), map_get({k, 7}, Keys), map_get("7", Keys), map_get(<<7>>, Keys), map_get(7.0, Keys), map_get([7], Keys), map_get(1 bsl 77, Keys)}),
    Nested = #{M => inner, M2 => other},
    erlang:display({map_get(fill(1, 5000, #{}), Nested), map_get(M2, Nested)}),
    erlang:display([element(1, E) || E <- [catch_(fun() -> M#{nokey := 1} end), catch_(fun() -> map_get(nokey, M) end)]]),
    erlang:display(erlang:phash2(M) =:= erlang:phash2(down(5000, #{}))),
    ok.

id(X) -> X.

fill(N, Max, M) when N > Max -> M;
fill(N, Max, M) -> fill(N + 1, Max, M#{N => N * N}).

down(0, M) -> M;
down(N, M) -> down(N - 1, M#{N => N * N}).

check(0, _) -> all_found;
check(N, M) ->
    case M of
        #{N := V} when V =:= N * N -> check(N - 1, M);
        _ -> {wrong, N}
    end.

mixed(0, M) -> M;
mixed(N, M) ->
    mixed(N - 1, M#{{k, N} => {tuple, N}, integer_to_list(N) => {string, N}, <<N>> => {binary, N},
                    float(N) => {float, N}, [N] => {list, N}, (1 bsl (N + 70)) => {big, N}}).

catch_(F) -> try F() catch error:R -> R end.
