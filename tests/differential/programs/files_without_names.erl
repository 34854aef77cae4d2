%% Files that are open though their names are gone, moved or given to others; directories that are removed under those in
%% them; handles of processes that end.
%% tier: 3
-module(files_without_names).
-export([main/0]).
-include_lib("kernel/include/file.hrl").

main() ->
    Directory = filename:join("/tmp", "files_without_names_" ++ integer_to_list(erlang:system_time())),
    ok = file:make_dir(Directory),
    ok = file:set_cwd(Directory),
    lists:foreach(fun({Name, Show}) -> io:format("~p: ~p~n", [Name, catch Show()]) end,
                  [{unlinked, fun unlinked/0}, {replaced, fun replaced/0}, {renamed, fun renamed/0},
                   {linked, fun linked/0}, {truncated, fun truncated/0}, {removed, fun removed/0},
                   {processes, fun processes/0}, {handed_on, fun handed_on/0}, {closed, fun closed/0}]),
    ok = file:set_cwd("/"),
    io:format("~p~n", [file:del_dir_r(Directory)]).

unlinked() ->
    {ok, File} = file:open("f", [read, write, raw, binary]),
    ok = file:write(File, "content"),
    {ok, Other} = file:open("f", [read]),
    Deleted = file:delete("f"),
    [Deleted, file:read_file("f"), file:pread(File, 0, 10), file:write(File, " and more"), file:read(Other, 100),
     links(File), file:write_file("f", "new"), file:pread(File, 0, 100), file:read_file("f"), file:close(File),
     file:close(Other), file:read_file("f"), file:delete("f")].

links(File) ->
    {ok, #file_info{links = Links, size = Size, type = Type}} = file:read_file_info(File),
    {Links, Size, Type}.

%% A new file takes the name of one that is open.
replaced() ->
    ok = file:write_file("old", "old content"),
    ok = file:write_file("new", "new content"),
    {ok, File} = file:open("old", [read, raw]),
    Renamed = file:rename("new", "old"),
    Results = [Renamed, file:read(File, 100), links(File), file:read_file("old"), file:read_file("new")],
    ok = file:close(File),
    [file:delete("old") | Results].

renamed() ->
    {ok, File} = file:open("before", [write, raw]),
    ok = file:write(File, "1"),
    ok = file:make_dir("d"),
    ok = file:rename("before", "d/after"),
    ok = file:write(File, "2"),
    ok = file:rename("d", "e"),
    ok = file:write(File, "3"),
    ok = file:close(File),
    [file:read_file("e/after"), file:del_dir("e"), file:delete("e/after"), file:del_dir("e")].

%% One file with two names: it goes with the second.
linked() ->
    ok = file:write_file("one", "1"),
    ok = file:make_link("one", "two"),
    {ok, #file_info{links = Both, inode = Inode}} = file:read_file_info("two"),
    {ok, #file_info{inode = Same}} = file:read_file_info("one"),
    ok = file:write_file("two", "22", [append]),
    First = file:read_file("one"),
    ok = file:delete("one"),
    {ok, #file_info{links = Left}} = file:read_file_info("two"),
    {ok, File} = file:open("two", [read, raw]),
    ok = file:delete("two"),
    None = links(File),
    [Both, Inode =:= Same, First, Left, None, file:read(File, 10), file:close(File)].

%% One writes where another has cut off.
truncated() ->
    {ok, A} = file:open("t", [read, write, raw, binary]),
    {ok, B} = file:open("t", [read, write, raw, binary]),
    ok = file:write(A, "0123456789"),
    Results = [file:read(B, 5), file:position(A, 3), file:truncate(A), file:read(B, 5), file:write(A, "x"),
               file:pread(B, 0, 20), file:write(B, "far"), file:pread(A, 0, 20), file:open("t", [write, raw]) =/= A,
               file:pread(A, 0, 20), file:write(A, "end"), file:pread(B, 0, 20)],
    [ok, ok] = [file:close(File) || File <- [A, B]],
    [file:delete("t") | Results].

%% A directory goes away under whom it is the working directory of.
removed() ->
    {ok, Before} = file:get_cwd(),
    ok = file:make_dir("w"),
    ok = file:set_cwd("w"),
    Removed = file:del_dir("../w"),
    Results = [file:get_cwd(), file:list_dir("."), file:write_file("f", "f"), file:make_dir("d"),
               file:read_file_info(".") =/= {error, enotdir}, file:set_cwd(Before)],
    [Removed, Results, filelib:is_dir("w")].

%% What a process has open is closed when it ends, and not before.
processes() ->
    Self = self(),
    Opener = fun(Modes, Then) ->
        {Pid, Monitor} = spawn_monitor(fun() ->
            {ok, File} = file:open("p", Modes),
            Self ! {file, File},
            ok = file:write(File, "written"),
            Then()
        end),
        File = receive {file, Opened} -> Opened end,
        Reason = receive {'DOWN', Monitor, process, Pid, Ended} -> Ended end,
        timer:sleep(50),
        {Reason, file:read_file("p"), attempt(fun() -> file:write(File, "late") end)}
    end,
    Results = [Opener([write], fun() -> ok end), Opener([write, raw], fun() -> ok end),
               Opener([write], fun() -> exit(bye) end)],
    [file:delete("p") | Results].

%% Raw files belong to who opened them, others can be used by all.
handed_on() ->
    Self = self(),
    Use = fun(File) ->
        {Pid, Monitor} = spawn_monitor(fun() -> Self ! {result, attempt(fun() -> file:write(File, "x") end)} end),
        receive {'DOWN', Monitor, process, Pid, _} -> ok end,
        receive {result, Result} -> Result after 0 -> none end
    end,
    {ok, Raw} = file:open("h", [write, raw]),
    Raws = Use(Raw),
    ok = file:close(Raw),
    {ok, Served} = file:open("h", [write]),
    Shared = Use(Served),
    ok = file:close(Served),
    [Raws, Shared, file:read_file("h"), file:delete("h")].

closed() ->
    {ok, Raw} = file:open("c", [read, write, raw]),
    {ok, Served} = file:open("c", [read, write]),
    [[file:close(File), file:close(File), file:read(File, 1), file:write(File, "x"), file:position(File, 0),
      file:sync(File), file:truncate(File), file:pread(File, 0, 1), file:read_file_info(File)] || File <- [Raw, Served]]
        ++ [file:delete("c")].

attempt(Operation) ->
    try Operation() catch Class:Reason -> {Class, Reason} end.
