%% The logger interface: levels, reports, metadata, own formatter settings.
%% tier: 4
-module(report_logger).
-export([main/0]).

main() ->
    [begin logger:log(L, "level ~p", [L]), settle() end || L <- [emergency, alert, critical, error, warning, notice, info, debug]],
    logger:error("plain string"), settle(),
    logger:error("format ~p ~s", [{a, b}, "c"]), settle(),
    logger:error(#{report => map, list => [1, 2, 3]}), settle(),
    logger:warning([{key, value}, {other, "string"}]), settle(),
    logger:set_primary_config(level, debug), logger:debug("now visible"), settle(),
    logger:set_primary_config(level, notice), logger:info("not visible"), settle(),
    logger:set_handler_config(default, formatter, {logger_formatter, #{single_line => true, template => ["[", level, "] ", msg, "\n"]}}),
    logger:error("one line ~p", [lists:seq(1, 40)]), settle(),
    logger:error(#{a => 1, b => "two"}), settle(),
    logger:set_handler_config(default, formatter, {logger_formatter, #{template => [level, "|", mfa, "|", line, "|", {custom, [custom, "|"], []}, msg, "\n"]}}),
    logger:error("with metadata", #{custom => here, mfa => {m, f, 1}, line => 12}), settle(),
    ok = logger:add_primary_filter(mute, {fun(#{level := warning}, _) -> stop; (E, _) -> E end, []}),
    logger:warning("muted"), logger:error("heard"), settle(),
    io:format("~p~n", [logger:compare_levels(error, info)]).

settle() -> receive after 30 -> ok end.
