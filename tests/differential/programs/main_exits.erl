%% main/0 ends by an exit that is no error: a status, no report.
%% tier: 1
-module(main_exits).
-export([main/0]).

main() -> erlang:display(leaving), exit(on_purpose).
