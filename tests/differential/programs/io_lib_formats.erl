%% Every control sequence of io_lib:format with widths, precisions, pads and modifiers; fread too.
%% tier: 2
-module(io_lib_formats).
-export([main/0]).

main() ->
    Cases = [{"~5w|~-5w|~5.5.xw", [ab, ab, ab]}, {"~10s|~-10s|~10.3s|~.2s", ["hello", "hello", "hello", "hello"]},
             {"~p ~P ~W", [{a, [b]}, lists:seq(1, 50), 8, lists:seq(1, 50), 5]}, {"~e ~f ~g ~.2f ~.3e ~10.1f", [1.5, 1.5, 1.5, 2.345, 12345.678, -0.05]},
             {"~b ~.16b ~.16B ~.2# ~.36+ ~10b", [10, 255, 255, 5, 35, 42]}, {"~x ~X ~.16x", [17, "0x", 17, "0X", -255, "16#"]},
             {"~c~c~3c ~tc", [$a, $b, $c, 1087]}, {"~i~w~n", [ignored, shown]}, {"~~ ~n~c", [$x]},
             {"~ts ~tw ~tp ~ts", ["каша", 'атом', "каша", <<"каша"/utf8>>]}, {"~s", [["deep", [<<"iolist">>, $!]]]},
             {"~*w|~*.*f", [6, ab, 10, 2, 3.14159]}, {"~0p", [{lists:seq(1, 40), "text that is rather long, so that it would be broken"}]},
             {"~p~n~40p", [#{long_key_one => lists:seq(1, 20), long_key_two => "string value"}, [{aaaaaaaaaa, bbbbbbbbbbb}, {cccccccc, ddddddddd}]]},
             {"~lp ~lw", ["abc", "abc"]}, {"~20.4.0f|~-20.4.0f|", [1.5, 1.5]}, {"~.10p", ["abc"]}, {"~#", [12]}, {"~w", [<<1, 2, 3:4>>]}, {"~p", [<<"printable">>]}, {"~p", [<<0, 1, "x">>]}],
    [io:format("~ts~n", [io_lib:format(F, A)]) || {F, A} <- Cases],
    [io:format("~p~n", [try io_lib:format(F, A) catch C:R -> {C, R} end]) || {F, A} <- [{"~w", []}, {"~d", [a]}, {"~s", [a1]}, {"~z", [1]}, {"~b", [1.5]}, {"~s", [[1087]]}, {"~", []}]],
    [io:format("~w~n", [io_lib:fread(F, S)])
     || {F, S} <- [{"~d ~s", "12 abc rest"}, {"~f~f", "1.5 -2.5e3"}, {"~3d~c", "12345x"}, {"~a,~16u", "atom,ff"}, {"~d", "x"}, {"a~d", "a"}, {"~#", "16#1F"}, {"~l~s", "word"}, {"~-", "-"}]],
    io:format("~w~n", [io_lib:print({a, "b", [1]}, 1, 20, 5)]),
    io:format("~w~n", [[io_lib:printable_list("abc\n"), io_lib:printable_list([1, 2]), io_lib:printable_unicode_list([1087]), io_lib:deep_char_list(["a", [b]]), io_lib:quote_atom('a b', [])]]),
    io:format("~s~n", [[io_lib:write_string("q\"\\\n\e"), io_lib:write_atom('X'), io_lib:write_char($\s), io_lib:write(lists:seq(1, 30), 10)]]).
