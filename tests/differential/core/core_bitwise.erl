%% Bitwise operators on small and big integers of both signs.
%% tier: 0
-module(core_bitwise).
-export([main/0, id/1]).

main() ->
    Values = [0, 1, -1, 255, -256, 16#0F0F0F0F, -16#0F0F0F0F,
              id(1) bsl 59, -(id(1) bsl 59), id(1) bsl 64, -(id(1) bsl 64),
              (id(1) bsl 100) + 12345, -((id(1) bsl 100) + 12345)],
    erlang:display([bnot V || V <- Values]),
    erlang:display([V band 16#FFFF || V <- Values]),
    erlang:display([V bor 16#FFFF || V <- Values]),
    erlang:display([V bxor 16#FFFF || V <- Values]),
    erlang:display([V band -16#100 || V <- Values]),
    erlang:display([V bxor -1 || V <- Values]),
    erlang:display([fold(V, Values) || V <- Values]),
    erlang:display([V bsl 3 || V <- Values]),
    erlang:display([V bsr 3 || V <- Values]),
    erlang:display([V bsr 70 || V <- Values]),
    erlang:display([V bsl -5 || V <- Values]),
    erlang:display([V bsr -5 || V <- Values]),
    erlang:display([V bsl 0 || V <- Values]),
    erlang:display([popcount(V, 0) || V <- Values, V >= 0]),
    erlang:display([class(fun() -> id(1) band id(1.0) end),
                    class(fun() -> id(a) bsl 1 end),
                    class(fun() -> bnot id(2.5) end)]),
    ok.

id(X) -> X.

fold(V, Values) -> fold(V, Values, 0).

fold(_, [], Acc) -> Acc;
fold(V, [W | Rest], Acc) -> fold(V, Rest, (Acc bxor (V band W)) + (V bor W)).

popcount(0, N) -> N;
popcount(V, N) -> popcount(V bsr 1, N + (V band 1)).

class(F) -> try F() catch C:R -> {C, R} end.
