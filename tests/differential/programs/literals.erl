%% Literals of every type shared, copied to processes, matched and updated.
%% tier: 2
-module(literals).
-export([main/0, all/0]).

main() ->
    L = all(), S = self(), P = spawn(fun() -> S ! {self(), all(), all() =:= L} end), receive {P, M, Same} -> io:format("~p ~p~n", [M =:= L, Same]) end,
    io:format("~p~n", [L]), erlang:garbage_collect(), io:format("~p~n", [erlang:phash2(all()) =:= erlang:phash2(L)]),
    T = setelement(1, element(3, list_to_tuple(L)), changed), io:format("~p ~p~n", [T, element(3, list_to_tuple(all()))]), io:format("~p~n", [(lists:nth(5, L))#{a := 2, new => 3}]), io:format("~p~n", [lists:nth(5, all())]),
    io:format("~p~n", [erts_debug:same(lists:nth(3, all()), lists:nth(3, all()))]), put(kept, all()), [spawn(fun() -> S ! {n, length(all())} end) || _ <- lists:seq(1, 50)], io:format("~p~n", [lists:usort([receive {n, N} -> N end || _ <- lists:seq(1, 50)])]), io:format("~p~n", [get(kept) =:= L]), io:format("~s~n", [<<(hd(L))/binary, " appended">>]), io:format("~p~n", [binary_to_term(term_to_binary(L)) =:= all()]).

all() -> [<<"a literal binary that is longer than sixty four bytes so that it is kept off the heap">>, "string", {a, [b, {c, <<"d">>}], 1.5}, 123456789012345678901234567890, #{a => 1, "k" => [v], {t} => #{}}, [1 | 2], 'quoted atom', <<5:3>>, 1.0e-10, [], {}, #{}, $c, -1, fun lists:map/2, fun ?MODULE:all/0].
