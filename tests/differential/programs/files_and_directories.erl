%% Files written, read, renamed, listed, linked and removed, in a directory of their own; the errors of each.
%% tier: 4
-module(files_and_directories).
-include_lib("kernel/include/file.hrl").
-export([main/0]).

main() ->
    Dir = "/tmp/files_and_directories",
    _ = file:del_dir_r(Dir),
    ok = file:make_dir(Dir),
    P = fun(Name) -> filename:join(Dir, Name) end,
    io:format("~p~n", [[file:write_file(P("a"), "hello\nworld\n"), file:read_file(P("a")), file:write_file(P("a"), <<"more">>, [append]), filelib:file_size(P("a"))]]),
    {ok, F} = file:open(P("b"), [read, write, binary]),
    io:format("~p~n", [[file:write(F, "0123456789"), file:position(F, 3), file:read(F, 4), file:position(F, {cur, -1}), file:read(F, 10), file:read(F, 1), file:position(F, eof), file:position(F, {bof, 2}), file:truncate(F), file:pread(F, 0, 5), file:pwrite(F, 4, "xy"), file:pread(F, [{0, 2}, {4, 2}, {9, 1}])]]),
    io:format("~p~n", [[file:close(F), file:read_file(P("b")), file:close(F)]]),
    io:format("~p~n", [[file:rename(P("b"), P("c")), file:read_file(P("b")), file:copy(P("c"), P("d")), lists:sort(element(2, file:list_dir(Dir)))]]),
    io:format("~p~n", [[file:make_dir(P("sub")), file:make_dir(P("sub")), file:write_file(P("sub/x"), "x"), file:del_dir(P("sub")), file:delete(P("sub")) =/= ok, file:delete(P("sub/x")), file:del_dir(P("sub")), file:del_dir(P("sub"))]]),
    io:format("~p~n", [[file:make_link(P("a"), P("hard")), file:make_symlink("a", P("soft")), file:read_link(P("soft")), file:read_file(P("soft")) =:= file:read_file(P("hard")), file:make_symlink("loop", P("loop")), file:read_file(P("loop"))]]),
    {ok, I} = file:read_file_info(P("a")),
    {ok, L} = file:read_link_info(P("soft")),
    io:format("~p~n", [[I#file_info.type, I#file_info.size, I#file_info.links, I#file_info.access, L#file_info.type]]),
    io:format("~p~n", [[file:change_mode(P("a"), 8#600), (element(2, file:read_file_info(P("a"))))#file_info.mode band 8#777, file:change_time(P("a"), {{2020, 1, 2}, {3, 4, 5}}), (element(2, file:read_file_info(P("a"), [{time, universal}])))#file_info.mtime =/= undefined]]),
    io:format("~p~n", [[filelib:is_file(P("a")), filelib:is_dir(Dir), filelib:is_regular(Dir), filelib:ensure_dir(P("deep/er/x")), filelib:is_dir(P("deep/er")), filename:basename(hd(filelib:wildcard(P("de*")))), [filename:basename(X) || X <- lists:sort(filelib:wildcard(P("[ac]")))], filelib:fold_files(Dir, "^[acd]$", true, fun(_, N) -> N + 1 end, 0)]]),
    io:format("~p~n", [[file:open(P("none"), [read]), file:open(Dir, [write]), file:open(P("a/b"), [read]), file:open(P("a"), [write, exclusive]), file:open(P("x"), [nonsense]), file:read_file([a]), file:list_dir(P("none")), file:rename(P("none"), P("y")), file:delete(P("none")), file:make_dir(P("n/o"))]]),
    {ok, T} = file:open(P("lines"), [write, {encoding, utf8}]),
    io:format(T, "~ts~n~w~n", ["каша", {a, [1, 2]}]),
    file:close(T),
    {ok, R} = file:open(P("lines"), [read, {encoding, utf8}]),
    io:format("~tp~n", [[io:get_line(R, ""), io:fread(R, "", "~p") =/= ok, io:get_line(R, ""), file:close(R)]]),
    ok = file:write_file(P("terms"), "{a, 1}.\n\"s\".\n[b|c].\n"),
    io:format("~p~n", [[file:consult(P("terms")), file:script(P("terms")), file:path_open([Dir, "/"], "terms", [read]) =/= x]]),
    ok = file:write_file(P("bad"), "{a, .\n"),
    io:format("~p~n", [[element(1, file:consult(P("bad"))), file:format_error(element(2, file:consult(P("bad"))))]]),
    {ok, Raw} = file:open(P("raw"), [raw, write, read, delayed_write, binary]),
    [ok = file:write(Raw, <<N:32>>) || N <- lists:seq(1, 5000)],
    io:format("~p~n", [[file:position(Raw, 0), file:read(Raw, 8), file:close(Raw), filelib:file_size(P("raw"))]]),
    io:format("~p~n", [[file:del_dir_r(Dir), filelib:is_dir(Dir)]]).
