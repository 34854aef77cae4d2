%% All that was printed before halt reaches the other side.
%% tier: 2
-module(halt_flushes).
-export([main/0]).

main() -> [io:format("line ~p of a long output that must not be cut~n", [N]) || N <- lists:seq(1, 2000)], halt(0).
