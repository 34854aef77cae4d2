%% ChaCha20 blocks, RC4, and an XOR of binaries in a comprehension over two.
%% tier: 2
-module(chacha_cipher).
-export([main/0]).

main() ->
    Key = << <<X>> || X <- lists:seq(0, 31) >>,
    Nonce = <<0, 0, 0, 9, 0, 0, 0, 16#4a, 0, 0, 0, 0>>,
    io:format("~w~n", [block(Key, 1, Nonce)]),
    Text = <<"Ladies and Gentlemen of the class of '99: if I could offer you only one tip for the future">>,
    Cipher = chacha(Text, Key, 1, <<0:32, 16#4a:32/little, 0:32>>),
    io:format("~w~n", [Cipher]),
    io:format("~s~n", [chacha(Cipher, Key, 1, <<0:32, 16#4a:32/little, 0:32>>)]),
    io:format("~w~n", [rc4(<<"Key">>, <<"Plaintext">>)]),
    io:format("~s~n", [rc4(<<"Key">>, rc4(<<"Key">>, <<"Plaintext">>))]).

chacha(<<>>, _, _, _) -> <<>>;
chacha(<<Part:64/binary, Rest/binary>>, Key, N, Nonce) ->
    <<(xor_bytes(Part, block(Key, N, Nonce)))/binary, (chacha(Rest, Key, N + 1, Nonce))/binary>>;
chacha(Last, Key, N, Nonce) ->
    xor_bytes(Last, binary:part(block(Key, N, Nonce), 0, byte_size(Last))).

xor_bytes(A, B) ->
    Size = bit_size(A),
    <<X:Size>> = A,
    <<Y:Size>> = B,
    <<(X bxor Y):Size>>.

block(Key, Counter, Nonce) ->
    State = [W || <<W:32/little>> <= <<"expand 32-byte k", Key/binary, Counter:32/little, Nonce/binary>>],
    Mixed = lists:foldl(fun(_, S) -> double_round(S) end, list_to_tuple(State), lists:seq(1, 10)),
    << <<(A + B):32/little>> || {A, B} <- lists:zip(State, tuple_to_list(Mixed)) >>.

double_round(S0) ->
    lists:foldl(fun quarter/2, S0, [{1, 5, 9, 13}, {2, 6, 10, 14}, {3, 7, 11, 15}, {4, 8, 12, 16},
                                    {1, 6, 11, 16}, {2, 7, 12, 13}, {3, 8, 9, 14}, {4, 5, 10, 15}]).

quarter({A, B, C, D}, S) -> step(step(step(step(S, A, B, D, 16), C, D, B, 12), A, B, D, 8), C, D, B, 7).

step(S, X, Y, Z, N) ->
    Sum = (element(X, S) + element(Y, S)) band 16#ffffffff,
    W = element(Z, S) bxor Sum,
    setelement(Z, setelement(X, S, Sum), ((W bsl N) bor (W bsr (32 - N))) band 16#ffffffff).

rc4(Key, Data) ->
    {Perm, _} = lists:foldl(fun(I, {S, J0}) ->
        J = (J0 + map_get(I, S) + binary:at(Key, I rem byte_size(Key))) rem 256,
        {swap(I, J, S), J}
    end, {maps:from_list([{I, I} || I <- lists:seq(0, 255)]), 0}, lists:seq(0, 255)),
    stream(Data, 0, 0, Perm).

stream(<<>>, _, _, _) -> <<>>;
stream(<<B, Rest/binary>>, I0, J0, S0) ->
    I = (I0 + 1) rem 256,
    J = (J0 + map_get(I, S0)) rem 256,
    S = swap(I, J, S0),
    K = map_get((map_get(I, S) + map_get(J, S)) rem 256, S),
    <<(B bxor K), (stream(Rest, I, J, S))/binary>>.

swap(I, J, S) -> S#{I := map_get(J, S), J := map_get(I, S)}.
