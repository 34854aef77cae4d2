%% The line breaking of ~p over deep, wide and odd terms.
%% tier: 3
-module(io_pretty).
-export([main/0]).

main() ->
    Terms = [lists:seq(1, 100), [list_to_atom("atom_number_" ++ integer_to_list(N)) || N <- lists:seq(1, 15)], nest(12), maps:from_list([{N, {value, N * N}} || N <- lists:seq(1, 20)]),
             #{key => "a fairly long string value that needs room", other => [#{inner => lists:seq(1, 30)}, {tuple, with, many, elements, "and strings"}]},
             {error, {badmatch, {some_long_reason, [{module, function, 3, [{file, "some/long/path/to/a/file.erl"}, {line, 1234}]}, {another, call, 2, []}]}}},
             "a string that is longer than the eighty columns of a line and therefore has to be broken somewhere, one hopes at a blank", lists:duplicate(5, "strings in a list of strings"),
             <<"a binary that is longer than the eighty columns of a line and therefore has to be broken somewhere">>, list_to_binary(lists:seq(0, 99)), <<1:1001>>, [a | improper_tail_of_a_list], {[], {}, <<>>, #{}, "", ''},
             [{N, integer_to_list(N), [N, [N]]} || N <- lists:seq(1, 12)], list_to_tuple(lists:seq(1, 60)), [[[[[lists:seq(1, 40)]]]]], [1.5, -0.1, 1.0e100, 1 bsl 200, -(1 bsl 100)], fun lists:map/2,
             [{"proplist", [{a, 1}, {b, "two"}, {c, [three, 3.0]}]} || _ <- [1, 2, 3]], "line one\nline two\n\tand a tab \"quoted\" \\ \e", [0, 1, 2], "\x{e9}\x{3b1}", {'Quoted Atom', 'with-dash', 'ok?', '', 'a.b', nil@x}],
    [io:format("~p~n", [T]) || T <- Terms],
    [io:format("~40p~n", [T]) || T <- lists:sublist(Terms, 8)],
    [io:format("prefix of some length: ~p~n", [T]) || T <- lists:sublist(Terms, 3, 5)],
    [io:format("~tp|~P|~W~n", [T, T, 12, T, 12]) || T <- Terms],
    [io:format("~0p~n", [T]) || T <- Terms],
    io:format("~s~n", [io_lib:format("~p", [{rec, 1, [{x, y}]}])]),
    Fields = fun(point, 2) -> [x, y]; (_, _) -> no end,
    io:format("~s~n", [io_lib_pretty:print({point, 1, {point, "abc", [{point, 3, lists:seq(1, 40)}]}}, Fields)]),
    io:format("~s~n", [io_lib_pretty:print(lists:seq(1, 30), [{column, 10}, {line_length, 40}, {depth, 20}, {max_chars, 60}])]),
    [io:format("~s~n", [io_lib:format("~p", [nest(10)], [{chars_limit, N}])]) || N <- [10, 30, 60]].

nest(0) -> leaf;
nest(N) -> {node, N, [nest(N - 1)], "text"}.
