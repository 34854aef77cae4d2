%% The external term format: exact bytes out, and every tag back in.
%% tier: 2
-module(external_format).
-export([main/0, id/1]).

main() ->
    Terms = [0, 255, 256, -1, 2147483647, -2147483648, 2147483648, 1 bsl id(63), -(1 bsl id(64)), 1 bsl id(2100), 1.5, -0.0, atom, 'with space', 'é', true, [], [1, 2, 3], "string",
             lists:seq(250, 260), [a | b], {}, {1, {2}}, <<>>, <<"bin">>, <<5:3>>, <<1, 2, 1:1>>, #{}, #{a => 1, "k" => [v]}, fun lists:map/2, [[[]]], {error, "reason"}],
    [begin
         B = term_to_binary(T),
         io:format("~w ~w ~w ~w~n", [short(B), byte_size(B), binary_to_term(B) =:= T, erlang:external_size(T)])
     end || T <- Terms],
    All = term_to_binary(Terms),
    p({byte_size(All), erlang:crc32(All), binary_to_term(All) =:= Terms}),
    p([byte_size(term_to_binary(T, [{minor_version, V}])) || T <- [1.5, abc], V <- [0, 1, 2]]),
    p(term_to_binary(1.5, [{minor_version, 0}])),
    p(binary_to_term(<<131, 99, "1.50000000000000000000e+00", 0, 0, 0, 0, 0>>)),
    p(binary_to_term(<<131, 100, 0, 3, "old">>)),
    p(binary_to_term(<<131, 115, 3, "old">>)),
    p(binary_to_term(<<131, 119, 2, 195, 169>>)),
    p(binary_to_term(<<131, 110, 8, 1, 1, 2, 3, 4, 5, 6, 7, 8>>)),
    p(binary_to_term(<<131, 110, 3, 0, 1, 0, 0>>)),
    p(binary_to_term(<<131, 107, 0, 3, 1, 2, 3>>)),
    p(binary_to_term(<<131, 108, 0:32, 106>>)),
    p(binary_to_term(<<131, 105, 2:32, 97, 1, 97, 2>>)),
    p(catch_(fun() -> binary_to_term(<<131, 97, 1, "trailing">>, [used]) end)),
    p(binary_to_term(<<131, 97, 1, "trailing">>)),
    Compressed = term_to_binary(lists:duplicate(1000, compress_me), [compressed]),
    p({byte_size(Compressed) < 200, binary:at(Compressed, 1), binary_to_term(Compressed) =:= lists:duplicate(1000, compress_me)}),
    p([binary_to_term(term_to_binary(T, [{compressed, L}])) =:= T || T <- [lists:seq(1, 3000), <<0:80000>>, small], L <- [0, 1, 6, 9]]),
    p(term_to_binary(tiny, [compressed])),
    Pid = self(), Ref = make_ref(), F = fun(X) -> X + id(1) end,
    p([binary_to_term(term_to_binary(T)) =:= T || T <- [Pid, Ref, F, {Pid, [Ref]}]]),
    p((binary_to_term(term_to_binary(F)))(41)),
    [p(catch_(fun() -> binary_to_term(B) end)) || B <- [<<>>, <<130, 97, 1>>, <<131>>, <<131, 97>>, <<131, 255>>, <<131, 108, 5:32, 97, 1>>, <<131, 109, 100:32, 1>>, <<131, 104, 2, 97, 1>>,
                                                       <<131, 70, 16#7FF0000000000000:64>>, <<131, 116, 2:32, 97, 1, 97, 1, 97, 1, 97, 2>>, <<131, 119, 1, 255>>, <<131, 80, 9:32, 1, 2, 3>>, <<131, 108, 16#FFFFFFFF:32>>]],
    p(catch_(fun() -> binary_to_term(<<131, 119, 14, "never_seen_zzz">>, [safe]) end)),
    p(catch_(fun() -> binary_to_term(list) end)),
    p(iolist_to_binary(erlang:term_to_iovec({a, <<"b">>, [c]})) =:= term_to_binary({a, <<"b">>, [c]})).

id(X) -> X.

short(B) when byte_size(B) > 60 -> {erlang:crc32(B)};
short(B) -> B.

catch_(F) -> try F() catch C:R -> {C, R} end.
p(X) -> io:format("~w~n", [X]).
