%% Regular expressions without Perl's extensions: matching, capturing, replacing and splitting.
%% tier: 3
-module(re_plain).
-export([main/0]).

main() ->
    p([re:run(S, R) || {S, R} <- [{"hello world", "o w"}, {"abc", "^b"}, {<<"a1b22">>, "[0-9]+"}, {"foo.bar", "\\."},
                                  {"aXb", "(a)(x)?(.)"}, {"key=value", "(\\w+)=(\\w+)$"}, {"", "a*"}, {"xaay", "a*?y"},
                                  {"ac", "(a)(b)?"}, {"ab", "(?:(a)|b)*"}, {"foobar", "foo|foobar"}, {"x-y", "[^-a-c]+"}]]),
    p([re:run("2024-01-31", "(\\d+)-(\\d+)-(\\d+)", [{capture, C, T}])
       || C <- [all, all_but_first, first, none, [2, 0, 9]], T <- [index, list, binary]]),
    p([re:run("one two  three", "\\s+", [global]), re:run("aBc", "b", [caseless]), re:run("a\nb", "a.b", [dotall]),
       re:run("a\nb", "^b$", [multiline]), re:run("aaa", "a+", [ungreedy]), re:run("xab", "ab", [anchored]),
       re:run("abcabc", "abc", [{offset, 1}]), re:run("abc", "x*", [global, {capture, all, list}])]),
    p([re:replace("one,two,,three", ",+", ";", [global, {return, list}]), re:replace("john smith", "(\\w+) (\\w+)", "\\2, \\1", [{return, binary}]),
       re:replace("a,\r\n  b", ",?\r?\n\s*", ", ", [{return, list}, global, unicode]), re:replace("x", "y", "z", [{return, list}])]),
    p([re:split("a b  c", " "), re:split("a, b;c", "[,;] ?", [{return, list}]), re:split("a-b-c", "(-)", [{return, list}, {parts, 2}]), re:split("abc", "", [{return, list}])]),
    {ok, M} = re:compile("([a-z]+)@([a-z]+)"),
    p([element(2, M), re:run("me@home", M, [{capture, all_but_first, binary}]), re:run("me", M), re:replace("a@b c@d", M, "&!", [global, {return, list}])]),
    p([re:run([16#e9, 16#20ac, $x], [16#20ac], [unicode]), re:run([16#e9, $x], ".x", [unicode, {capture, all, list}]), re:replace([16#3b1, $b], "b", [16#3b2], [unicode, {return, list}])]),
    p([re:compile(R) || R <- ["(", "a)", "*a"]]),
    p([try F() catch C:E -> {C, E} end || F <- [fun() -> re:run("a", "(") end, fun() -> re:run(a, "b") end]]).

p(X) -> io:format("~p~n", [X]).
