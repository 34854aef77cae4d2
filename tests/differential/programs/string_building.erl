%% Text built by lists, iolists and binaries; word counts and reports.
%% tier: 3
-module(string_building).
-export([main/0]).

main() ->
    L = lists:seq(1, 20000), A = lists:flatten([[integer_to_list(N), $,] || N <- L]), B = iolist_to_binary([[integer_to_binary(N), $,] || N <- L]), C = lists:foldl(fun(N, X) -> <<X/binary, (integer_to_binary(N))/binary, ",">> end, <<>>, L),
    io:format("~p~n", [[length(A), byte_size(B), B =:= C, list_to_binary(A) =:= B, erlang:crc32(C)]]),
    Words = words(200, 7), Text = lists:join(" ", Words), Counts = lists:foldl(fun(W, M) -> maps:update_with(W, fun(N) -> N + 1 end, 1, M) end, #{}, string:lexemes(lists:flatten(Text), " ")),
    [io:format("~-8s~4w ~s~n", [W, N, lists:duplicate(N, $*)]) || {W, N} <- lists:sublist(lists:sort(fun({W1, N1}, {W2, N2}) -> {-N1, W1} =< {-N2, W2} end, maps:to_list(Counts)), 12)],
    io:format("~s~n", [wrap(Words, 60)]), io:format("~p~n", [[caesar("Hello, World!", K) || K <- [3, 13, 25]]]), io:format("~p~n", [[palindrome(S) || S <- ["A man, a plan, a canal: Panama", "no", ""]]]),
    io:format("~p~n", [[roman(N) || N <- [1, 4, 9, 14, 40, 90, 400, 1994, 2026]]]), io:format("~p~n", [[distance(X, Y) || {X, Y} <- [{"kitten", "sitting"}, {"", "abc"}, {"flaw", "lawn"}, {"same", "same"}]]]), io:format("~s~n", [[io_lib:format("~3..0B ~8.16.0B ~8.2.0B~n", [N, N * N, N]) || N <- [1, 50, 255]]]).

words(N, S) -> Pool = {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi"}, element(1, lists:mapfoldl(fun(_, X) -> Y = (X * 1103515245 + 12345) band 16#7FFFFFFF, {element((Y bsr 8) rem (1 + (Y bsr 16) rem 14) + 1, Pool), Y} end, S, lists:seq(1, N))).
wrap(Ws, W) -> lists:join("\n", [string:join(lists:reverse(L), " ") || L <- lists:reverse(lists:foldl(fun(X, [H | T]) -> case length(string:join([X | H], " ")) > W of true -> [[X], H | T]; false -> [[X | H] | T] end end, [[]], Ws))]).
caesar(S, K) -> [if C >= $a, C =< $z -> (C - $a + K) rem 26 + $a; C >= $A, C =< $Z -> (C - $A + K) rem 26 + $A; true -> C end || C <- S].
palindrome(S) -> L = [C || C <- string:lowercase(S), C >= $a, C =< $z], L =:= lists:reverse(L).
roman(0) -> "";
roman(N) -> {V, S} = hd([X || {V0, _} = X <- [{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}], V0 =< N]), S ++ roman(N - V).
distance([], B) -> length(B);
distance(A, []) -> length(A);
distance([X | A], [X | B]) -> distance(A, B);
distance([_ | A] = L, [_ | B] = M) -> 1 + lists:min([distance(A, M), distance(L, B), distance(A, B)]).
