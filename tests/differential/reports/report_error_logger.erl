%% The old error_logger interface, printed by the default handler.
%% tier: 4
-module(report_error_logger).
-export([main/0]).

main() ->
    error_logger:error_msg("an error: ~p~n", [{some, "term"}]), settle(),
    error_logger:warning_msg("a warning: ~s~n", ["text"]), settle(),
    error_logger:info_msg("information: ~w~n", [42]), settle(),
    error_logger:error_report([{tag, data}, {more, "string"}, plain]), settle(),
    error_logger:error_report("just a string"), settle(),
    error_logger:warning_report({a, tuple}), settle(),
    error_logger:info_report([{progress, here}]), settle(),
    error_logger:error_msg("no newline"), settle(),
    error_logger:error_msg("wrong ~p ~p", [one]), settle(),
    io:format("done~n").

settle() -> receive after 30 -> ok end.
