%% A trie of words in maps: completion, the longest prefix, deletion.
%% tier: 2
-module(tries).
-export([main/0]).

main() ->
    Words = ["car", "card", "care", "cat", "dog", "do", "dormouse", "", "каша", "кашалот"],
    Trie = lists:foldl(fun add/2, #{}, Words),
    io:format("~tp~n", [[{W, lists:sort(complete(W, Trie))} || W <- ["ca", "do", "каш", "x", ""]]]),
    io:format("~tp~n", [[longest(W, Trie) || W <- ["cards", "dorm", "cab", "кашалоты", "zebra"]]]),
    Less = lists:foldl(fun remove/2, Trie, ["card", "dog", "nothing", ""]),
    io:format("~tp~n", [lists:sort(complete("", Less))]),
    io:format("~w~n", [maps:size(lists:foldl(fun remove/2, Trie, Words))]).

add([], T) -> T#{end_of_word => true};
add([C | Cs], T) -> T#{C => add(Cs, maps:get(C, T, #{}))}.

remove([], T) -> maps:remove(end_of_word, T);
remove([C | Cs], T) ->
    case T of
        #{C := Sub} ->
            case remove(Cs, Sub) of
                Empty when map_size(Empty) =:= 0 -> maps:remove(C, T);
                Left -> T#{C := Left}
            end;
        _ -> T
    end.

complete([], T) -> words(T, []);
complete([C | Cs], T) ->
    case T of
        #{C := Sub} -> [[C | W] || W <- complete(Cs, Sub)];
        _ -> []
    end.

words(T, Prefix) ->
    maps:fold(fun(end_of_word, true, Acc) -> [lists:reverse(Prefix) | Acc];
                 (C, Sub, Acc) -> words(Sub, [C | Prefix]) ++ Acc
              end, [], T).

longest(Word, Trie) -> longest(Word, Trie, [], none).
longest(Rest, T, Seen, Best0) ->
    Best = case is_map_key(end_of_word, T) of true -> lists:reverse(Seen); false -> Best0 end,
    case Rest of
        [C | Cs] when is_map_key(C, T) -> longest(Cs, map_get(C, T), [C | Seen], Best);
        _ -> Best
    end.
