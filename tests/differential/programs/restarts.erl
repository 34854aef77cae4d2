%% The system boots again: nothing of the life before is left but the environment of the emulator.
%% tier: 4
-module(restarts).
-export([main/0]).

main() ->
    show(),
    case os:getenv("RESTARTS") of
        false -> again("1");
        "1" -> again("2");
        "2" -> ok
    end.

again(Time) ->
    S = self(),
    {Keeper, M} = spawn_monitor(fun() -> register(keeper, self()), ets:new(kept, [named_table, public]), S ! ready, receive stop -> ok end end),
    receive ready -> ok end,
    persistent_term:put(kept, [Time]),
    {ok, _} = timer:send_after(50, keeper, stop),
    application:set_env(kernel, kept, Time),
    ok = logger:set_primary_config(level, error),
    show(),
    os:putenv("RESTARTS", Time),
    ok = init:restart(),
    receive {'DOWN', M, process, Keeper, _} -> receive after infinity -> ok end end.

show() ->
    Level = maps:get(level, logger:get_primary_config()),
    io:format("~p~n", [{os:getenv("RESTARTS"), is_pid(whereis(keeper)), ets:info(kept, size), persistent_term:get(kept, none), application:get_env(kernel, kept), Level}]).
