%% Bit strings that end within bytes: appended, sliced, compared, converted, in comprehensions of all kinds.
%% tier: 2
-module(bit_string_algebra).
-export([main/0]).

main() ->
    Bits = [<<>>, <<1:1>>, <<5:3>>, <<255:7>>, <<1, 2:2>>, <<1:1, 0:70>>, <<"abc", 1:4>>],
    io:format("~w~n", [[<<A/bitstring, B/bitstring>> || A <- Bits, B <- Bits]]),
    io:format("~w~n", [lists:sort(Bits)]),
    io:format("~w~n", [[{A < B, A == B} || A <- Bits, B <- [<<5:3>>, <<1, 2:2>>]]]),
    Long = << <<(N band 1):1, (N rem 3):2>> || N <- lists:seq(1, 200) >>,
    io:format("~w~n", [{bit_size(Long), byte_size(Long), erlang:phash2(Long)}]),
    io:format("~w~n", [[begin <<_:S/bitstring, M:L/bitstring, _/bitstring>> = Long, M end || {S, L} <- [{0, 8}, {1, 9}, {13, 30}, {64, 65}, {599, 1}]]]),
    io:format("~w~n", [[X || <<X:5>> <= Long] =:= [begin <<_:P/bits, V:5, _/bits>> = Long, V end || P <- lists:seq(0, 595, 5)]]),
    io:format("~w~n", [<< <<(reverse(B))/bitstring>> || B <- Bits >>]),
    io:format("~w~n", [[<<X:N>> || N <- [1, 4, 9, 17, 33, 65], X <- [-1, 0, 12345678901234567890]]]),
    io:format("~w~n", [[X || <<X:7/little-signed>> <= <<1, 2, 3, 4, 5, 6, 7>>]]),
    io:format("~w~n", [[{X, Y} || <<X:3, Y:6/bits>> <= <<255, 0, 170, 85>>]]),
    io:format("~w~n", [[catch list_to_bitstring(L) || L <- [[<<1:1>>, 2, [<<3:3>>]], [256], [a], <<1:1>>]]]),
    io:format("~w~n", [[is_binary(B) || B <- Bits]]),
    io:format("~w~n", [[bitstring_to_list(B) || B <- Bits]]),
    io:format("~w~n", [element(2, lists:foldl(fun(N, {S, Acc}) -> <<H:S/bitstring, T/bitstring>> = Acc, {(S + N) rem 11, <<T/bitstring, H/bitstring, N:3>>} end, {0, <<>>}, lists:seq(1, 4)))]),
    io:format("~w~n", [binary_to_term(term_to_binary(Bits)) =:= Bits]).

reverse(B) -> << <<Bit:1>> || Bit <- lists:reverse([X || <<X:1>> <= B]) >>.
