%% UTF segments: encoding, decoding, and everything malformed.
%% tier: 2
-module(bits_unicode).
-export([main/0, id/1]).

main() ->
    Points = [0, $a, 16#7F, 16#80, 16#E9, 16#7FF, 16#800, 16#20AC, 16#D7FF, 16#E000, 16#FEFF, 16#FFFD, 16#FFFE, 16#FFFF, 16#10000, 16#1F600, 16#10FFFF],
    [io:format("~.16B ~w ~w ~w ~w ~w~n", [P, <<P/utf8>>, <<P/utf16>>, <<P/utf16-little>>, <<P/utf32>>, <<P/utf32-little>>]) || P <- Points],
    io:format("~w~n", [[<<1:1, P/utf8, 0:7>> || P <- Points]]),
    Text = id(<<"naïve café – 日本語 😀"/utf8>>),
    io:format("~w~n", [decode8(Text)]),
    io:format("~w~n", [[C || <<C/utf16>> <= << <<P/utf16>> || P <- Points >>] =:= Points]),
    io:format("~w~n", [[C || <<C/utf16-little>> <= << <<P/utf16-little>> || P <- Points >>] =:= Points]),
    io:format("~w~n", [[C || <<C/utf32>> <= << <<P/utf32>> || P <- Points >>] =:= Points]),
    Bad = [<<16#80>>, <<16#C0, 16#AF>>, <<16#C1, 16#BF>>, <<16#C2>>, <<16#C2, 16#41>>, <<16#E0, 16#80, 16#80>>, <<16#E0, 16#9F, 16#BF>>, <<16#ED, 16#A0, 16#80>>, <<16#ED, 16#BF, 16#BF>>,
           <<16#E2, 16#82>>, <<16#F0, 16#8F, 16#BF, 16#BF>>, <<16#F4, 16#90, 16#80, 16#80>>, <<16#F5, 16#80, 16#80, 16#80>>, <<16#F0, 16#9F, 16#98>>, <<16#FE>>, <<16#FF, 16#FF>>],
    io:format("~w~n", [[decode8(<<"ok", B/binary, "!">>) || B <- Bad]]),
    io:format("~w~n", [[case B of <<C/utf16, _/bits>> -> C; _ -> bad end || B <- [<<16#D800:16>>, <<16#D800:16, 16#0041:16>>, <<16#DC00:16, 16#D800:16>>, <<16#DBFF:16, 16#DFFF:16>>, <<0>>]]]),
    io:format("~w~n", [[first32(B) || B <- [<<16#D800:32>>, <<16#110000:32>>, <<16#41:32, 1>>, <<0, 0, 0>>]]]),
    io:format("~w~n", [[catch_(fun() -> encode8(P) end) || P <- [16#D800, 16#DFFF, 16#110000, -1, a, 1.0]]]),
    io:format("~w~n", [[catch_(fun() -> encode16(P) end) || P <- [16#D800, 16#110000]]]),
    io:format("~w~n", [case id(<<"prefixé rest"/utf8>>) of <<"prefix", "é"/utf8, R/binary>> -> R; _ -> no end]),
    <<_/utf8, _/utf8, Third/utf8, After/binary>> = Text,
    io:format("~w ~w~n", [Third, byte_size(After)]),
    io:format("~ts~n", [Text]),
    io:format("~w~n", [counts(Text, 0, 0)]).

id(X) -> X.

decode8(<<C/utf8, R/binary>>) -> [C | decode8(R)];
decode8(<<>>) -> [];
decode8(<<B, R/binary>>) -> [{bad, B} | decode8(R)].

counts(<<C/utf8, R/binary>>, Ascii, Other) when C < 128 -> counts(R, Ascii + 1, Other);
counts(<<_/utf8, R/binary>>, Ascii, Other) -> counts(R, Ascii, Other + 1);
counts(<<>>, Ascii, Other) -> {Ascii, Other}.

catch_(F) -> try F() catch C:R -> {C, R} end.

encode8(P) -> <<P/utf8>>.
encode16(P) -> <<P/utf16>>.

first32(<<C/utf32, R/binary>>) -> {C, R};
first32(_) -> invalid.
