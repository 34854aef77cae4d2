%% The string module: every function, on lists and binaries.
%% tier: 3
-module(string_module).
-export([main/0]).

main() ->
    [text(S) || S <- ["Hello, World  ", <<"Hello, World  ">>, "", <<>>, "äÖü ßtraße", <<"äÖü ßtraße"/utf8>>, [<<"mixed ">>, "data", $!]]],
    p([string:split("a,b,c", ","), string:split("a,b,c", ",", trailing), string:split(<<"a,b,c">>, ",", all), string:split("abc", "x")]),
    p([string:lexemes("a b,c  d", " ,"), string:lexemes(<<"x--y-z">>, "-"), string:nth_lexeme("one two three", 2, " "), string:tokens("a b c", " ")]),
    p([string:replace("banana", "an", "AN"), string:replace("banana", "an", "AN", all), string:replace(<<"banana">>, <<"a">>, <<"o">>, trailing)]),
    p([string:find("hello", "l"), string:find("hello", "l", trailing), string:find(<<"hello">>, "z"), string:prefix("prefix", "pre"), string:prefix("x", "y")]),
    p([string:pad("ab", 5), string:pad("ab", 5, leading), lists:flatten(string:pad("ab", 6, both, $*)), string:slice("abcdef", 2), string:slice(<<"abcdef">>, 1, 3), string:slice("héllo", 1, 1)]),
    p([string:trim("  x "), string:trim("  x ", leading), string:trim("xxaxx", both, "x"), string:trim(<<"\n a\t">>), string:chomp("line\r\n"), string:strip("..a..", both, $.)]),
    p([string:equal("Abc", "aBC", true), string:equal("a", <<"a">>), string:equal([$e, 16#301], [16#e9]), string:equal([$e, 16#301], [16#e9], false, nfc), string:is_empty(""), string:is_empty([[], <<>>])]),
    p([string:take("abc123", "abc"), string:take("abc123", "0123456789", true), string:take("abc123", "0123456789", false, trailing), string:span("aab", "a"), string:cspan("xyz1", "1")]),
    p([string:to_integer("12 rest"), string:to_integer(<<"-7">>), string:to_float("1.5e3x"), string:to_float("x")]),
    p([string:str("hello", "l"), string:rstr("hello", "l"), string:chr("hello", $l), string:rchr("hello", $l), string:substr("hello", 2, 3), string:sub_string("hello", 2, 3), string:join(["a", "b"], "-"), string:centre("ab", 6), string:left("ab", 4), string:right("ab", 4, $.), string:copies("ab", 3), string:words("a b c"), string:concat("a", "b")]),
    p([string:next_codepoint("ab"), string:next_codepoint(<<"é"/utf8>>), string:next_grapheme([$e, 16#301, $x]), string:next_grapheme(""), string:next_codepoint(<<255>>)]),
    p([string:to_graphemes([$e, 16#301, $a]), string:to_graphemes(<<"🇸🇪👨‍👩‍👧x"/utf8>>), string:length(<<"🇸🇪👨‍👩‍👧x"/utf8>>), string:length([$e, 16#301]), string:to_graphemes("\r\n")]),
    p(words("the quick brown fox jumps over the lazy dog the end")),
    p([string:to_upper("abc"), string:to_lower("ABC")]),
    p(length(string:lexemes(lists:flatten(lists:duplicate(2000, "word, ")), ", "))),
    p([try F() catch C:_ -> C end || F <- [fun() -> string:length(a) end, fun() -> string:uppercase(1) end, fun() -> string:slice("a", -1) end, fun() -> string:length(<<255>>) end]]).

text(S) -> p([string:length(S), string:uppercase(S), string:lowercase(S), string:titlecase(S), string:casefold(S), string:reverse(S), string:trim(S), string:slice(S, 1, 4), string:is_empty(S), string:to_graphemes(S)]).

words(S) -> lists:sort(maps:to_list(lists:foldl(fun(W, M) -> maps:update_with(W, fun(N) -> N + 1 end, 1, M) end, #{}, string:lexemes(S, " ")))).
p(X) -> io:format("~p~n", [X]).
