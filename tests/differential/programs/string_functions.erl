%% The string module over lists, binaries and mixtures, with graphemes of several code points.
%% tier: 3
-module(string_functions).
-export([main/0]).

main() ->
    E = [$e, 16#301],
    S = "ÅÄÖ " ++ E ++ " \x{1F469}\x{200D}\x{1F467} flag \x{1F1F8}\x{1F1EA}",
    io:format("~tp~n", [[string:length(S), string:to_graphemes("a" ++ E), string:reverse("a" ++ E ++ "b"), string:slice(S, 4, 3), string:next_grapheme(E ++ "x"), string:next_codepoint(E)]]),
    io:format("~tp~n", [[string:uppercase("straße ǆ"), string:lowercase("ÅÄÖ İ"), string:titlecase("ß word"), string:casefold("Straße"), string:equal("ÅSA", "åsa", true), string:equal([16#c5], [$A, 16#30a], false, nfc)]]),
    io:format("~tp~n", [[string:trim("  x \t\n"), string:trim("--x--", leading, "-"), string:trim(<<"..a.."/utf8>>, both, "."), string:chomp("line\r\n"), string:pad("x", 4), string:pad("x", 5, both, "*"), string:pad("абв", 5, leading)]]),
    io:format("~tp~n", [[string:split("a-b-c", "-"), string:split("a-b-c", "-", trailing), string:split("a-b-c", "-", all), string:split(<<"a, b">>, ", "), string:lexemes("a,b;;c", ",;"), string:lexemes(<<"  x y ">>, " "), string:nth_lexeme("a b c", 2, " ")]]),
    io:format("~tp~n", [[string:find("hello", "l"), string:find("hello", "l", trailing), string:find(<<"hello">>, "zz"), string:prefix("prefix", "pre"), string:prefix("x", "y"), string:take("abc123", "abc"), string:take("abc123", lists:seq($0, $9), true), string:take("123abc", "abc", false, trailing)]]),
    io:format("~tp~n", [[string:replace("abab", "a", "x"), string:replace("abab", "a", "x", all), string:concat("a", "b"), string:is_empty([""]), string:to_integer("12ab"), string:to_integer("ab"), string:to_float("1.5x"), string:to_float("1")]]),
    io:format("~tp~n", [[string:tokens("a b,c", " ,"), string:join(["a", "b"], "+"), string:chr("hello", $l), string:rchr("hello", $l), string:str("hello", "ll"), string:span("aab", "a"), string:cspan("bba", "a"), string:substr("hello", 2, 3), string:sub_word("a b c", 2), string:centre("x", 5), string:left("x", 3, $.), string:copies("ab", 3), string:strip(" x "), string:words("a b c")]]),
    [io:format("~tp~n", [try F() catch C:R -> {C, R} end]) || F <- [fun() -> string:length([a]) end, fun() -> string:to_integer(<<255>>) end, fun() -> string:length(<<255, 254>>) end, fun() -> string:slice("abc", -1) end, fun() -> string:pad("x", 3, nowhere) end]].
