%% UTF-8, UTF-16 and UTF-32 segments, and binary comprehensions.
%% tier: 0
-module(core_bits_unicode).
-export([main/0, id/1]).

main() ->
    Points = [$a, 16#7F, 16#80, 16#E9, 16#7FF, 16#800, 16#20AC, 16#D7FF, 16#E000, 16#FFFF, 16#10000, 16#1F600, 16#10FFFF],
    erlang:display([<<P/utf8>> || P <- Points]),
    erlang:display([<<P/utf16>> || P <- Points]),
    erlang:display([<<P/utf16-little>> || P <- Points]),
    erlang:display([<<P/utf32>> || P <- Points]),
    erlang:display([<<P/utf32-little>> || P <- Points]),
    All8 = << <<P/utf8>> || P <- Points >>,
    All16 = << <<P/utf16>> || P <- Points >>,
    All32 = << <<P/utf32-little>> || P <- Points >>,
    erlang:display({byte_size(All8), byte_size(All16), byte_size(All32)}),
    erlang:display([P || <<P/utf8>> <= All8] =:= Points),
    erlang:display([P || <<P/utf16>> <= All16] =:= Points),
    erlang:display([P || <<P/utf32-little>> <= All32] =:= Points),
    erlang:display([first(B) || B <- [<<"abc">>, <<16#C3, 16#A9>>, <<16#C3>>, <<16#C0, 16#80>>, <<16#ED, 16#A0, 16#80>>,
                                      <<16#F4, 16#90, 16#80, 16#80>>, <<16#FF>>, <<16#E2, 16#82, 16#AC, "x">>, <<>>]]),
    erlang:display([first16(B) || B <- [<<0, $a>>, <<16#D83D:16, 16#DE00:16>>, <<16#D83D:16>>, <<16#DE00:16, 0, 0>>, <<1>>]]),
    erlang:display([first32(B) || B <- [<<0, 0, 0, $a>>, <<16#110000:32>>, <<16#D800:32>>, <<1, 2>>]]),
    erlang:display(<<"åäö€"/utf8>>),
    erlang:display(<< <<(X * X):16>> || <<X:4>> <= <<1, 2, 16#FF>>, X > 0 >>),
    erlang:display(<< <<X:1>> || X <- [1, 0, 1, 1, 0] >>),
    erlang:display(<< <<B:1/binary, "-">> || <<B:1/binary>> <= <<"dash">> >>),
    erlang:display(<< <<X, Y>> || X <- "ab", <<Y>> <= <<"xyz">> >>),
    erlang:display(<< <<X:3>> || <<X:5, _:3>> <= <<"five", 7:3>> >>),
    erlang:display(<< <<X>> || {x, X} <- [{x, 1}, y, {x, 2}] >>),
    erlang:display(try << <<(id(X))>> || X <- [1, a] >> catch C:R -> {C, R} end),
    ok.

id(X) -> X.

first(<<C/utf8, Rest/binary>>) -> {C, Rest};
first(_) -> invalid.
first16(<<C/utf16, Rest/binary>>) -> {C, Rest};
first16(_) -> invalid.
first32(<<C/utf32, Rest/binary>>) -> {C, Rest};
first32(_) -> invalid.
