%% Wire formats: Ethernet, IPv4, TCP and DNS built, parsed and rebuilt.
%% tier: 2
-module(bits_packets).
-export([main/0]).
-record(ip, {tos = 0, id = 0, df = 0, mf = 0, offset = 0, ttl = 64, protocol, source, destination, options = <<>>, payload}).

main() ->
    Tcp = tcp(#{source => 443, destination => 51000, seq => 16#DEADBEEF, ack => 16#01020304, flags => [syn, ack], window => 65535, payload => <<"hello">>}),
    Ip = ip(#ip{id = 4711, df = 1, protocol = 6, source = {10, 0, 0, 1}, destination = {192, 168, 1, 254}, payload = Tcp}),
    Frame = <<16#AABBCCDDEEFF:48, 16#001122334455:48, 16#0800:16, Ip/binary>>,
    io:format("~w~n", [Frame]),
    io:format("~p~n", [frame(Frame)]),
    io:format("~p~n", [frame(<<1:48, 2:48, 16#8100:16, 3:3, 0:1, 77:12, 16#0800:16, Ip/binary>>)]),
    io:format("~p~n", [frame(<<1:48, 2:48, 16#0806:16, 1:16, 16#0800:16, 6, 4, 1:16, 5:48, 10, 0, 0, 1, 6:48, 10, 0, 0, 2>>)]),
    <<Head:30/binary, _, Tail/binary>> = Frame,
    io:format("~p~n", [frame(<<Head/binary, 99, Tail/binary>>)]),
    io:format("~p~n", [frame(binary:part(Frame, 0, 20))]),
    Query = dns_query(16#BEEF, "www.example.org", 1),
    io:format("~w~n", [Query]),
    io:format("~p~n", [dns(Query)]),
    Answer = <<16#BEEF:16, 1:1, 0:4, 0:1, 0:1, 1:1, 1:1, 0:3, 0:4, 1:16, 1:16, 0:16, 0:16, 3, "www", 7, "example", 3, "org", 0, 1:16, 1:16, 3:2, 12:14, 1:16, 1:16, 300:32, 4:16, 93, 184, 216, 34>>,
    io:format("~p~n", [dns(Answer)]).

ip(#ip{} = H) ->
    Words = 5 + byte_size(H#ip.options) div 4,
    Make = fun(Sum) ->
        <<4:4, Words:4, (H#ip.tos):8, (Words * 4 + byte_size(H#ip.payload)):16, (H#ip.id):16, 0:1, (H#ip.df):1, (H#ip.mf):1, (H#ip.offset):13,
          (H#ip.ttl), (H#ip.protocol), Sum:16, (address(H#ip.source))/binary, (address(H#ip.destination))/binary, (H#ip.options)/binary>>
    end,
    Header = Make(checksum(Make(0))),
    <<Header/binary, (H#ip.payload)/binary>>.

tcp(#{source := S, destination := D, seq := Seq, ack := Ack, flags := Flags, window := W, payload := P}) ->
    Bits = << <<(case lists:member(F, Flags) of true -> 1; false -> 0 end):1>> || F <- [urg, ack, psh, rst, syn, fin] >>,
    <<S:16, D:16, Seq:32, Ack:32, 5:4, 0:6, Bits/bits, W:16, 0:16, 0:16, P/binary>>.

address({A, B, C, D}) -> <<A, B, C, D>>.

checksum(B) -> checksum(B, 0).
checksum(<<W:16, R/binary>>, S) -> checksum(R, S + W);
checksum(<<B:8>>, S) -> checksum(<<>>, S + (B bsl 8));
checksum(<<>>, S) when S > 16#FFFF -> checksum(<<>>, (S band 16#FFFF) + (S bsr 16));
checksum(<<>>, S) -> bnot S band 16#FFFF.

frame(<<D:6/binary, S:6/binary, 16#8100:16, Pcp:3, _:1, Vlan:12, Type:16, P/binary>>) ->
    {ethernet, mac(D), mac(S), {vlan, Pcp, Vlan}, payload(Type, P)};
frame(<<D:6/binary, S:6/binary, Type:16, P/binary>>) -> {ethernet, mac(D), mac(S), payload(Type, P)};
frame(_) -> short.

mac(B) -> lists:flatten(lists:join(":", [io_lib:format("~2.16.0b", [X]) || <<X>> <= B])).

payload(16#0800, <<4:4, Words:4, _Tos, Total:16, Id:16, 0:1, Df:1, Mf:1, Off:13, Ttl, Proto, _Sum:16, S:4/binary, D:4/binary, Rest/binary>> = P)
  when Words >= 5, byte_size(P) >= Total ->
    OptionBytes = (Words - 5) * 4, Body = Total - Words * 4,
    <<Options:OptionBytes/binary, Data:Body/binary, _/binary>> = Rest,
    <<Header:(Words * 4)/binary, _/binary>> = P,
    case checksum(Header) of
        0 -> {ip, Id, {Df, Mf, Off}, Ttl, list_to_tuple(binary_to_list(S)), list_to_tuple(binary_to_list(D)), Options, transport(Proto, Data)};
        Bad -> {bad_checksum, Bad}
    end;
payload(16#0806, <<_:16, _:16, 6, 4, Op:16, _:48, Sip:32, _:48, Tip:32>>) -> {arp, Op, Sip, Tip};
payload(Type, P) -> {unknown, Type, byte_size(P)}.

transport(6, <<S:16, D:16, Seq:32, Ack:32, Off:4, _:6, U:1, A:1, Ps:1, R:1, Sy:1, F:1, W:16, _:32, P/binary>>) ->
    Skip = (Off - 5) * 32,
    <<_:Skip, Data/binary>> = P,
    {tcp, S, D, Seq, Ack, [N || {N, 1} <- [{urg, U}, {ack, A}, {psh, Ps}, {rst, R}, {syn, Sy}, {fin, F}]], W, Data};
transport(P, _) -> {protocol, P}.

dns_query(Id, Name, Type) ->
    Labels = << <<(length(L)), (list_to_binary(L))/binary>> || L <- string:lexemes(Name, ".") >>,
    <<Id:16, 0:1, 0:4, 0:1, 0:1, 1:1, 0:1, 0:3, 0:4, 1:16, 0:16, 0:16, 0:16, Labels/binary, 0, Type:16, 1:16>>.

dns(<<Id:16, Qr:1, _:4, _:1, _:1, Rd:1, Ra:1, _:3, Code:4, Qd:16, An:16, _:16, _:16, Body/binary>> = Packet) ->
    {Questions, R1} = repeat(Qd, fun(B) -> {N, <<T:16, C:16, R/binary>>} = name(B, Packet), {{N, T, C}, R} end, Body, []),
    {Answers, <<>>} = repeat(An, fun(B) -> {N, <<T:16, C:16, Ttl:32, L:16, D:L/binary, R/binary>>} = name(B, Packet), {{N, T, C, Ttl, D}, R} end, R1, []),
    {dns, Id, Qr, Rd, Ra, Code, Questions, Answers}.

repeat(0, _, B, Acc) -> {lists:reverse(Acc), B};
repeat(N, F, B, Acc) -> {X, R} = F(B), repeat(N - 1, F, R, [X | Acc]).

name(<<0, R/binary>>, _) -> {[], R};
name(<<3:2, At:14, R/binary>>, Packet) -> <<_:At/binary, There/binary>> = Packet, {N, _} = name(There, Packet), {N, R};
name(<<0:2, L:6, Label:L/binary, R/binary>>, Packet) -> {N, R2} = name(R, Packet), {[Label | N], R2}.
