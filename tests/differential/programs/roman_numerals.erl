%% Roman numerals there and back, Gray codes, Luhn and ISBN checks, look-and-say.
%% tier: 1
-module(roman_numerals).
-export([main/0]).

main() ->
    io:format("~p~n", [[{N, roman(N)} || N <- [1, 4, 9, 14, 40, 90, 400, 1994, 2026, 3999]]]),
    io:format("~w~n", [lists:all(fun(N) -> arabic(roman(N)) =:= N end, lists:seq(1, 3999))]),
    io:format("~w~n", [[gray(N) || N <- lists:seq(0, 16)]]),
    io:format("~w~n", [[ungray(gray(N)) =:= N || N <- [0, 1, 255, 1 bsl 65]]]),
    io:format("~w~n", [[luhn(S) || S <- ["4539578763621486", "4539578763621487", "0", "79927398713"]]]),
    io:format("~w~n", [[isbn(S) || S <- ["0306406152", "0306406153", "155860832X"]]]),
    io:format("~s~n", [lists:nth(12, look_and_say(12, "1"))]).

symbols() ->
    [{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"},
     {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}].

roman(N) -> roman(N, symbols()).
roman(0, _) -> "";
roman(N, [{Value, Symbol} | _] = All) when N >= Value -> Symbol ++ roman(N - Value, All);
roman(N, [_ | Rest]) -> roman(N, Rest).

arabic(Text) -> arabic(Text, symbols()).
arabic("", _) -> 0;
arabic(Text, [{Value, Symbol} | Rest] = All) ->
    case string:prefix(Text, Symbol) of
        nomatch -> arabic(Text, Rest);
        Tail -> Value + arabic(Tail, All)
    end.

gray(N) -> N bxor (N bsr 1).
ungray(0) -> 0;
ungray(G) -> G bxor ungray(G bsr 1).

luhn(Digits) ->
    {Sum, _} = lists:foldr(fun(C, {S, Double}) ->
        D = (C - $0) * (if Double -> 2; true -> 1 end),
        {S + D div 10 + D rem 10, not Double}
    end, {0, false}, Digits),
    Sum rem 10 =:= 0.

isbn(Text) ->
    Values = [if C =:= $X -> 10; true -> C - $0 end || C <- Text],
    lists:sum([A * B || {A, B} <- lists:zip(Values, lists:seq(10, 1, -1))]) rem 11 =:= 0.

look_and_say(1, S) -> [S];
look_and_say(N, S) -> [S | look_and_say(N - 1, say(S))].
say([]) -> [];
say([C | _] = S) ->
    {Same, Rest} = lists:splitwith(fun(X) -> X =:= C end, S),
    integer_to_list(length(Same)) ++ [C | say(Rest)].
