%% Conversion between encodings, incomplete and wrong input, normal forms.
%% tier: 3
-module(unicode_module).
-export([main/0]).

main() ->
    T = [$a, 16#e9, 16#20ac, 16#1f600, $z],
    [p([unicode:characters_to_binary(T, unicode, E), unicode:characters_to_list(unicode:characters_to_binary(T, unicode, E), E) =:= T]) || E <- [utf8, unicode, utf16, {utf16, little}, {utf16, big}, utf32, {utf32, little}]],
    p([unicode:characters_to_binary("abcé", unicode, latin1), unicode:characters_to_binary(T, unicode, latin1), unicode:characters_to_list(<<"caf", 233>>, latin1)]),
    p([unicode:characters_to_list(<<"ok", 226, 130>>), unicode:characters_to_list(<<"ok", 255, "x">>), unicode:characters_to_binary(<<"ok", 226, 130>>), unicode:characters_to_binary([<<"a">>, <<255>>, "b"]), unicode:characters_to_list([<<226>>, <<130, 172>>])]),
    p([unicode:characters_to_list([$a, [<<"b">>, [16#3b1]], <<"c">>]), unicode:characters_to_binary([16#d800]), unicode:characters_to_binary([16#110000])]),
    p([unicode:bom_to_encoding(<<239, 187, 191, "x">>), unicode:bom_to_encoding(<<255, 254, 0, 0>>), unicode:bom_to_encoding(<<254, 255>>), unicode:bom_to_encoding(<<"x">>), unicode:encoding_to_bom(utf8), unicode:encoding_to_bom({utf16, little})]),
    Forms = [[16#e9], [$e, 16#301], [16#fb01], [16#212b], [16#1e9b, 16#323], [16#ac00], [16#1112, 16#1161, 16#11ab], "plain", [16#1d15e]],
    [p([unicode:characters_to_nfc_list(F), unicode:characters_to_nfd_list(F), unicode:characters_to_nfkc_list(F), unicode:characters_to_nfkd_list(F), unicode:characters_to_nfc_binary(F)]) || F <- Forms],
    p([unicode_util:cp("abc"), unicode_util:gc([$e, 16#301, $x]), unicode_util:nfd([16#e9, $x]), unicode_util:uppercase("ßx"), unicode_util:lowercase([16#130]), unicode_util:titlecase([16#1c6, $x]), unicode_util:casefold("ß"), unicode_util:is_whitespace(16#a0), unicode_util:spec_version()]),
    p([string:uppercase("straße ŉ ﬁ"), string:lowercase("ΑΣ İ"), string:casefold("Straße")]),
    p([io_lib:format("~ts|~s|~tp|~p|~tw", [[16#3b1], "abc", [16#3b1], [16#3b1], [16#3b1]])]),
    p([lists:flatten(io_lib:format("~5ts|~-5ts|~.2ts", ["é", "é", "éèê"]))]),
    p([unicode:characters_to_list(list_to_binary([<<X/utf8>> || X <- lists:seq(16#400, 16#460)])) =:= lists:seq(16#400, 16#460)]),
    Big = unicode:characters_to_binary(lists:duplicate(20000, 16#20ac)),
    p([byte_size(Big), length(unicode:characters_to_list(Big)), erlang:crc32(unicode:characters_to_binary(Big, utf8, utf16))]),
    p([try F() catch C:R -> {C, R} end || F <- [fun() -> unicode:characters_to_list(a) end, fun() -> unicode:characters_to_binary([a]) end, fun() -> unicode:characters_to_binary("x", bad) end, fun() -> unicode:characters_to_list(<<1:3>>) end]]),
    p([atom_to_binary('é', latin1), atom_to_binary('é'), binary_to_atom(<<"ключ"/utf8>>), catch_(fun() -> atom_to_binary(binary_to_atom(<<"ключ"/utf8>>), latin1) end), length(atom_to_list(binary_to_atom(<<"ключ"/utf8>>)))]).

p(X) -> io:format("~w~n", [X]).
catch_(F) -> try F() catch C:R -> {C, R} end.
