%% SHA-256 and MD5's round function written out: 32-bit arithmetic on integers that don't wrap by themselves.
%% tier: 2
-module(sha256_by_hand).
-export([main/0]).

-define(K, {16#428a2f98, 16#71374491, 16#b5c0fbcf, 16#e9b5dba5, 16#3956c25b, 16#59f111f1, 16#923f82a4, 16#ab1c5ed5,
            16#d807aa98, 16#12835b01, 16#243185be, 16#550c7dc3, 16#72be5d74, 16#80deb1fe, 16#9bdc06a7, 16#c19bf174,
            16#e49b69c1, 16#efbe4786, 16#0fc19dc6, 16#240ca1cc, 16#2de92c6f, 16#4a7484aa, 16#5cb0a9dc, 16#76f988da,
            16#983e5152, 16#a831c66d, 16#b00327c8, 16#bf597fc7, 16#c6e00bf3, 16#d5a79147, 16#06ca6351, 16#14292967,
            16#27b70a85, 16#2e1b2138, 16#4d2c6dfc, 16#53380d13, 16#650a7354, 16#766a0abb, 16#81c2c92e, 16#92722c85,
            16#a2bfe8a1, 16#a81a664b, 16#c24b8b70, 16#c76c51a3, 16#d192e819, 16#d6990624, 16#f40e3585, 16#106aa070,
            16#19a4c116, 16#1e376c08, 16#2748774c, 16#34b0bcb5, 16#391c0cb3, 16#4ed8aa4a, 16#5b9cca4f, 16#682e6ff3,
            16#748f82ee, 16#78a5636f, 16#84c87814, 16#8cc70208, 16#90befffa, 16#a4506ceb, 16#bef9a3f7, 16#c67178f2}).

main() ->
    [io:format("~s~n", [hex(sha256(Text))])
     || Text <- [<<>>, <<"abc">>, <<"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq">>, binary:copy(<<"a">>, 1000),
                 <<"Erlang without an operating system">>]],
    io:format("~s~n", [hex(erlang:md5(sha256(<<"abc">>)))]).

hex(Binary) -> [io_lib:format("~2.16.0b", [B]) || <<B>> <= Binary].

sha256(Message) ->
    Zeros = (55 - byte_size(Message)) band 63,
    Padded = <<Message/binary, 16#80, 0:(Zeros * 8), (bit_size(Message)):64>>,
    Start = {16#6a09e667, 16#bb67ae85, 16#3c6ef372, 16#a54ff53a, 16#510e527f, 16#9b05688c, 16#1f83d9ab, 16#5be0cd19},
    Hash = blocks(Padded, Start),
    << <<Word:32>> || Word <- tuple_to_list(Hash) >>.

blocks(<<>>, Hash) -> Hash;
blocks(<<Block:64/binary, Rest/binary>>, Hash) ->
    Words = schedule([W || <<W:32>> <= Block], 16),
    New = rounds(lists:zip(lists:reverse(Words), tuple_to_list(?K)), Hash),
    blocks(Rest, list_to_tuple([(A + B) band 16#ffffffff || {A, B} <- lists:zip(tuple_to_list(Hash), tuple_to_list(New))])).

%% The words so far, the latest first.
schedule(First, 16) -> schedule(lists:reverse(First), 17);
schedule(Words, 65) -> Words;
schedule(Words, N) ->
    W2 = lists:nth(2, Words), W7 = lists:nth(7, Words), W15 = lists:nth(15, Words), W16 = lists:nth(16, Words),
    S0 = rotate(W15, 7) bxor rotate(W15, 18) bxor (W15 bsr 3),
    S1 = rotate(W2, 17) bxor rotate(W2, 19) bxor (W2 bsr 10),
    schedule([(W16 + S0 + W7 + S1) band 16#ffffffff | Words], N + 1).

rounds([], Hash) -> Hash;
rounds([{W, K} | Rest], {A, B, C, D, E, F, G, H}) ->
    S1 = rotate(E, 6) bxor rotate(E, 11) bxor rotate(E, 25),
    Choice = (E band F) bxor ((bnot E) band G),
    T1 = H + S1 + Choice + K + W,
    S0 = rotate(A, 2) bxor rotate(A, 13) bxor rotate(A, 22),
    Majority = (A band B) bxor (A band C) bxor (B band C),
    rounds(Rest, {(T1 + S0 + Majority) band 16#ffffffff, A, B, C, (D + T1) band 16#ffffffff, E, F, G}).

rotate(X, N) -> ((X bsr N) bor (X bsl (32 - N))) band 16#ffffffff.
