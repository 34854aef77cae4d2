%% Frames of several protocols parsed and made: lengths, varints, TLV, DNS names, IP headers with checksums.
%% tier: 2
-module(binary_packets).
-export([main/0]).

main() ->
    Ip = ip_header({10, 0, 0, 1}, {192, 168, 1, 255}, 17, <<"payload">>),
    io:format("~w~n~w~n", [Ip, parse_ip(Ip)]),
    <<A:10/binary, _, B/binary>> = Ip,
    io:format("~w~n", [parse_ip(<<A/binary, 0, B/binary>>)]),
    io:format("~w~n", [[{N, varint(N), unvarint(varint(N))} || N <- [0, 127, 128, 300, 1 bsl 35, (1 bsl 64) - 1]]]),
    io:format("~w~n", [tlv(<<1, 3, "abc", 2, 0, 3, 200>>)]),
    io:format("~w~n", [tlv(<< <<T, (byte_size(V)), V/binary>> || {T, V} <- [{1, <<"x">>}, {255, <<0:80>>}] >>)]),
    Query = <<16#1234:16, 0:1, 0:4, 0:1, 0:1, 1:1, 0:1, 0:3, 0:4, 1:16, 0:16, 0:16, 0:16, 3, "www", 6, "erlang", 3, "org", 0, 1:16, 1:16>>,
    io:format("~p~n", [dns(Query)]),
    Stream = iolist_to_binary([[<<(byte_size(M)):24>>, M] || M <- [<<"one">>, <<>>, binary:copy(<<"z">>, 300)]]),
    io:format("~w~n", [[byte_size(M) || M <- feed(chunks(Stream, 7), <<>>)]]),
    io:format("~w~n", [pixels(<<2:16, 2:16, 16#ff0000:24, 16#00ff00:24, 16#0000ff:24, 16#ffffff:24>>)]),
    io:format("~w~n", [[<<S:1, E:8, M:23>> || F <- [1.0, -0.15625], <<S:1, E:8, M:23>> <= <<F:32/float>>]]).

ip_header({A, B, C, D}, {E, F, G, H}, Protocol, Data) ->
    Header = fun(Sum) -> <<4:4, 5:4, 0, (20 + byte_size(Data)):16, 1:16, 2#010:3, 0:13, 64, Protocol, Sum:16, A, B, C, D, E, F, G, H>> end,
    <<(Header(checksum(Header(0))))/binary, Data/binary>>.

checksum(Bin) -> fold(lists:sum([W || <<W:16>> <= Bin])).
fold(S) when S > 16#ffff -> fold((S band 16#ffff) + (S bsr 16));
fold(S) -> (bnot S) band 16#ffff.

parse_ip(<<4:4, Ihl:4, Tos, Length:16, Id:16, Flags:3, Offset:13, Ttl, Protocol, _Sum:16, Src:4/binary, Dst:4/binary, _/binary>> = Packet)
  when Ihl >= 5, byte_size(Packet) >= Length ->
    HeaderSize = Ihl * 4,
    <<Header:HeaderSize/binary, Rest/binary>> = Packet,
    case checksum(Header) of
        0 -> {Tos, Length, Id, Flags, Offset, Ttl, Protocol, list_to_tuple(binary_to_list(Src)), list_to_tuple(binary_to_list(Dst)), Rest};
        Bad -> {bad_checksum, Bad}
    end;
parse_ip(_) -> malformed.

varint(N) when N < 128 -> <<N>>;
varint(N) -> <<1:1, N:7, (varint(N bsr 7))/binary>>.
unvarint(B) -> unvarint(B, 0, 0).
unvarint(<<1:1, N:7, Rest/binary>>, Shift, Acc) -> unvarint(Rest, Shift + 7, Acc bor (N bsl Shift));
unvarint(<<0:1, N:7, Rest/binary>>, Shift, Acc) -> {Acc bor (N bsl Shift), Rest}.

tlv(<<T, L, V:L/binary, Rest/binary>>) -> [{T, V} | tlv(Rest)];
tlv(<<>>) -> [];
tlv(Rest) -> [{truncated, Rest}].

dns(<<Id:16, _:1, Opcode:4, _:1, _:1, Rd:1, _:1, _:3, Rcode:4, Qd:16, _:48, Rest/binary>>) -> {Id, Opcode, Rd, Rcode, Qd, name(Rest, [])}.
name(<<0, Type:16, Class:16>>, Labels) -> {lists:reverse(Labels), Type, Class};
name(<<N, Label:N/binary, Rest/binary>>, Labels) -> name(Rest, [Label | Labels]).

chunks(B, N) when byte_size(B) =< N -> [B];
chunks(B, N) -> <<C:N/binary, Rest/binary>> = B, [C | chunks(Rest, N)].

feed([], <<>>) -> [];
feed(Chunks, <<L:24, M:L/binary, Rest/binary>>) -> [M | feed(Chunks, Rest)];
feed([C | Cs], Buffer) -> feed(Cs, <<Buffer/binary, C/binary>>).

pixels(<<W:16, H:16, Data/binary>>) -> [[begin <<R, G, B>> = binary:part(Data, (Y * W + X) * 3, 3), {R, G, B} end || X <- lists:seq(0, W - 1)] || Y <- lists:seq(0, H - 1)].
