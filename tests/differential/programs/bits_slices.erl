%% Slicing, joining, comparing and printing bitstrings at any bit offset.
%% tier: 2
-module(bits_slices).
-export([main/0, id/1]).

main() ->
    B = << <<(N * N + 3):8>> || N <- lists:seq(1, 32) >>,
    Slices = [slice(B, O, L) || O <- [0, 1, 5, 8, 11, 16], L <- [0, 1, 7, 8, 9, 16, 31, 64, 100]],
    io:format("~w~n", [Slices]),
    io:format("~w~n", [[bit_size(S) || S <- Slices]]),
    io:format("~w~n", [lists:usort([tl(tl(tl(to_bits(<<1:3, S/bits>>)))) =:= to_bits(S) || S <- Slices])]),
    io:format("~w~n", [erlang:phash2(lists:sort(Slices))]),
    io:format("~w~n", [length(lists:usort(Slices))]),
    Joined = lists:foldl(fun(S, Acc) -> <<Acc/bits, S/bits>> end, <<>>, Slices),
    io:format("~w ~w~n", [bit_size(Joined), erlang:phash2(Joined)]),
    Reversed = lists:foldl(fun(S, Acc) -> <<S/bits, Acc/bits>> end, <<>>, Slices),
    io:format("~w ~w~n", [bit_size(Reversed), erlang:md5(<<Reversed/bits, 0:(pad(Reversed))>>)]),
    io:format("~w~n", [[S1 < S2 || S1 <- lists:sublist(Slices, 3, 6), S2 <- lists:sublist(Slices, 20, 6)]]),
    A = slice(B, 3, 80), C = slice(<<0:5, A/bits>>, 5, 80),
    io:format("~w~n", [{A =:= C, A == C, erlang:phash2(A) =:= erlang:phash2(C), term_to_binary(A) =:= term_to_binary(C)}]),
    io:format("~w~n", [[binary_to_list(slice(B, O, 64)) || O <- [0, 3, 9]]]),
    io:format("~w~n", [[bitstring_to_list(slice(B, O, 61)) || O <- [0, 3, 9]]]),
    io:format("~w~n", [list_to_bitstring([slice(B, O, 13) || O <- [0, 3, 9]] ++ [255, <<1:1>>])]),
    io:format("~w~n", [[binary_to_term(term_to_binary(S)) =:= S || S <- lists:sublist(Slices, 12)]]),
    Odd = slice(B, 7, 160),
    io:format("~w~n", [[binary:part(Odd, 2, 5), binary:at(Odd, 3), binary:first(Odd), binary:last(Odd), binary_part(Odd, 20, -4), split_binary(Odd, 9)]]),
    io:format("~w~n", [[binary:split(Odd, binary:part(Odd, 4, 2)), binary:match(Odd, binary:part(Odd, 10, 3)), binary:copy(Odd) =:= Odd, binary:decode_unsigned(Odd)]]),
    io:format("~w~n", [[erlang:crc32(Odd), erlang:adler32(Odd), erlang:md5(Odd)]]),
    io:format("~w~n", [list_to_atom(binary_to_list(slice(<<0:3, "atom", 0:5>>, 3, 32)))]),
    io:format("~w~n", [binary_to_integer(slice(<<0:1, "12345", 0:7>>, 1, 40))]),
    io:format("~w~n", [maps:get(slice(<<0:3, "key", 0:5>>, 3, 24), #{<<"key">> => found})]),
    <<X:5, Rest/bits>> = Odd, <<Y:27/signed, R2/bits>> = Rest, <<Z:7/bits, _/bits>> = R2,
    io:format("~w~n", [{X, Y, Z}]),
    io:format("~p ~p ~p~n", [<<5:3>>, <<"abc", 1:1>>, slice(B, 1, 20)]),
    io:format("~w~n", [reverse_bits(<<"bits!">>)]),
    io:format("~w~n", [xor_bits(slice(B, 3, 40), slice(B, 50, 40))]).

id(X) -> X.

slice(B, O, L) -> <<_:O, S:L/bits, _/bits>> = B, S.

to_bits(B) -> [X || <<X:1>> <= B].

pad(B) -> (8 - bit_size(B) rem 8) rem 8.

reverse_bits(B) -> list_to_bitstring([<<X:1>> || X <- lists:reverse(to_bits(B))]).

xor_bits(A, B) -> S = bit_size(A), <<X:S>> = A, <<Y:S>> = B, <<(X bxor Y):S>>.
