%% Words counted by mappers and reducers that are processes, with a combiner; an inverted index.
%% tier: 3
-module(map_reduce).
-export([main/0]).

main() ->
    Documents = [{N, text(N)} || N <- lists:seq(1, 40)],
    Counts = map_reduce(fun({_, T}) -> [{W, 1} || W <- string:lexemes(T, " .,")] end, fun(_, Vs) -> lists:sum(Vs) end, Documents, 4),
    io:format("~p~n", [lists:sublist(lists:reverse(lists:keysort(2, Counts)), 8)]),
    Index = map_reduce(fun({N, T}) -> [{W, N} || W <- lists:usort(string:lexemes(T, " .,"))] end, fun(_, Vs) -> lists:sort(Vs) end, Documents, 3),
    io:format("~p~n", [lists:keyfind("seven", 1, Index)]),
    io:format("~w~n", [length(Index)]).

text(N) ->
    Words = {"one", "two", "three", "four", "five", "six", "seven", "eight"},
    lists:flatten([[element((N * I + I * I) rem 8 + 1, Words), if I rem 5 =:= 0 -> ". "; true -> " " end] || I <- lists:seq(1, 12)]).

map_reduce(Map, Reduce, Inputs, Reducers) ->
    Self = self(),
    Pids = list_to_tuple([spawn_link(fun() -> reducer(Self, Reduce, #{}) end) || _ <- lists:seq(1, Reducers)]),
    Mappers = [spawn_monitor(fun() ->
        [element(erlang:phash2(K, Reducers) + 1, Pids) ! {pair, K, V} || {K, V} <- Map(Input)]
    end) || Input <- Inputs],
    [receive {'DOWN', M, _, P, normal} -> ok end || {P, M} <- Mappers],
    lists:sort(lists:append([begin P ! finish, receive {P, Result} -> Result end end || P <- tuple_to_list(Pids)])).

reducer(Parent, Reduce, Groups) ->
    receive
        {pair, K, V} -> reducer(Parent, Reduce, maps:update_with(K, fun(L) -> [V | L] end, [V], Groups));
        finish -> Parent ! {self(), [{K, Reduce(K, Vs)} || {K, Vs} <- maps:to_list(Groups)]}
    end.
