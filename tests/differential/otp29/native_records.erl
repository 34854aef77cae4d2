%% Native records: making, matching and updating them, their order, hashes and external format, collections, tables.
-module(native_records).
-export([main/0]).

-record #pair{nr_left = 1, nr_right = 2}.
-record #reversed{nr_zulu = z, nr_mike, nr_alpha = <<"a">>}.
-record #empty{}.
-record #large{nr_f01 = 1, nr_f02 = 2, nr_f03 = 3, nr_f04, nr_f05 = 5, nr_f06 = 6, nr_f07 = 7, nr_f08 = 8, nr_f09 = 9,
               nr_f10 = 10, nr_f11 = 1 bsl 70, nr_f12 = -(1 bsl 200), nr_f13 = 1.5, nr_f14 = #{a => b}, nr_f15 = "text"}.
-export_record([open]).
-record #open{nr_one = 1, nr_two = 2}.

main() ->
    making(),
    matching(),
    type_tests(),
    order(),
    hashing(),
    external(),
    collections(),
    tables(),
    dictionaries().

id(X) -> X.

making() ->
    erlang:display(#pair{}),
    erlang:display(#pair{nr_right = id({})}),
    erlang:display(#reversed{nr_mike = id(m)}),
    erlang:display(#empty{}),
    Large = #large{nr_f04 = id(4)},
    erlang:display(Large),
    erlang:display(Large#large{nr_f15 = id(15), nr_f01 = id(one), nr_f09 = id([])}),
    Pair = id(#pair{}),
    erlang:display(Pair#pair{nr_left = id([Pair])}),
    erlang:display(Pair#pair.nr_left),
    erlang:display(Pair#_.nr_right),
    erlang:display(Pair#_{nr_right = id(3)}),
    erlang:display({Pair, Pair#pair{}} =:= {#pair{}, #pair{nr_left = 1, nr_right = 2}}).

matching() ->
    Values = [#pair{}, #pair{nr_left = 7}, #reversed{nr_mike = 1}, #empty{}, #open{}, {pair, 1, 2}, #{}, [], 1.0],
    erlang:display([kind(id(Value)) || Value <- Values]),
    erlang:display([anonymous(id(Value)) || Value <- Values]).

kind(#pair{nr_left = 7, nr_right = Right}) -> {seven, Right};
kind(#pair{nr_right = Right}) -> {pair, Right};
kind(#reversed{nr_alpha = Alpha, nr_zulu = Zulu}) -> {Alpha, Zulu};
kind(#empty{}) -> empty;
kind(#_{}) -> other_record;
kind(Tuple) when is_tuple(Tuple) -> tuple;
kind(Map) when is_map(Map) -> map;
kind(_) -> none.

anonymous(#_{nr_left = Left, nr_right = Right}) -> {Left, Right};
anonymous(#_{nr_two = Two}) -> Two;
anonymous(Record) when is_record(Record) -> record;
anonymous(_) -> none.

type_tests() ->
    Tests = [is_atom, is_binary, is_bitstring, is_boolean, is_float, is_function, is_integer, is_list, is_map, is_number,
             is_pid, is_port, is_record, is_reference, is_tuple],
    Pair = id(#pair{}),
    erlang:display([apply(erlang, Test, [Pair]) || Test <- Tests]),
    erlang:display([is_record(Pair, native_records, pair), is_record(Pair, native_records, empty), is_record({pair}, pair, 1),
                    is_record({pair}, native_records, pair), apply(erlang, is_record, [Pair, pair])]),
    erlang:display([caught(fun() -> apply(erlang, is_record, [Pair | Rest]) end)
                    || Rest <- [[1], [pair, x], [1, pair], [pair, 1.0], [pair, 3]]]),
    erlang:display([caught(fun() -> apply(erlang, Function, [Pair]) end)
                    || Function <- [tuple_size, map_size, size, hd, tuple_to_list, length, abs, binary_to_term]]).

order() ->
    Other = fun(Module, Name, IsExported, Fields) ->
                    records:create(Module, Name, Fields, #{is_exported => IsExported})
            end,
    Terms = [#pair{}, #pair{nr_left = 0, nr_right = 9}, #pair{nr_left = 1.0}, #pair{nr_left = 1.0, nr_right = 3}, #empty{}, #open{},
             #reversed{nr_mike = 0}, #reversed{nr_mike = -1}, #reversed{nr_zulu = a, nr_mike = 7},
             Other(native_records, pair, true, [{nr_left, 1}, {nr_right, 2}]),
             Other(native_records, pair, false, [{nr_right, 2}, {nr_left, 1}]),
             Other(native_records, pair, false, [{nr_left, 9}]),
             Other(native_records, pair, false, [{nr_alpha, 1}, {nr_zulu, 2}]),
             Other(native_aardvark, pair, false, []), Other(native_zebra, pair, false, []),
             {}, {a, b}, #{}, #{a => b}, [], [a], <<>>, 1, 1.0, a, fun id/1],
    %% What is equal without being the same is sorted otherwise by the libraries of other releases.
    Sorted = lists:sort([Term || Term <- Terms, Term =/= 1.0, not is_twin(Term)]),
    erlang:display([printed(Term) || Term <- Sorted]),
    erlang:display([{A == B, A =:= B, A < B, A =< B} || A <- lists:sublist(Terms, 12), B <- lists:sublist(Terms, 12)]),
    erlang:display(maps:size(#{Term => true || Term <- Terms})),
    erlang:display(maps:get(id(#pair{nr_left = 1.0}), #{#pair{} => one, #pair{nr_left = 1.0} => float})),
    erlang:display([max(#pair{}, #empty{}), min(#open{}, #{})]).

is_twin(Term) -> Term =:= #pair{nr_left = 1.0}.

printed(Fun) when is_function(Fun) -> a_fun;
printed(Term) -> Term.

hashing() ->
    Records = [#pair{}, #pair{nr_left = self_less, nr_right = "string"}, #reversed{nr_mike = 1.5}, #empty{}, #open{},
               #large{nr_f04 = #pair{}}, [#pair{}, #empty{}], #{#pair{} => #open{}}],
    erlang:display([erlang:phash2(Record) || Record <- Records]),
    erlang:display([erlang:phash2(Record, 1 bsl 32) || Record <- Records]),
    erlang:display([erlang:phash(Record, 1 bsl 32) || Record <- Records, is_record(Record)]).

external() ->
    Records = [#pair{}, #reversed{nr_mike = [self_less]}, #empty{}, #open{}, #large{nr_f04 = #pair{}}],
    [begin
         Binary = term_to_binary(Record, [{minor_version, 2}]),
         erlang:display(Binary),
         erlang:display({erlang:external_size(Record, [{minor_version, 2}]) =:= byte_size(Binary),
                         binary_to_term(Binary) =:= Record, binary_to_term(Binary, [safe]) =:= Record,
                         binary_to_term(term_to_binary(Record, [compressed])) =:= Record,
                         erts_debug:flat_size(binary_to_term(Binary)) =:= erts_debug:flat_size(Record),
                         erts_debug:same(Record, id(Record))})
     end || Record <- Records],
    Foreign = <<131, $C, 2:32, 1, $w, 3, "abc", $w, 3, "rec", $w, 2, "zz", $w, 2, "aa", $a, 1, $j>>,
    erlang:display(records:get_field_names(binary_to_term(Foreign))),
    erlang:display(records:get(aa, binary_to_term(Foreign))),
    erlang:display(records:is_exported(binary_to_term(Foreign))),
    Wrong = [<<131, $C, 2:32, 1, $w, 3, "abc", $w, 3, "rec", $w, 2, "zz", $w, 2, "zz", $a, 1, $j>>,
             <<131, $C, 1:32, 2, $w, 3, "abc", $w, 3, "rec", $w, 2, "zz", $a, 1>>,
             <<131, $C, 1:32, 1, $w, 3, "abc", $w, 3, "rec", $a, 2, $a, 1>>,
             <<131, $C, 1:32, 1, $a, 3, $w, 3, "rec", $w, 2, "zz", $a, 1>>,
             <<131, $C, 1:32, 1, $w, 3, "abc", $w, 3, "rec", $w, 2, "zz">>,
             <<131, $C, 16#ffffffff:32, 1, $w, 3, "abc", $w, 3, "rec", $w, 2, "zz">>,
             <<131, $C>>],
    erlang:display([caught(fun() -> binary_to_term(Binary) end) || Binary <- Wrong]).

collections() ->
    Grown = grow(2000, #pair{nr_left = [], nr_right = #reversed{nr_mike = #{}}}),
    #pair{nr_left = List, nr_right = #reversed{nr_mike = Map}} = Grown,
    erlang:display({lists:sum(List), maps:size(Map), lists:sort(maps:keys(Map)) =:= lists:sort(List)}),
    erlang:garbage_collect(),
    erlang:display(erlang:phash2(Grown)),
    Self = self(),
    Echo = spawn(fun() -> echo(100) end),
    erlang:display(lists:all(fun(I) ->
                                     Record = #pair{nr_left = I, nr_right = lists:duplicate(I, #open{nr_one = I})},
                                     Echo ! {Self, Record},
                                     receive {Echo, Answer} -> Answer =:= Record end
                             end, lists:seq(1, 100))),
    Foreign = records:create(elsewhere, thing, [{nr_list, lists:seq(1, 5)}, {nr_self, a}], #{is_exported => false}),
    spawn(fun() -> Self ! {Self, Foreign} end),
    receive {Self, Same} -> erlang:display({Same, Same =:= Foreign}) end.

grow(0, Pair) ->
    Pair;
grow(N, #pair{nr_left = List, nr_right = #reversed{nr_mike = Map} = Reversed} = Pair) ->
    grow(N - 1, Pair#pair{nr_left = [N | List], nr_right = Reversed#reversed{nr_mike = Map#{N => {N}}}}).

echo(0) ->
    ok;
echo(N) ->
    receive
        {From, Record} ->
            From ! {self(), Record},
            echo(N - 1)
    end.

tables() ->
    Table = ets:new(table, [ordered_set]),
    ets:insert(Table, [{#pair{nr_left = I}, #open{nr_one = I}} || I <- lists:seq(1, 5)]),
    erlang:display(ets:tab2list(Table)),
    erlang:display(ets:lookup(Table, #pair{nr_left = 3})),
    erlang:display(ets:match(Table, {#pair{nr_left = 4, nr_right = 2}, '$1'})),
    erlang:display(ets:select(Table, [{{'$1', '$2'}, [{'>', '$1', {const, #pair{nr_left = 3}}}], ['$2']}])),
    Set = ets:new(set, []),
    ets:insert(Set, {#pair{}, 1}),
    ets:insert(Set, {#pair{nr_left = 1.0}, 2}),
    erlang:display({ets:lookup(Set, #pair{}), ets:lookup(Set, #pair{nr_left = 1.0})}).

dictionaries() ->
    persistent_term:put(#pair{}, #reversed{nr_mike = [#open{}]}),
    erlang:display(persistent_term:get(#pair{})),
    put(#open{}, #pair{}),
    erlang:display(get(#open{})),
    erlang:display(erase(#open{})).

caught(Fun) ->
    try Fun()
    catch Class:Reason -> {Class, Reason}
    end.
