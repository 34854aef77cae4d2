%% @doc Binaries and text.
-module(bench_text).

-export([k_nucleotide/1, json_encode/1, json_decode/1, format/1]).

%% How often each sequence of so many letters occurs.
k_nucleotide(Length) ->
    Letters = list_to_binary([element(N + 1, {$A, $C, $G, $T}) || N <- bench_random:list(Length, 4)]),
    lists:foreach(fun(Width) ->
                          Counts = count(Letters, Width, 0, Length - Width, #{}),
                          true = lists:sum(maps:values(Counts)) =:= Length - Width + 1,
                          [{Most, Count} | _] = lists:reverse(lists:keysort(2, maps:to_list(Counts))),
                          true = Count >= length(binary:matches(Letters, Most))
                  end, [1, 2, 3, 4, 6, 12]),
    ok.

count(_Letters, _Width, At, Last, Counts) when At > Last -> Counts;
count(Letters, Width, At, Last, Counts) ->
    <<_:At/binary, Sequence:Width/binary, _/binary>> = Letters,
    count(Letters, Width, At + 1, Last, maps:update_with(Sequence, fun(N) -> N + 1 end, 1, Counts)).

json_encode(Size) ->
    Document = document(Size),
    Text = iolist_to_binary(encode(Document)),
    Document = decode(Text),
    [Text = iolist_to_binary(encode(Document)) || _ <- lists:seq(1, 4)],
    ok.

json_decode(Size) ->
    Document = document(Size),
    Text = iolist_to_binary(encode(Document)),
    [Document = decode(Text) || _ <- lists:seq(1, 5)],
    ok.

document(Size) ->
    [#{<<"id">> => N,
       <<"name">> => <<"someone \"with\" a name, ", (integer_to_binary(N))/binary>>,
       <<"price">> => N / 8,
       <<"tags">> => [<<"red">>, <<"gr\n\x{fc}n"/utf8>>, <<"blue">>],
       <<"active">> => N rem 2 =:= 0,
       <<"parent">> => null,
       <<"sizes">> => lists:seq(N, N + 9)} || N <- lists:seq(1, Size)].

encode(null) -> <<"null">>;
encode(true) -> <<"true">>;
encode(false) -> <<"false">>;
encode(Number) when is_integer(Number) -> integer_to_binary(Number);
encode(Number) when is_float(Number) -> float_to_binary(Number, [short]);
encode(Text) when is_binary(Text) -> [$", escape(Text), $"];
encode([]) -> <<"[]">>;
encode([First | Rest]) -> [$[, encode(First), [[$,, encode(Value)] || Value <- Rest], $]];
encode(Object) when is_map(Object) ->
    [[_ | First] | Rest] = [[$,, encode(Name), $:, encode(Value)] || {Name, Value} <- maps:to_list(Object)],
    [${, First, Rest, $}].

escape(<<$", Rest/binary>>) -> [$\\, $" | escape(Rest)];
escape(<<$\\, Rest/binary>>) -> [$\\, $\\ | escape(Rest)];
escape(<<$\n, Rest/binary>>) -> [$\\, $n | escape(Rest)];
escape(<<Byte, Rest/binary>>) -> [Byte | escape(Rest)];
escape(<<>>) -> [].

decode(Text) ->
    {Value, Rest} = value(skip(Text)),
    <<>> = skip(Rest),
    Value.

skip(<<Space, Rest/binary>>) when Space =:= $\s; Space =:= $\n; Space =:= $\t; Space =:= $\r -> skip(Rest);
skip(Text) -> Text.

value(<<"null", Rest/binary>>) -> {null, Rest};
value(<<"true", Rest/binary>>) -> {true, Rest};
value(<<"false", Rest/binary>>) -> {false, Rest};
value(<<$", Rest/binary>>) -> string(Rest, <<>>);
value(<<$[, Rest/binary>>) -> elements(skip(Rest), []);
value(<<${, Rest/binary>>) -> members(skip(Rest), #{});
value(Text) -> number(Text, 0).

string(<<$", Rest/binary>>, Read) -> {Read, Rest};
string(<<$\\, $n, Rest/binary>>, Read) -> string(Rest, <<Read/binary, $\n>>);
string(<<$\\, Escaped, Rest/binary>>, Read) -> string(Rest, <<Read/binary, Escaped>>);
string(<<Byte, Rest/binary>>, Read) -> string(Rest, <<Read/binary, Byte>>).

elements(<<$], Rest/binary>>, Read) -> {lists:reverse(Read), Rest};
elements(<<$,, Rest/binary>>, Read) -> elements(skip(Rest), Read);
elements(Text, Read) ->
    {Value, Rest} = value(Text),
    elements(skip(Rest), [Value | Read]).

members(<<$}, Rest/binary>>, Read) -> {Read, Rest};
members(<<$,, Rest/binary>>, Read) -> members(skip(Rest), Read);
members(<<$", Text/binary>>, Read) ->
    {Name, Rest} = string(Text, <<>>),
    <<$:, After/binary>> = skip(Rest),
    {Value, Left} = value(skip(After)),
    members(skip(Left), Read#{Name => Value}).

number(Text, Length) ->
    case Text of
        <<_:Length/binary, Byte, _/binary>> when Byte >= $0, Byte =< $9; Byte =:= $.; Byte =:= $-; Byte =:= $e ->
            number(Text, Length + 1);
        <<Digits:Length/binary, Rest/binary>> ->
            {case binary:match(Digits, <<".">>) of
                 nomatch -> binary_to_integer(Digits);
                 _ -> binary_to_float(Digits)
             end, Rest}
    end.

format(Times) ->
    Lines = [io_lib:format("~w ~p ~s ~.3f ~4.16.0b ~-10ts|~n",
                           [N, {some, [N, "text", <<"binary">>], #{key => N}}, "string", N / 7, N, [16#e9, $t]])
             || N <- lists:seq(1, Times)],
    Times = length(string:split(unicode:characters_to_list(Lines), "\n", all)) - 1,
    ok.
