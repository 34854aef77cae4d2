%% Names of files taken apart and put together, as lists and binaries.
%% tier: 2
-module(filename_functions).
-export([main/0]).

main() ->
    Names = ["/usr/lib/erlang", "a/b/c.tar.gz", "/", "", ".", "..", "a//b/", "./x", "noext.", ".hidden", "a.b/c"],
    [io:format("~p: ~p~n", [N, [filename:F(N) || F <- [dirname, basename, extension, rootname, split, pathtype, flatten, nativename]]]) || N <- Names],
    [io:format("~p~n", [filename:dirname(list_to_binary(N))]) || N <- Names],
    io:format("~p~n", [[filename:join(L) || L <- [["a", "b"], ["/a", "/b"], ["a/", "b//", "c"], ["", "x"], [<<"bin">>, "list"], ["a", "..", "b"]]]]),
    io:format("~p~n", [[filename:basename("x.erl", ".erl"), filename:basename("x.erl", ".beam"), filename:rootname("a/x.erl", ".erl"), filename:rootname("a.b/x"), filename:absname("x", "/base"), filename:absname("/x", "/base"), filename:absname("../x", "/a/b"), filelib:safe_relative_path("a/../b", ""), filelib:safe_relative_path("../x", "")]]),
    io:format("~p~n", [[filename:append("a", "b"), filename:append("a/", "b"), filename:append(<<"a">>, "b"), filename:validate("ok"), filename:validate([0])]]),
    io:format("~p~n", [[try F() catch C:R -> {C, R} end || F <- [fun() -> filename:join([1.5]) end, fun() -> filename:split({a}) end]] -- [x]]).
