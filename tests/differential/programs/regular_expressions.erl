%% re in depth: captures of all kinds, look-around, named groups, options, replacements, splits, unicode, errors.
%% tier: 3
-module(regular_expressions).
-export([main/0]).

main() ->
    Runs = [{"abc123", "([a-z]+)(\\d+)", []}, {"abc123", "(?<word>[a-z]+)(?<num>\\d+)", [{capture, [num, word], list}]}, {"aXbXc", "X", [global]}, {"foobar", "foo(?=bar)", [{capture, first, binary}]},
            {"foobaz", "foo(?!bar)", [{capture, all, list}]}, {"price: 42 eur", "(?<=: )\\d+", [{capture, all, list}]}, {"aaa", "a{2,}?", [{capture, all, list}]}, {"AbC", "abc", [caseless]},
            {"a\nb", "^b$", [multiline]}, {"a\nb", "a.b", [dotall]}, {"a b", "a  b", [extended]}, {"abab", "(ab)\\1", []}, {"((a))", "\\((?:[^()]|(?R))*\\)", []}, {"xyz", "(a)?(x)(b)?", [{capture, all, list}]},
            {"xyz", "(a)?(x)(b)?", [{capture, all_but_first, index}]}, {"каша", "[а-я]+", [unicode, {capture, all, list}]}, {<<"каша"/utf8>>, ".", [unicode, global, {capture, all, binary}]}, {"", "^$", []},
            {"abc", "b", [anchored]}, {"abc", "c", [{offset, 2}]}, {"abcd", "(?i)B(?-i)c", []}, {"aaaaab", "(?>a+)b", []}, {"aaaa", "a++a", []}, {"2026-11-21", "(\\d+)-(\\d+)-(\\d+)", [{capture, [3, 1], binary}]},
            {"ab", "(?|(a)|(b))", [global, {capture, all, list}]}, {"foo\r\nbar", "^bar", [multiline, {newline, crlf}]}, {"xay", "\\Bay?\\b", []}, {"tab\there", "\\t\\w+", [{capture, all, list}]}, {"é", "\\x{e9}", [unicode]}, {"A1_", "^\\w+$", []},
            {"aé", "\\w+", [unicode, ucp, {capture, all, list}]}, {"abc", "d", [{capture, none}]}, {"abc", "b", [{capture, none}]}, {"abba", "(?<x>a)(?<x>b)", [dupnames]}, {"ab", "", [global]}],
    [io:format("~tp ~tp ~tp: ~tp~n", [S, R, O, try re:run(S, R, O) catch error:E -> E end]) || {S, R, O} <- Runs],
    io:format("~p~n", [[re:compile(P) || P <- ["(", "[a", "a{2,1}", "*", "(?<n>a)(?<n>b)", "\\", "[[:nope:]]"]]]),
    io:format("~p~n", [[re:replace("abcabc", "b", "[&]", [global, {return, list}]), re:replace("abc", "(a)(b)", "\\2\\1", [{return, binary}]), re:replace("abc", "x", "y", [{return, list}]), re:replace("a.b", "\\.", "\\\\&", [{return, list}]), iolist_to_binary(re:replace("aaa", "a", "b", [])), re:replace("abc", "", "-", [global, {return, list}])]]),
    io:format("~p~n", [[re:split("a,b;c", "[,;]", [{return, list}]), re:split("a,b,c", ",", [{parts, 2}, {return, list}]), re:split("a1b2c", "(\\d)", [{return, list}]), re:split("abc", "", [{return, list}]), re:split("a,,b,,", ",", [trim, {return, binary}]), re:split("1a2", "(a)|(b)", [group, {return, list}])]]),
    {ok, C} = re:compile("(?<a>x)(?<b>y)", [caseless]),
    io:format("~p~n", [[re:run("XY", C, [{capture, [a, b], list}]), re:inspect(C, namelist), element(2, C), re:run("zz", C)]]),
    io:format("~p~n", [[try F() catch error:E -> E end || F <- [fun() -> re:run("a", "(") end, fun() -> re:run(x, "a") end, fun() -> re:run("a", "a", [bad]) end, fun() -> re:run([1087], "a") end, fun() -> re:run("a", C, [caseless]) end, fun() -> re:run("a", "a", [{offset, -1}]) end]]]),
    io:format("~p~n", [re:run(lists:duplicate(30, $a) ++ "!", "^(a+)+$", [report_errors, {match_limit, 1000}])]).
