%% The order of mixed terms as sorting, comparison and sets see it.
%% tier: 2
-module(term_order).
-export([main/0, id/1]).

main() ->
    Terms = [c, 1, 1.0, {}, {1}, [], [1], "abc", <<"abc">>, <<1:3>>, #{}, #{a => 1}, #{1 => 2}, #{1.0 => 2}, 0.5, -3, 1 bsl id(65),
             -(1 bsl id(65)), {a, b}, {b}, [a | b], [[]], 'A', '', true, {{}}, {[]}, <<>>, 3.0e25, 30000000000000000000000000],
    io:format("~p~n", [lists:sort(Terms)]),
    io:format("~p~n", [lists:usort(Terms ++ Terms)]),
    io:format("~p~n", [lists:reverse(lists:sort(Terms)) =:= lists:sort(fun(A, B) -> A >= B end, Terms)]),
    io:format("~p~n", [[{A, B} || A <- Terms, B <- Terms, A == B, A =/= B]]),
    io:format("~p~n", [lists:sum([1 || A <- Terms, B <- Terms, A < B])]),
    io:format("~p~n", [[1 < 1.0, 1 =< 1.0, 1.0 =< 1, {1} == {1.0}, [1] =:= [1.0], #{1 => a} == #{1.0 => a}, #{a => 1} == #{a => 1.0}]]),
    io:format("~p~n", [[(1 bsl id(53)) + 1 == 9007199254740992.0, (1 bsl id(53)) + 1 > 9007199254740992.0, 1.0e308 < (1 bsl id(1100)), -1.0e308 > -(1 bsl id(1100))]]),
    io:format("~p~n", [lists:max(Terms)]),
    io:format("~p~n", [lists:min(Terms)]),
    io:format("~p~n", [lists:keysort(1, [{B, A} || {A, B} <- lists:zip(Terms, lists:seq(length(Terms), 1, -1))])]),
    io:format("~p~n", [lists:member(1.0, [1, 2])]),
    io:format("~p ~p~n", [lists:keyfind(1.0, 1, [{1, int}]), lists:keymember(1, 1, [{1.0, f}])]),
    io:format("~p~n", [[T || T <- Terms, T =:= id(1.0)]]),
    io:format("~p~n", [lists:sort([{1, b}, {1.0, a}, {1, a}, {1.0, b}])]),
    io:format("~p~n", [lists:sort(["b", "a", <<"b">>, <<"a">>, b, a, "", <<>>, ''])]),
    io:format("~p~n", [lists:sort([#{b => 1}, #{a => 2}, #{a => 1, b => 0}, #{a => 1}, #{c => 0}])]),
    io:format("~p~n", [[fun erlang:abs/1 =:= fun erlang:abs/1, fun erlang:abs/1 < fun erlang:hd/1, id(fun lists:map/2) == fun lists:map/2]]),
    Order = [number, atom, reference, 'fun', pid, tuple, map, nil, list, bits],
    Mixed = [{bits, <<>>}, {list, [a]}, {nil, []}, {map, #{}}, {tuple, {}}, {pid, self()}, {'fun', fun id/1}, {reference, make_ref()}, {atom, a}, {number, 1}],
    io:format("~p~n", [[K || {K, _} <- lists:sort(fun({_, A}, {_, B}) -> A =< B end, Mixed)] =:= Order]).

id(X) -> X.
