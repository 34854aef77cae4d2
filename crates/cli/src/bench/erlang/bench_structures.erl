%% @doc Terms that are built, changed, ordered and looked up.
-module(bench_structures).

-export([fannkuch/1, binary_trees/1, sort/1, map_update/1, ets_mix/1]).

%% Of all permutations of 1..N: how often the first elements, as many as the first one says, can be
%% turned around until that is 1; the most and the sum.
fannkuch(N) ->
    permutations(lists:seq(1, N), [], fun(Permutation, {Most, Sum}) ->
                                              Flips = flips(Permutation, 0),
                                              {max(Most, Flips), Sum + Flips}
                                      end, {0, 0}).

permutations([], Chosen, Function, State) -> Function(Chosen, State);
permutations(Left, Chosen, Function, State) ->
    lists:foldl(fun(X, Before) -> permutations(lists:delete(X, Left), [X | Chosen], Function, Before) end, State, Left).

flips([1 | _], Count) -> Count;
flips([First | _] = Permutation, Count) -> flips(turn(First, Permutation, []), Count + 1).

turn(0, Rest, Turned) -> lists:append(Turned, Rest);
turn(N, [X | Rest], Turned) -> turn(N - 1, Rest, [X | Turned]).

%% Many trees, shallow and deep: the sum of their nodes.
binary_trees(Depth) ->
    Long = tree(Depth),
    lists:sum([count_nodes(tree(Depth - 4)) || _ <- lists:seq(1, 16)])
        + lists:sum([count_nodes(tree(4)) || _ <- lists:seq(1, 1 bsl (Depth - 4))])
        + lists:sum([count_nodes(tree(Depth - 2)) || _ <- lists:seq(1, 8)]) + count_nodes(Long).

tree(0) -> {nil, nil};
tree(Depth) -> {tree(Depth - 1), tree(Depth - 1)}.

count_nodes({nil, nil}) -> 1;
count_nodes({Left, Right}) -> 1 + count_nodes(Left) + count_nodes(Right).

sort(Length) ->
    Numbers = bench_random:list(Length, 1 bsl 22),
    Sorted = lists:sort(Numbers),
    true = is_sorted(Sorted),
    true = lists:sum(Sorted) =:= lists:sum(Numbers),
    Pairs = lists:keysort(2, [{number, Number} || Number <- Numbers]),
    Sorted = [Number || {number, Number} <- Pairs],
    Unique = lists:usort(fun(A, B) -> A =< B end, Numbers),
    Unique = lists:usort(Numbers),
    ok.

is_sorted([A | [B | _] = Rest]) -> A =< B andalso is_sorted(Rest);
is_sorted(_) -> true.

%% A small map, which is an array, and a large one, which is a tree.
map_update(Times) ->
    Small = counted(Times, 16, #{}),
    16 = map_size(Small),
    Large = counted(2 * Times, Times div 4, #{}),
    true = lists:sum(maps:values(Small)) =:= Times,
    true = maps:fold(fun(_Key, Count, Sum) -> Sum + Count end, 0, Large) =:= 2 * Times,
    Empty = lists:foldl(fun maps:remove/2, Large, maps:keys(Large)),
    0 = map_size(Empty),
    Merged = maps:merge(maps:map(fun(Key, _) -> Key end, Large), Small),
    true = map_size(Merged) =:= map_size(Large),
    ok.

counted(Times, Keys, Map) ->
    lists:foldl(fun(Number, Counts) ->
                        case Counts of
                            #{Number := Count} -> Counts#{Number := Count + 1};
                            #{} -> Counts#{Number => 1}
                        end
                end, Map, bench_random:list(Times, Keys)).

ets_mix(Size) ->
    [ok = ets_mix(Type, Size) || Type <- [set, ordered_set]],
    ok = ets_bag(Size div 10),
    ok.

ets_mix(Type, Size) ->
    Table = ets:new(bench, [Type, public]),
    Keys = bench_random:list(Size, 1 bsl 30),
    [ets:insert(Table, {Key, Key rem 100, {some, "data"}}) || Key <- Keys],
    [ets:update_counter(Table, Key, {2, 1}) || Key <- Keys],
    Sum = lists:sum([ets:lookup_element(Table, Key, 2) || Key <- Keys]),
    [{_, _, _} = hd(ets:lookup(Table, Key)) || Key <- Keys],
    true = Sum >= lists:sum([Key rem 100 + 1 || Key <- Keys]),
    Few = ets:select(Table, [{{'$1', '$2', '_'}, [{'<', '$2', 5}], ['$1']}]),
    true = lists:all(fun(Key) -> Key rem 100 < 5 end, Few),
    Count = ets:info(Table, size),
    Count = ets:foldl(fun(_, N) -> N + 1 end, 0, Table),
    Count = steps(Table, ets:first(Table), 0),
    [ets:delete(Table, Key) || Key <- Keys],
    0 = ets:info(Table, size),
    true = ets:delete(Table),
    ok.

steps(_Table, '$end_of_table', Count) -> Count;
steps(Table, Key, Count) -> steps(Table, ets:next(Table, Key), Count + 1).

ets_bag(Size) ->
    Table = ets:new(bench, [bag]),
    [ets:insert(Table, {N rem 100, N}) || N <- lists:seq(1, Size)],
    Size = lists:sum([length(ets:lookup(Table, Key)) || Key <- lists:seq(0, 99)]),
    true = ets:delete(Table),
    ok.
