%% An end decided by another process while main waits.
%% tier: 1
-module(halt_in_child).
-export([main/0]).

main() -> spawn(fun() -> erlang:display(child), halt(255) end), receive after infinity -> ok end.
