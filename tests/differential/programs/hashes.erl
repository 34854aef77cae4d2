%% phash2, md5, crc32, adler32, and SHA-256 written in Erlang.
%% tier: 3
-module(hashes).
-export([main/0]).

main() ->
    Terms = [0, 1, -1, 1 bsl 27, 1 bsl 28, 1 bsl 60, 1 bsl 64, -(1 bsl 64), 1 bsl 200, 1.0, -0.0, 0.0, 1.5, a, 'long atom name with spaces', 'é', [], [1], [1, 2, 3], "abc", "a longer string of characters", [a | b], {}, {1}, {a, {b, [c]}}, <<>>, <<"abc">>,
             <<"a longer binary of bytes">>, <<1:1>>, <<5:13>>, #{}, #{a => 1}, #{a => 1, b => 2}, maps:from_list([{N, N} || N <- lists:seq(1, 100)]), lists:seq(1, 1000), list_to_tuple(lists:seq(1, 100)), fun lists:map/2, [[[[]]]], {[], <<>>, #{}}, [1, 2.0, three, "4", <<"5">>], [255, 256], [0, 1114112]],
    [io:format("~p ~p ~p~n", [erlang:phash2(T), erlang:phash2(T, 1000), erlang:phash2(T, 1 bsl 32)]) || T <- Terms],
    [io:format("~p~n", [erlang:phash(T, 1 bsl 32)]) || T <- lists:sublist(Terms, 1, 24)],
    [io:format("~w ~w ~w~n", [erlang:md5(B), erlang:crc32(B), erlang:adler32(B)]) || B <- [<<>>, <<"a">>, "abc", [<<"io">>, ["list"]], binary:copy(<<"x">>, 100000)]],
    C = erlang:md5_update(erlang:md5_update(erlang:md5_init(), "ab"), <<"c">>), io:format("~w~n", [erlang:md5_final(C) =:= erlang:md5("abc")]),
    io:format("~w~n", [[erlang:crc32(erlang:crc32("ab"), "c") =:= erlang:crc32("abc"), erlang:crc32_combine(erlang:crc32("ab"), erlang:crc32("c"), 1) =:= erlang:crc32("abc"), erlang:adler32_combine(erlang:adler32("ab"), erlang:adler32("c"), 1) =:= erlang:adler32("abc")]]),
    [io:format("~s~n", [hex(sha256(B))]) || B <- [<<>>, <<"abc">>, <<"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq">>, binary:copy(<<"a">>, 1000)]],
    io:format("~p~n", [[base64:encode("Man"), base64:encode(<<255, 254>>), base64:decode(<<"TWFu">>), base64:decode_to_string("aGVsbG8="), base64:mime_decode("aGVs\nbG8="), base64:encode(binary:copy(<<1, 2, 3>>, 20))]]),
    io:format("~p~n", [[try base64:decode(X) catch K:_ -> K end || X <- ["a", "????", "TWE"]]]),
    io:format("~p~n", [[base64:decode(base64:encode(B)) =:= B || B <- [<<>>, <<1>>, <<1, 2>>, binary:copy(<<"xyz">>, 1000)]]]).

hex(B) -> [io_lib:format("~2.16.0b", [X]) || <<X>> <= B].

sha256(M) ->
    Pad = (119 - byte_size(M) rem 64) rem 64,
    Padded = <<M/binary, 128, 0:(Pad * 8), (byte_size(M) * 8):64>>,
    Primes = primes(2, 64),
    K = [root(P, 3) || P <- Primes],
    H = blocks(Padded, [root(P, 2) || P <- lists:sublist(Primes, 8)], K),
    << <<X:32>> || X <- H >>.

primes(_, 0) -> [];
primes(N, Left) -> case [D || D <- lists:seq(2, trunc(math:sqrt(N))), N rem D =:= 0] of [] -> [N | primes(N + 1, Left - 1)]; _ -> primes(N + 1, Left) end.

%% The first 32 bits of the fractional part of a root, in integers.
root(P, N) -> bisect(P bsl (32 * N), N, 0, 1 bsl 40) band 16#FFFFFFFF.
bisect(_, _, Lo, Hi) when Hi - Lo =< 1 -> Lo;
bisect(T, N, Lo, Hi) -> M = (Lo + Hi) bsr 1, case power(M, N) =< T of true -> bisect(T, N, M, Hi); false -> bisect(T, N, Lo, M) end.
power(M, 2) -> M * M;
power(M, 3) -> M * M * M.

blocks(<<>>, H, _) -> H;
blocks(<<B:64/binary, R/binary>>, H, K) ->
    W = schedule(lists:reverse([X || <<X:32>> <= B]), 16),
    New = rounds(W, K, H),
    blocks(R, [(X + Y) band 16#FFFFFFFF || {X, Y} <- lists:zip(H, New)], K).

schedule(W, 64) -> lists:reverse(W);
schedule(W, N) ->
    A = lists:nth(15, W), B = lists:nth(2, W),
    S0 = rotate(A, 7) bxor rotate(A, 18) bxor (A bsr 3), S1 = rotate(B, 17) bxor rotate(B, 19) bxor (B bsr 10),
    schedule([(lists:nth(16, W) + S0 + lists:nth(7, W) + S1) band 16#FFFFFFFF | W], N + 1).

rounds([], [], H) -> H;
rounds([W | Ws], [K | Ks], [A, B, C, D, E, F, G, H]) ->
    T1 = H + (rotate(E, 6) bxor rotate(E, 11) bxor rotate(E, 25)) + ((E band F) bxor (bnot E band G)) + K + W,
    T2 = (rotate(A, 2) bxor rotate(A, 13) bxor rotate(A, 22)) + ((A band B) bxor (A band C) bxor (B band C)),
    rounds(Ws, Ks, [(T1 + T2) band 16#FFFFFFFF, A, B, C, (D + T1) band 16#FFFFFFFF, E, F, G]).

rotate(X, N) -> ((X bsr N) bor (X bsl (32 - N))) band 16#FFFFFFFF.
