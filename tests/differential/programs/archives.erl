%% Zip and tar archives in memory and in files, gzip and zlib streams, with what is broken refused.
%% tier: 4
-module(archives).
-export([main/0]).

main() ->
    Data = iolist_to_binary([["line ", integer_to_list(N), $\n] || N <- lists:seq(1, 500)]),
    [io:format("~p~n", [{N, F(G(Data)) =:= Data, byte_size(G(Data)) < byte_size(Data) div 3}])
     || {N, G, F} <- [{zlib, fun zlib:compress/1, fun zlib:uncompress/1}, {gzip, fun zlib:gzip/1, fun zlib:gunzip/1}, {raw, fun zlib:zip/1, fun zlib:unzip/1}]],
    Z = zlib:open(),
    ok = zlib:deflateInit(Z, 9, deflated, 15, 8, default),
    Parts = [zlib:deflate(Z, binary:part(Data, P, 500)) || P <- lists:seq(0, byte_size(Data) - 500, 500)],
    Last = zlib:deflate(Z, binary:part(Data, byte_size(Data) div 500 * 500, byte_size(Data) rem 500), finish),
    ok = zlib:deflateEnd(Z),
    io:format("~p~n", [zlib:uncompress([Parts, Last]) =:= Data]),
    ok = zlib:inflateInit(Z),
    io:format("~p~n", [iolist_to_binary([zlib:inflate(Z, B) || B <- chop(iolist_to_binary([Parts, Last]), 7)]) =:= Data]),
    ok = zlib:inflateEnd(Z),
    zlib:close(Z),
    io:format("~p~n", [[try zlib:uncompress(B) catch error:R -> R end || B <- [<<>>, <<"garbage">>, binary:part(zlib:compress(Data), 0, 50)]]]),
    io:format("~p~n", [[erlang:crc32(Data), erlang:adler32(Data), erlang:crc32_combine(erlang:crc32(<<"a">>), erlang:crc32(<<"bc">>), 2) =:= erlang:crc32(<<"abc">>)]]),
    {ok, {"m.zip", Zip}} = zip:create("m.zip", [{"a.txt", <<"alpha">>}, {"dir/b.txt", Data}], [memory]),
    {ok, Files} = zip:unzip(Zip, [memory]),
    io:format("~p~n", [[{N, byte_size(B)} || {N, B} <- Files]]),
    {ok, [_ | Listed]} = zip:list_dir(Zip),
    io:format("~p~n", [[element(2, E) || E <- Listed]]),
    io:format("~p~n", [element(1, zip:unzip(<<"no zip">>, [memory]))]),
    ok = erl_tar:create("/tmp/archives.tgz", [{"x/one", <<"1">>}, {"two", Data}], [compressed]),
    {ok, Names} = erl_tar:table("/tmp/archives.tgz", [compressed]),
    {ok, Extracted} = erl_tar:extract("/tmp/archives.tgz", [compressed, memory]),
    io:format("~p ~p~n", [Names, [{N, byte_size(B)} || {N, B} <- Extracted]]),
    ok = file:write_file("/tmp/archives.gz", zlib:gzip(Data)),
    {ok, F} = file:open("/tmp/archives.gz", [read, compressed, binary]),
    io:format("~p~n", [[file:read(F, 7), file:position(F, 100), file:read(F, 5), file:close(F)]]),
    [file:delete(F1) || F1 <- ["/tmp/archives.gz", "/tmp/archives.tgz"]],
    ok.

chop(<<>>, _) -> [];
chop(B, N) when byte_size(B) =< N -> [B];
chop(B, N) -> <<H:N/binary, T/binary>> = B, [H | chop(T, N)].
