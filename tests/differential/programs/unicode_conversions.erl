%% characters_to_*, byte order marks, normal forms, incomplete and wrong sequences.
%% tier: 2
-module(unicode_conversions).
-export([main/0]).

main() ->
    Inputs = [<<"plain">>, <<"åäö"/utf8>>, [229, <<"x">>, [[1087]]], <<229, 228>>, <<16#c3>>, [<<16#c3>>, <<16#a5>>], <<16#ed, 16#a0, 16#80>>, [16#d800], [16#110000], [-1], <<16#f0, 16#9f, 16#98>>, [<<16#f0, 16#9f>> | <<16#98, 16#80>>], [a], <<1:3>>],
    [io:format("~tw~n", [[try unicode:F(I) catch C:R -> {C, R} end || F <- [characters_to_list, characters_to_binary]]]) || I <- Inputs],
    [io:format("~w~n", [[try unicode:characters_to_binary(T, From, To) catch C:R -> {C, R} end || T <- [<<"aå">>, <<0, 97, 0, 229>>, <<97, 0, 0, 0>>, [97, 229, 16#1F600]]]])
     || {From, To} <- [{latin1, utf8}, {utf8, latin1}, {{utf16, big}, utf8}, {utf8, {utf16, little}}, {{utf32, little}, utf8}, {unicode, utf32}, {utf8, nonsense}]],
    io:format("~w~n", [[unicode:bom_to_encoding(B) || B <- [<<16#ef, 16#bb, 16#bf, 1>>, <<254, 255>>, <<255, 254, 0, 0>>, <<0, 0, 254, 255>>, <<"none">>]]]),
    io:format("~w~n", [[unicode:encoding_to_bom(E) || E <- [utf8, {utf16, big}, {utf32, little}, latin1]]]),
    Forms = ["\x{c5}", [$A, 16#30a], "\x{1e9b}\x{323}", "\x{ac00}", [16#1100, 16#1161], "ﬁ"],
    io:format("~w~n", [[[unicode:F(T) || F <- [characters_to_nfc_list, characters_to_nfd_list, characters_to_nfkc_list, characters_to_nfkd_list]] || T <- Forms]]),
    io:format("~w~n", [[unicode:characters_to_nfc_binary(<<"A", 16#30a/utf8>>), unicode:characters_to_nfd_binary(<<16#c5/utf8>>), unicode:characters_to_nfc_list(<<"x", 255>>)]]),
    io:format("~w~n", [[X || <<X/utf8>> <= <<"aπ€😀"/utf8>>]]),
    io:format("~w~n", [[<<16#1F600/utf16-little>>, <<$a/utf32>>, << <<C/utf16>> || C <- [97, 16#10ffff] >>]]),
    io:format("~w~n", [[try <<(id(C))/utf8>> catch error:R -> R end || C <- [16#d800, 16#110000, -1, a]]]),
    Long = lists:duplicate(5000, 16#20ac),
    io:format("~w~n", [[byte_size(unicode:characters_to_binary(Long)), unicode:characters_to_list(unicode:characters_to_binary(Long)) =:= Long]]).

id(X) -> X.
