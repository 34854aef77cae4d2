%% An end with a status of the program's choice.
%% tier: 1
-module(halt_status).
-export([main/0]).

main() -> erlang:display(before), halt(7).
