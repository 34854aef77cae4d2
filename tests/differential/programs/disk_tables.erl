%% dets and disk_log on files: written, closed, opened again, repaired lookups, chunks in order, wrap logs.
%% tier: 4
-module(disk_tables).
-export([main/0]).

main() ->
    File = "/tmp/disk_tables.dets",
    Log = "/tmp/disk_tables.log",
    [file:delete(F) || F <- [File, Log]],
    {ok, T} = dets:open_file(disk_table, [{file, File}, {type, set}]),
    ok = dets:insert(T, [{N, integer_to_list(N), N * N} || N <- lists:seq(1, 300)]),
    io:format("~p~n", [[dets:lookup(T, 17), dets:member(T, 301), dets:insert_new(T, {17, x}), dets:update_counter(T, 17, {3, 1}), dets:info(T, size)]]),
    io:format("~p~n", [[lists:sort(dets:match(T, {'$1', "25", '_'})), lists:sort(dets:select(T, [{{'$1', '_', '$2'}, [{'>', '$2', 89000}], ['$1']}]))]]),
    ok = dets:delete(T, 5),
    io:format("~p~n", [[dets:select_delete(T, [{{'$1', '_', '_'}, [{'>', '$1', 290}], [true]}]), dets:info(T, type), dets:foldl(fun({N, _, _}, S) -> N + S end, 0, T)]]),
    ok = dets:close(T),
    {ok, T} = dets:open_file(disk_table, [{file, File}]),
    io:format("~p~n", [[dets:info(T, size), dets:lookup(T, 17), length(dets:match_object(T, '_'))]]),
    E = ets:new(e, []),
    io:format("~p~n", [[dets:to_ets(T, E) =:= E, ets:info(E, size), dets:close(T), dets:is_dets_file(File)]]),
    {ok, disk_log_test} = disk_log:open([{name, disk_log_test}, {file, Log}]),
    ok = disk_log:log_terms(disk_log_test, [{entry, N} || N <- lists:seq(1, 50)]),
    ok = disk_log:log(disk_log_test, last),
    ok = disk_log:sync(disk_log_test),
    io:format("~p~n", [[length(chunks(disk_log_test, start)), lists:last(chunks(disk_log_test, start)), proplists:get_value(items, disk_log:info(disk_log_test)), disk_log:close(disk_log_test)]]),
    {ok, disk_log_test} = disk_log:open([{name, disk_log_test}, {file, Log}, {mode, read_only}]),
    io:format("~p~n", [[hd(chunks(disk_log_test, start)), element(1, disk_log:log(disk_log_test, x)), disk_log:close(disk_log_test)]]),
    [file:delete(F) || F <- [File, Log]],
    ok.

chunks(Log, C) -> case disk_log:chunk(Log, C) of eof -> []; {Next, Terms} -> Terms ++ chunks(Log, Next) end.
