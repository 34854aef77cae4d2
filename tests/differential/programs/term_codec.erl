%% External format: every kind of term there and back, exact bytes, compressed, deterministic, unsafe and broken input.
%% tier: 2
-module(term_codec).
-export([main/0]).

main() ->
    Terms = [0, 255, 256, -1, (1 bsl 31) - 1, 1 bsl 31, -(1 bsl 31) - 1, 1 bsl 63, 1 bsl 300, -(1 bsl 2040), 1.5, -0.0, a, 'å', '', list_to_atom(lists:duplicate(255, $x)), [], "str", [1 | 2], lists:seq(1, 300), [256, a],
             {}, {a}, list_to_tuple(lists:seq(1, 300)), <<>>, <<"bin">>, <<1:3>>, #{}, #{a => 1, "k" => {v}}, maps:from_list([{I, I} || I <- lists:seq(1, 40)]), fun lists:map/2, [[[[]]]], [a, [b | c]]],
    [io:format("~w~n", [begin B = term_to_binary(T), {byte_size(B), erlang:phash2(B), binary_to_term(B) =:= T, byte_size(B) =:= erlang:external_size(T) orelse erlang:external_size(T) >= byte_size(B)} end]) || T <- Terms, not is_map(T) orelse map_size(T) < 33],
    io:format("~w~n", [[term_to_binary(T) || T <- [a, 'å', 1.0, "ab", {1, -1}, <<1:3>>, #{k => v}, 1 bsl 70]]]),
    io:format("~w~n", [[term_to_binary(T, [{minor_version, 1}]) || T <- [1.5, a, 'å', {}]]]),
    io:format("~w~n", [[term_to_binary(1.5, [{minor_version, 0}])]]),
    Big = lists:duplicate(2000, {some, "repetitive", <<"data">>}),
    io:format("~w~n", [[binary_to_term(term_to_binary(Big, [{compressed, L}])) =:= Big || L <- [0, 1, 6, 9]]]),
    io:format("~w~n", [byte_size(term_to_binary(Big, [compressed])) < byte_size(term_to_binary(Big)) div 10]),
    io:format("~w~n", [term_to_binary(maps:from_list([{I, I} || I <- lists:seq(1, 50)]), [deterministic]) =:= term_to_binary(maps:from_list([{I, I} || I <- lists:seq(50, 1, -1)]), [deterministic])]),
    io:format("~w~n", [binary_to_term(<<131, 97, 5, 99, 99>>, [used])]),
    io:format("~w~n", [iolist_to_binary(term_to_iovec({a, Big})) =:= term_to_binary({a, Big})]),
    Broken = [<<>>, <<131>>, <<131, 97>>, <<130, 97, 1>>, <<131, 109, 0, 0, 0, 9, 1>>, <<131, 108, 0, 0, 0, 2, 97, 1>>, <<131, 104, 255>>, <<131, 119, 2, 255, 255>>, <<131, 116, 0, 0, 0, 2, 97, 1, 97, 1, 97, 1, 97, 2>>, <<131, 70, 127, 240, 0, 0, 0, 0, 0, 0>>, <<131, 77, 0, 0, 0, 1, 9, 1>>, <<131, 80, 0, 0, 0, 5, 1, 2, 3>>, <<131, 110, 1, 5, 1>>, <<131, 107, 0, 2, 1>>, <<131, 200>>],
    io:format("~w~n", [[try {ok, binary_to_term(B)} catch error:R -> R end || B <- Broken]]),
    io:format("~w~n", [[try binary_to_term(<<131, 119, 22, "surely_not_an_atom_yet">>, [safe]) catch error:Unsafe -> Unsafe end]]),
    io:format("~w~n", [[try binary_to_term(B, O) catch error:E -> E end || {B, O} <- [{<<131, 97, 1>>, [bad]}, {<<131, 97, 1>>, x}, {a, []}, {<<131:16>>, []}]]]),
    io:format("~w~n", [[try term_to_binary(a, O) catch error:E -> E end || O <- [[{compressed, 10}], [{minor_version, 3}], [x], x]]]),
    [begin B = term_to_binary(T), [try binary_to_term(binary:part(B, 0, N)) catch error:badarg -> ok end || N <- lists:seq(0, byte_size(B) - 1)] end || T <- [{a, "list", #{k => [1.5, <<"b">>]}}, 1 bsl 100]],
    io:format("~w~n", [binary_to_term(<<131, 98, 255, 255, 255, 255>>)]),
    P = self(), R = make_ref(),
    io:format("~w~n", [binary_to_term(term_to_binary({P, R})) =:= {P, R}]),
    io:format("~w~n", [node(binary_to_term(<<131, 88, 119, 5, "a@b.c", 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1>>))]).
