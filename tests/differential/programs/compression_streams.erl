%% Streams of zlib in steps: levels, strategies, dictionaries, flushes, limits of what comes out, what is broken; gzip files.
%% tier: 4
-module(compression_streams).
-export([main/0]).

main() ->
    Data = data(),
    lists:foreach(fun({Name, Show}) -> io:format("~p: ~p~n", [Name, catch Show(Data)]) end,
                  [{round_trips, fun round_trips/1}, {flushes, fun flushes/1}, {dictionaries, fun dictionaries/1},
                   {parameters, fun parameters/1}, {resets, fun resets/1}, {bounded, fun bounded/1},
                   {broken, fun broken/1}, {misused, fun misused/1}, {checksums, fun checksums/1},
                   {files, fun files/1}]).

data() ->
    iolist_to_binary([[integer_to_binary(N * N), $\s, lists:duplicate(N rem 9, $a + N rem 5), $\n] || N <- lists:seq(1, 2000)]).

%% Every format, level and strategy: what comes back, and whether it got smaller.
round_trips(Data) ->
    [begin
         Packed = deflate(Data, [Level, deflated, Bits, 8, Strategy], 777),
         {Level, Bits, Strategy, inflate(Packed, Bits, 100) =:= Data, iolist_size(Packed) < byte_size(Data)}
     end || Level <- [none, best_speed, 5, best_compression, default], Bits <- [15, -15, 31, 9],
            Strategy <- [default, filtered, huffman_only, rle]].

deflate(Data, Options, Size) ->
    Stream = zlib:open(),
    ok = apply(zlib, deflateInit, [Stream | Options]),
    Packed = [zlib:deflate(Stream, Piece) || Piece <- pieces(Data, Size)],
    Last = zlib:deflate(Stream, [], finish),
    ok = zlib:deflateEnd(Stream),
    ok = zlib:close(Stream),
    iolist_to_binary([Packed, Last]).

inflate(Packed, Bits, Size) ->
    Stream = zlib:open(),
    ok = zlib:inflateInit(Stream, Bits),
    Data = [zlib:inflate(Stream, Piece) || Piece <- pieces(Packed, Size)],
    ok = zlib:inflateEnd(Stream),
    ok = zlib:close(Stream),
    iolist_to_binary(Data).

pieces(Bytes, Size) when byte_size(Bytes) > Size ->
    <<Piece:Size/binary, Rest/binary>> = Bytes,
    [Piece | pieces(Rest, Size)];
pieces(Bytes, _) -> [Bytes].

%% What was flushed can be inflated, though the stream goes on.
flushes(Data) ->
    [begin
         Out = zlib:open(),
         In = zlib:open(),
         ok = zlib:deflateInit(Out),
         ok = zlib:inflateInit(In),
         Results = [iolist_to_binary(zlib:inflate(In, zlib:deflate(Out, Piece, How))) =:= Piece
                    || Piece <- pieces(binary:part(Data, 0, 5000), 1000)],
         End = zlib:inflate(In, zlib:deflate(Out, [], finish)),
         [ok, ok] = [zlib:close(Stream) || Stream <- [Out, In]],
         {How, Results, End}
     end || How <- [sync, full]].

dictionaries(Data) ->
    Dictionary = binary:part(Data, 0, 1000),
    Out = zlib:open(),
    ok = zlib:deflateInit(Out),
    Set = zlib:deflateSetDictionary(Out, Dictionary) =:= erlang:adler32(Dictionary),
    Packed = iolist_to_binary(zlib:deflate(Out, binary:part(Data, 0, 2000), finish)),
    In = zlib:open(),
    ok = zlib:inflateInit(In),
    Needed = try zlib:inflate(In, Packed) catch error:Reason -> Reason end,
    Wrong = try zlib:inflateSetDictionary(In, <<"wrong">>) catch error:Other -> Other end,
    Right = zlib:inflateSetDictionary(In, Dictionary),
    Rest = iolist_to_binary(zlib:inflate(In, [])),
    Got = iolist_to_binary(zlib:inflateGetDictionary(In)),
    {Set, Needed =:= {need_dictionary, erlang:adler32(Dictionary)}, Wrong, Right, byte_size(Rest),
     Rest =:= binary:part(Data, 0, 2000), byte_size(Got)}.

%% Parameters change amid a stream.
parameters(Data) ->
    Out = zlib:open(),
    ok = zlib:deflateInit(Out, none),
    Plain = zlib:deflate(Out, Data, sync),
    ok = zlib:deflateParams(Out, best_compression, default),
    Small = zlib:deflate(Out, Data, finish),
    {iolist_size(Plain) > byte_size(Data), iolist_size(Small) < byte_size(Data) div 2,
     zlib:uncompress(iolist_to_binary([Plain, Small])) =:= <<Data/binary, Data/binary>>}.

resets(Data) ->
    Out = zlib:open(),
    ok = zlib:deflateInit(Out),
    _ = zlib:deflate(Out, Data),
    ok = zlib:deflateReset(Out),
    Packed = zlib:deflate(Out, <<"after">>, finish),
    In = zlib:open(),
    ok = zlib:inflateInit(In),
    First = zlib:inflate(In, Packed),
    ok = zlib:inflateReset(In),
    {First, zlib:inflate(In, Packed), zlib:inflateEnd(In)}.

%% Inflating in bounded steps, and more than one stream in the same bytes.
bounded(Data) ->
    Packed = zlib:compress(Data),
    In = zlib:open(),
    ok = zlib:inflateInit(In),
    Steps = safely(In, zlib:safeInflate(In, Packed)),
    ok = zlib:inflateEnd(In),
    Two = <<(zlib:gzip(<<"one ">>))/binary, (zlib:gzip(<<"two">>))/binary, "rest">>,
    Behaviours = [begin
                      ok = zlib:inflateInit(In, 31, How),
                      Got = try iolist_to_binary(zlib:inflate(In, Two)) catch error:Reason -> Reason end,
                      {How, Got, try zlib:inflateEnd(In) catch error:Last -> Last end}
                  end || How <- [error, reset, cut]],
    {iolist_to_binary(Steps) =:= Data, length(Steps) > 1, Behaviours}.

safely(In, {continue, Out}) -> [Out | safely(In, zlib:safeInflate(In, []))];
safely(_, {finished, Out}) -> [Out].

broken(Data) ->
    Packed = zlib:compress(Data),
    Half = binary:part(Packed, 0, byte_size(Packed) div 2),
    <<Head:100/binary, Byte, Tail/binary>> = Packed,
    Flipped = <<Head/binary, (Byte bxor 255), Tail/binary>>,
    Length = byte_size(Packed) - 1,
    <<Body:Length/binary, Sum>> = Packed,
    Attempt = fun(Function, Bytes) -> try {ok, erlang:md5(Function(Bytes))} catch error:Reason -> Reason end end,
    [Attempt(fun zlib:uncompress/1, Half), Attempt(fun zlib:uncompress/1, <<>>),
     element(1, {Attempt(fun zlib:uncompress/1, Flipped)}) =/= {ok, erlang:md5(Data)},
     Attempt(fun zlib:uncompress/1, <<Body/binary, (Sum bxor 1)>>), Attempt(fun zlib:gunzip/1, Packed),
     Attempt(fun zlib:gunzip/1, zlib:gzip(Data)) =:= {ok, erlang:md5(Data)},
     Attempt(fun zlib:unzip/1, <<7, 7, 7>>), Attempt(fun zlib:unzip/1, zlib:zip(Data)) =:= {ok, erlang:md5(Data)},
     Attempt(fun zlib:uncompress/1, not_bytes), Attempt(fun zlib:compress/1, [a])].

misused(_) ->
    Attempt = fun(Function, Arguments) -> try apply(zlib, Function, Arguments) catch Class:Reason -> {Class, Reason} end end,
    Stream = zlib:open(),
    Unready = [Attempt(deflate, [Stream, <<"x">>]), Attempt(inflate, [Stream, <<"x">>]), Attempt(deflateEnd, [Stream]),
               Attempt(inflateReset, [Stream])],
    ok = zlib:deflateInit(Stream),
    Twice = [Attempt(deflateInit, [Stream]), Attempt(inflateInit, [Stream]), Attempt(deflateInit, [Stream, 10]),
             Attempt(deflate, [Stream, <<"x">>, soon]), Attempt(deflateParams, [Stream, 3, best])],
    _ = zlib:deflate(Stream, <<"unfinished">>),
    Early = Attempt(deflateEnd, [Stream]),
    Self = self(),
    spawn(fun() -> Self ! Attempt(deflate, [Stream, <<"x">>]) end),
    Stranger = receive Result -> Result end,
    ok = zlib:close(Stream),
    [Unready, Twice, Early, Stranger, Attempt(close, [Stream]), Attempt(deflate, [Stream, <<>>]), Attempt(close, [none])].

checksums(Data) ->
    Half = byte_size(Data) div 2,
    <<First:Half/binary, Second/binary>> = Data,
    [erlang:crc32(Data) =:= erlang:crc32_combine(erlang:crc32(First), erlang:crc32(Second), byte_size(Second)),
     erlang:adler32(Data) =:= erlang:adler32_combine(erlang:adler32(First), erlang:adler32(Second), byte_size(Second)),
     erlang:crc32([<<"a">>, "b", [<<"c">>]]), erlang:adler32("abc"), erlang:crc32(7, <<>>)].

%% Files that are compressed as they are written, and read as they are.
files(Data) ->
    Name = "/tmp/compression_streams_" ++ integer_to_list(erlang:system_time()) ++ ".gz",
    {ok, Out} = file:open(Name, [write, compressed]),
    [ok = file:write(Out, Piece) || Piece <- pieces(Data, 5000)],
    ok = file:close(Out),
    {ok, Packed} = file:read_file(Name),
    {ok, In} = file:open(Name, [read, compressed, binary]),
    Read = [file:read(In, 10), file:position(In, 5000), file:read(In, 10), file:position(In, {cur, -10}), file:read(In, 3),
            file:read_line(In), file:position(In, eof), file:write(In, "x")],
    ok = file:close(In),
    Appending = file:open(Name, [append, compressed]),
    ok = file:write_file(Name, zlib:gzip("a second part"), [append]),
    {ok, All} = file:open(Name, [read, compressed, binary]),
    {ok, Both} = file:read(All, 2 * byte_size(Data)),
    ok = file:close(All),
    ok = file:write_file(Name, "plain"),
    {ok, Plain} = file:open(Name, [read, compressed]),
    NotPacked = file:read(Plain, 10),
    ok = file:close(Plain),
    [byte_size(Packed) < byte_size(Data), binary:part(Packed, 0, 2), zlib:gunzip(Packed) =:= Data, Read,
     Appending, Both =:= <<Data/binary, "a second part">>, byte_size(Both) - byte_size(Data), NotPacked, file:write_file(Name, "whole file", [compressed]),
     begin {ok, Whole} = file:read_file(Name), zlib:gunzip(Whole) end,
     file:open(Name, [read, write, compressed]), file:delete(Name)].
