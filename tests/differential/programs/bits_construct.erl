%% Constructing integers of every size, sign, byte order and alignment.
%% tier: 2
-module(bits_construct).
-export([main/0, id/1]).

main() ->
    Values = [0, 1, -1, 127, 128, -128, 255, 256, 16#1234, -16#1234, 16#DEADBEEF, 1 bsl id(40), -(1 bsl id(63)), (1 bsl id(64)) - 1, 1 bsl id(90), -(1 bsl id(90)) - 5],
    Sizes = [0, 1, 2, 3, 4, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 72, 100, 128],
    [io:format("~w big ~w~n", [V, [<<V:S>> || S <- Sizes]]) || V <- Values],
    [io:format("~w little ~w~n", [V, [<<V:S/little>> || S <- Sizes]]) || V <- Values],
    [io:format("~w off ~w~n", [V, [<<5:3, V:S>> || S <- Sizes]]) || V <- Values],
    [io:format("~w off little ~w~n", [V, [<<1:1, V:S/little, 3:2>> || S <- Sizes]]) || V <- Values],
    io:format("~w~n", [[V || V <- Values, S <- [64, 100, 128], begin <<W:S/signed>> = <<V:S>>, W =:= V end, begin <<X:S/little-signed>> = <<V:S/little>>, X =:= V end]]),
    io:format("~w~n", [<<16#12345678:32/native>> =:= <<16#12345678:32/little>>]),
    io:format("~w~n", [{<<1:4/unit:8>>, <<1:3/unit:5>>, <<(id(7)):(id(2))/unit:9>>, <<-1:1/unit:256>>}]),
    io:format("~w~n", [{<<"str":16>>, <<"str":16/little>>, <<"é"/utf8>>, <<$a, "b", $c>>, <<1, 2:16, 3:24>>}]),
    B = id(<<"binary">>), Bits = id(<<5:3>>),
    io:format("~w~n", [{<<B/binary, B/binary>>, <<Bits/bits, B/bits>>, <<B:3/binary, Bits/bits>>, <<Bits/bits, Bits/bits, Bits/bits>>, <<B:10/bits>>}]),
    io:format("~w~n", [<< <<N:(N rem 7 + 1)>> || N <- lists:seq(1, 30) >>]),
    S = id(5), U = id(0),
    io:format("~w~n", [{<<1:S>>, <<1:S, 1:S>>, <<9:U, 7:S>>, <<B:S/binary>>, <<B:U/binary>>}]),
    [io:format("~p~n", [catch_(F)]) || F <- [fun() -> <<(id(x)):8>> end, fun() -> <<1:(id(x))>> end, fun() -> <<1:(id(-8))>> end, fun() -> <<(id(1.0)):8/integer>> end,
                                             fun() -> <<(id(5))/binary>> end, fun() -> <<B:7/binary>> end, fun() -> <<(id(Bits))/binary>> end,
                                             fun() -> <<(id("s"))/bits>> end, fun() -> <<(id(-1))/utf8>> end]].

id(X) -> X.

catch_(F) -> try F() catch C:R -> {C, R} end.
