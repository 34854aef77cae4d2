%% What goes wrong with native records, and the module `records`.
-module(native_record_errors).
-export([main/0]).

-record #mine{ne_one = 1, ne_two = 2, ne_three}.
-record #hidden{sh_secret = mine}.

main() ->
    Hidden = native_record_shapes:hidden(),
    Point = native_record_shapes:point(1, 2),
    Mine = id(#mine{ne_three = 3}),
    erlang:display([caught(Fun) || Fun <- own(Mine)]),
    erlang:display([caught(Fun) || Fun <- of_others(Hidden, Point, Mine)]),
    erlang:display([caught(Fun) || Fun <- guards(Hidden, Point)]),
    erlang:display([caught(Fun) || Fun <- created()]),
    erlang:display([caught(Fun) || Fun <- updated(Mine, Point)]),
    erlang:display([caught(Fun) || Fun <- asked(Mine, Point, Hidden)]),
    traces(Mine).

id(X) -> X.

own(Mine) ->
    [fun() -> (id(1))#mine.ne_one end,
     fun() -> (id({mine, 1}))#mine{ne_one = 1} end,
     fun() -> (id(#{}))#_.ne_one end,
     fun() -> (id([]))#_{ne_one = 1} end,
     fun() -> Mine#_.ne_four end,
     fun() -> Mine#_{ne_four = 4} end,
     fun() -> Mine#_{ne_one = 1, ne_four = 4, ne_five = 5} end,
     fun() -> #mine{} = id(Mine#mine{ne_one = a}) end].

of_others(Hidden, Point, Mine) ->
    [fun() -> Hidden#hidden.sh_secret end,
     fun() -> Hidden#_.sh_secret end,
     fun() -> Hidden#native_record_shapes:hidden.sh_secret end,
     fun() -> Hidden#native_record_shapes:hidden{sh_secret = 1} end,
     fun() -> Hidden#_{sh_secret = 1} end,
     fun() -> #native_record_shapes:hidden{} end,
     fun() -> #native_record_shapes:nothing{} end,
     fun() -> #native_record_shapes:point{} end,
     fun() -> #native_record_shapes:point{sh_y = id(5)} end,
     fun() -> #native_record_shapes:point{sh_z = id(5)} end,
     fun() -> #native_record_shapes:sized{sh_size = id(5)} end,
     fun() -> #native_record_shapes:sized{sh_size = id(5), sh_none = 1} end,
     fun() -> #native_record_shapes:sized{sh_shape = id(5)} end,
     fun() -> Point#native_record_shapes:point.sh_x end,
     fun() -> Point#native_record_shapes:point.sh_z end,
     fun() -> Point#native_record_shapes:point{sh_x = id(a)} end,
     fun() -> Point#native_record_shapes:point{sh_z = id(a)} end,
     fun() -> Point#native_record_shapes:sized{sh_size = id(a)} end,
     fun() -> Point#native_record_shapes:sized.sh_size end,
     fun() -> Mine#native_record_errors:mine.ne_one end,
     fun() -> Point#mine.ne_one end].

guards(Hidden, Point) ->
    [fun() -> case Hidden of #_{sh_secret = Secret} -> Secret; _ -> none end end,
     fun() -> case Hidden of #native_record_shapes:hidden{sh_secret = Secret} -> Secret; _ -> none end end,
     fun() -> case Hidden of #native_record_shapes:hidden{} -> named; _ -> none end end,
     fun() -> case Point of #_{sh_x = X, sh_y = Y} -> {X, Y}; _ -> none end end,
     fun() -> case Point of #_{sh_x = X, sh_z = Y} -> {X, Y}; _ -> none end end,
     fun() -> case Point of #native_record_shapes:point{sh_y = 2, sh_x = X} -> X; _ -> none end end,
     fun() -> if Point#native_record_shapes:point.sh_x =:= 1 -> one; true -> other end end,
     fun() -> if Hidden#native_record_shapes:hidden.sh_secret =:= 42 -> one; true -> other end end,
     fun() -> if Point#_.sh_z =:= 1 -> one; true -> other end end,
     fun() -> try #native_record_shapes:point{sh_z = 1} catch _:_ -> failed end end,
     fun() -> try Point#native_record_shapes:point{sh_z = 1} catch _:_ -> failed end end].

created() ->
    No = #{is_exported => false},
    [fun() -> records:create(Module, Name, Fields, Options) end
     || {Module, Name, Fields, Options} <-
            [{m, n, [], No}, {m, n, [{ne_b, 1}, {ne_a, 2}], #{is_exported => true}}, {1, n, [], No}, {m, 2, [], No},
             {m, n, [], []}, {m, n, [], #{}}, {m, n, [], No#{more => 1}}, {m, n, [], #{is_exported => perhaps}},
             {m, n, [{1, 2}], No}, {m, n, [{ne_a, 1}, {ne_a, 2}], No}, {m, n, [{ne_a}], No}, {m, n, [ne_a], No},
             {m, n, [{ne_a, 1} | tail], No}, {m, n, #{}, No}]].

updated(Mine, Point) ->
    [fun() -> records:update(Record, Module, Name, Changes) end
     || {Record, Module, Name, Changes} <-
            [{Mine, ?MODULE, mine, #{}}, {Mine, ?MODULE, mine, #{ne_two => two}}, {Mine, ?MODULE, '_', #{ne_one => one}},
             {Mine, any, '_', #{ne_one => one}}, {Mine, ?MODULE, other, #{}}, {Mine, other, mine, #{}}, {Mine, 1, mine, #{}},
             {Mine, ?MODULE, 1, #{}}, {Mine, ?MODULE, mine, []}, {Mine, ?MODULE, mine, #{ne_none => 1}},
             {Mine, ?MODULE, mine, #{{key} => 1}}, {Point, native_record_shapes, point, #{sh_y => 9}},
             {mine, ?MODULE, mine, #{}}, {Mine, ?MODULE, mine, maps:from_list([{N, N} || N <- lists:seq(1, 40)])}]]
        ++ [fun() -> records:update(Mine, ?MODULE, mine, #{ne_two => 2}) =:= Mine end].

asked(Mine, Point, Hidden) ->
    [fun() -> apply(records, Function, [Record]) end
     || Function <- [get_module, get_name, get_field_names, is_exported], Record <- [Mine, Point, Hidden, {}, a]]
        ++ [fun() -> records:get(Key, Record) end
            || {Key, Record} <- [{ne_one, Mine}, {ne_nine, Mine}, {1, Mine}, {ne_one, {}}, {sh_secret, Hidden}]]
        ++ [fun() -> records:get_definition(Module, Name) end
            || {Module, Name} <- [{?MODULE, mine}, {?MODULE, none}, {no_such_module, none}, {1, none}, {?MODULE, 1}]].

%% Where exceptions say that they come from.
traces(Mine) ->
    [try Fun() of
         Value -> erlang:display(Value)
     catch
         error:Reason:Trace ->
             [{Module, Function, Arguments, Info} | _] = Trace,
             Arity = if is_list(Arguments) -> length(Arguments); true -> Arguments end,
             erlang:display({Reason, {Module, Function, Arity}, lists:keyfind(line, 1, Info)})
     end
     || Fun <- [fun() -> field(id(1)) end,
                fun() -> change(id(1)) end,
                fun() -> change_any(Mine) end,
                fun() -> make() end,
                fun() -> records:get(x, Mine) end,
                fun() -> records:update(Mine, a, b, c) end]].

field(Record) ->
    [Record#mine.ne_one].

change(Record) ->
    [Record#mine{ne_one = 1}].

change_any(Record) ->
    [Record#_{ne_zero = 1}].

make() ->
    [#native_record_shapes:sized{}].

caught(Fun) ->
    try Fun()
    catch Class:Reason -> {Class, Reason}
    end.
