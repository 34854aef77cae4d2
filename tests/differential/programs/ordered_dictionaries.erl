%% orddict, ordsets, dict and proplists on the same data.
%% tier: 2
-module(ordered_dictionaries).
-export([main/0]).

main() ->
    Pairs = [{(K * 7) rem 11, K} || K <- lists:seq(1, 10)],
    O = orddict:from_list(Pairs),
    io:format("~w~n", [O]),
    io:format("~w~n", [orddict:append(3, x, orddict:store(3, [w], O))]),
    io:format("~w~n", [{orddict:find(4, O), orddict:find(99, O), orddict:fetch_keys(O), orddict:is_key(2, O)}]),
    io:format("~w~n", [orddict:merge(fun(_, A, B) -> {A, B} end, O, orddict:map(fun(_, V) -> -V end, O))]),
    io:format("~w~n", [orddict:update_counter(3, 10, orddict:update(4, fun(X) -> X * 2 end, O))]),
    io:format("~w~n", [orddict:fold(fun(K, V, Acc) -> K * V + Acc end, 0, orddict:filter(fun(_, V) -> V > 3 end, O))]),
    io:format("~w~n", [orddict:take(5, O)]),
    D = lists:foldl(fun({K, V}, Acc) -> dict:append(K rem 4, V, Acc) end, dict:new(), [{K, K} || K <- lists:seq(1, 100)]),
    io:format("~w~n", [[{K, length(dict:fetch(K, D))} || K <- lists:sort(dict:fetch_keys(D))]]),
    io:format("~w~n", [lists:sort(dict:to_list(dict:map(fun(_, L) -> lists:sum(L) end, D)))]),
    io:format("~w~n", [{dict:size(D), dict:is_empty(D), dict:find(nope, D), dict:size(dict:erase(1, D))}]),
    S = ordsets:from_list([c, a, b, a]),
    io:format("~w~n", [{S, ordsets:add_element(d, S), ordsets:del_element(a, S), ordsets:is_subset([a, b], S), ordsets:union([[z], S, [a, y]])}]),
    P = [a, {b, 1}, {c, 2, 3}, {b, 2}, {a, false}, {d, [x]}],
    io:format("~w~n", [{proplists:get_value(a, P), proplists:get_all_values(b, P), proplists:lookup(c, P), proplists:get_bool(a, P), proplists:is_defined(e, P)}]),
    io:format("~w~n", [{proplists:delete(b, P), proplists:unfold(P), proplists:compact([{a, true}, {b, false}]), proplists:get_keys(P) -- [d]}]),
    io:format("~w~n", [proplists:expand([{a, [x, y]}, {{b, 1}, [one]}], P)]),
    io:format("~w~n", [proplists:normalize([c, {aliases_are, 1}, {old, 2}], [{aliases, [{old, new}]}, {negations, [{no_c, c}]}])]),
    io:format("~w~n", [proplists:split(P, [b, d])]),
    io:format("~w~n", [maps:to_list(proplists:to_map([a, {b, 2}, {b, 3}]))]).
