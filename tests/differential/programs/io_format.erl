%% io_lib:format: every control sequence with widths, precisions and paddings.
%% tier: 3
-module(io_format).
-export([main/0]).

main() ->
    f("~w ~p ~s ~c ~~ ~i~b ~B ~n", [a, "b", "str", $c, ignored, 10, -11]),
    [f("[" ++ C ++ "]~n", [X]) || {C, Xs} <- [{"~10w", [abc, "ab", 12345678901234]}, {"~-10w", [abc]}, {"~5.3.xw", [a]}, {"~10s", ["right", <<"bin">>, atom]}, {"~-10s", ["left"]}, {"~10.3s", ["truncate"]}, {"~.4s", ["truncate", "ab"]}, {"~*s", []},
        {"~5c", [$x]}, {"~5.3c", [$x]}, {"~10b", [42]}, {"~10.16b", [255]}, {"~-10.2B", [5]}, {"~6.10.0b", [42]}, {"~8.3f", [3.14159]}, {"~-8.2f|", [2.5]}, {"~.1f", [0.25]}, {"~f", [1.0]}, {"~e", [12345.678]}, {"~.3e", [0.00012345]}, {"~g", [1.0e-7, 123.456, 1.0e10]}, {"~.3g", [123.456]},
        {"~10.4.*f", [1.5]}, {"~20p", [{a, "string", [1, 2, 3]}]}, {"~W", []}, {"~p", [[1, 2 | 3], "a\nb\t\"q\"", 'quoted atom', "", <<"bin\n">>, <<200, 1>>, <<5:4>>, 'ok', '1a', 'A', 'a@b', []]}, {"~w", [[1, 2 | 3], "ab", 'quoted atom', <<"bin">>, <<5:4>>, "", {}]},
        {"~ts", [[16#e9], <<"plain">>]}, {"~tp", [{a, "x"}]}, {"~20.5.-s", ["pad"]}, {"~x", []}, {"~.16#", [255]}, {"~.8+", [-64]}, {"~36.36b", [123456]}], X <- Xs],
    f("~*s|~-*s|~*.*f|~.*s~n", [8, "a", 8, "b", 10, 2, 3.14159, 3, "abcdef"]),
    f("~W ~P ~W~n", [lists:seq(1, 30), 10, {a, {b, {c, {d, {e}}}}}, 4, "a string to cut", 5]),
    f("~.16x ~.10X~n", [255, "0x", 42, "n:"]),
    f("~p ~w~n", [#{a => 1, "k" => {v}}, #{b => [#{}]}]),
    f("~0p ~lp ~lw~n", [{a, lists:seq(1, 60)}, "list", "list"]),
    f("~s~n", [[["nested", [<<" io">>, $\s]], "list"]]),
    f("no args~n", []), f(<<"binary format ~p~n">>, [x]), f("~c~c~n", [$a, $b]),
    [io:format("~p~n", [try lists:flatten(io_lib:format(F, A)) catch C:R -> {C, R} end]) || {F, A} <- [{"~p", []}, {"~p", [a, b]}, {"~q", [a]}, {"~s", [1.5]}, {"~s", [[256]]}, {"~b", [a]}, {"~c", [x]}, {"~f", [a]}, {"~", []}, {"~.1b", [1]}, {"~s", [{}]}, {"~p", not_list}]],
    io:format("~p~n", [[io_lib:print({a, b}), lists:flatten(io_lib:print(lists:seq(1, 40), 5, 30, 10)), io_lib:write({x, "s"}), io_lib:write_string("q\"s\\"), io_lib:write_atom('a b'), io_lib:write_char($\n), io_lib:char_list([1000]), io_lib:printable_list("ok\n"), io_lib:printable_list([1]), io_lib:quote_atom('A b', []), io_lib:nl()]]),
    io:format("~p~n", [[io_lib:fread("~d ~s", "12 abc rest"), io_lib:fread("~f,~a", "1.5,atom"), io_lib:fread("~d", "x"), io_lib:fread("~16u", "ff"), io_lib:fread("~c~2c", "abc"), io_lib:fread("~d ~d", "5")]]),
    io:format("~p~n", [[io_lib:format("~p", [X]) || X <- [1, a, {}, []]]]),
    [io:format("~s", [io_lib:format("~80p~n~20p~n~1p~n", [T, T, T])]) || T <- [{config, [{name, "value"}, {list, lists:seq(1, 12)}, {map, #{k => v}}]}]].

f(F, A) -> io:format("~s", [lists:flatten(try io_lib:format(F, A) catch C:R -> io_lib:format("~p ~p~n", [C, R]) end)]).
