%% Every other function of the lists module.
%% tier: 3
-module(lists_functions).
-export([main/0]).

main() ->
    L = lists:seq(1, 10), K = [{a, 1}, {b, 2}, {c, 3}, {b, 4}],
    p([lists:all(fun is_integer/1, L), lists:any(fun(X) -> X > 9 end, L), lists:append([[1], [2, 3], []]), lists:append([1], [2]), lists:concat([a, 1, "s", 2.5])]),
    p([lists:delete(3, [1, 3, 2, 3]), lists:droplast(L), lists:dropwhile(fun(X) -> X < 4 end, L), lists:takewhile(fun(X) -> X < 4 end, L), lists:duplicate(3, x), lists:enumerate([a, b])]),
    p([lists:filter(fun(X) -> X rem 2 =:= 0 end, L), lists:filtermap(fun(X) when X > 8 -> {true, -X}; (X) -> X < 3 end, L), lists:flatlength([1, [2, [3]]]), lists:flatmap(fun(X) -> [X, X] end, [1, 2]), lists:flatten([1, [2, [3, []]], "ab"]), lists:flatten([1, [2]], [tail])]),
    p([lists:foldl(fun(X, A) -> [X | A] end, [], L), lists:foldr(fun(X, A) -> [X | A] end, [], L), lists:mapfoldl(fun(X, A) -> {X * 2, A + X} end, 0, L), lists:mapfoldr(fun(X, A) -> {X * 2, [X | A]} end, [], [1, 2])]),
    p([lists:keydelete(b, 1, K), lists:keyfind(b, 1, K), lists:keyfind(z, 1, K), lists:keymap(fun(X) -> -X end, 2, K), lists:keymember(c, 1, K), lists:keyreplace(b, 1, K, {new}), lists:keysearch(b, 1, K), lists:keystore(z, 1, K, {z, 9}), lists:keystore(a, 1, K, {a, 9}), lists:keytake(b, 1, K), lists:keytake(z, 1, K)]),
    p([lists:last(L), lists:max(L), lists:min([3, 1, 2]), lists:member(3, L), lists:nth(3, L), lists:nthtail(8, L), lists:partition(fun(X) -> X > 5 end, L), lists:prefix("ab", "abc"), lists:suffix("bc", "abc"), lists:reverse(L, [tail])]),
    p([lists:search(fun(X) -> X > 3 end, L), lists:search(fun(X) -> X > 30 end, L), lists:seq(5, 1, -2), lists:seq(1, 0), lists:seq(2, 10, 3), lists:split(3, L), lists:splitwith(fun(X) -> X < 3 end, L), lists:sublist(L, 3), lists:sublist(L, 4, 3), lists:sublist(L, 9, 10), lists:subtract([1, 2, 3, 2], [2]), lists:sum(L)]),
    p([lists:unzip([{1, a}, {2, b}]), lists:unzip3([{1, a, x}]), lists:zip([1, 2], [a, b]), lists:zip3([1], [2], [3]), lists:zipwith(fun(A, B) -> A + B end, [1, 2], [3, 4]), lists:zipwith3(fun(A, B, C) -> A + B + C end, [1], [2], [3]), lists:join(x, [1, 2, 3]), lists:uniq([1, 2, 1, 3, 2]), lists:uniq(fun(X) -> X rem 3 end, L)]),
    put(seen, []), lists:foreach(fun(X) -> put(seen, [X | get(seen)]) end, [1, 2, 3]), p(get(seen)),
    p([length(lists:seq(1, 200000)), lists:sum(lists:flatten([[X, [X]] || X <- lists:seq(1, 1000)])), length(lists:append(lists:duplicate(1000, "abc")))]),
    [p(attempt(F)) || F <- [fun() -> lists:nth(0, L) end, fun() -> lists:nth(11, L) end, fun() -> lists:last([]) end, fun() -> lists:max([]) end, fun() -> lists:split(20, [1]) end, fun() -> lists:zip([1], [1, 2]) end, fun() -> lists:sum([a]) end,
                            fun() -> lists:reverse(x) end, fun() -> lists:member(a, [b | c]) end, fun() -> lists:keyfind(a, x, []) end, fun() -> lists:seq(1, 5, 0) end, fun() -> lists:foldl(fun(_) -> ok end, 0, [1]) end, fun() -> lists:map(not_a_fun, [1]) end, fun() -> lists:flatten([a | b]) end,
                            fun() -> lists:sublist([1], 0, 1) end, fun() -> lists:nthtail(5, [1]) end, fun() -> lists:droplast([]) end, fun() -> lists:unzip([x]) end, fun() -> lists:append([a], [b]) ++ c end]].

attempt(F) ->
    try F() catch C:E:S ->
        {M, Fn, A, _} = hd(S),
        {C, case E of {badarity, _} -> badarity; _ -> E end, {M, Fn, if is_list(A) -> length(A); true -> A end}}
    end.
p(X) -> io:format("~p~n", [X]).
