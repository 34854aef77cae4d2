%% Readers of comma-separated values, of INI files and of query strings, over binaries and with their errors.
%% tier: 2
-module(csv_and_ini).
-export([main/0]).

main() ->
    io:format("~p~n", [csv(<<"name,age,\"quoted, text\"\r\nÅsa,42,\"she said \"\"hi\"\"\"\n,,\nlast">>)]),
    [io:format("~p~n", [catch csv(B)]) || B <- [<<>>, <<"\"open">>, <<"a\"b,c">>, <<"\"x\"y">>]],
    io:format("~p~n", [ini(<<"; comment\nroot = 1\n[server]\nhost = example.org \nport=8080\n\n[empty]\nbad line\n">>)]),
    [io:format("~tp~n", [query(Q)]) || Q <- [<<"a=1&b=two+words&c=%D0%BF%D1%80&a=2&flag">>, <<>>, <<"%zz=1">>, <<"x=%4">>]].

csv(Binary) -> rows(Binary, []).
rows(<<>>, Acc) -> lists:reverse(Acc);
rows(Binary, Acc) -> {Row, Rest} = row(Binary, []), rows(Rest, [Row | Acc]).

row(Binary, Acc) ->
    case field(Binary) of
        {Field, <<",", Rest/binary>>} -> row(Rest, [Field | Acc]);
        {Field, <<"\r\n", Rest/binary>>} -> {lists:reverse(Acc, [Field]), Rest};
        {Field, <<"\n", Rest/binary>>} -> {lists:reverse(Acc, [Field]), Rest};
        {Field, <<>>} -> {lists:reverse(Acc, [Field]), <<>>};
        {_, <<C/utf8, _/binary>>} -> throw({unexpected, [C]})
    end.

field(<<"\"", Rest/binary>>) -> quoted(Rest, <<>>);
field(Binary) ->
    Size = case binary:match(Binary, [<<",">>, <<"\n">>, <<"\r\n">>]) of
               {At, _} -> At;
               nomatch -> byte_size(Binary)
           end,
    <<Field:Size/binary, Rest/binary>> = Binary,
    {Field, Rest}.

quoted(<<"\"\"", Rest/binary>>, Acc) -> quoted(Rest, <<Acc/binary, "\"">>);
quoted(<<"\"", Rest/binary>>, Acc) -> {Acc, Rest};
quoted(<<C, Rest/binary>>, Acc) -> quoted(Rest, <<Acc/binary, C>>);
quoted(<<>>, Acc) -> throw({unterminated, Acc}).

ini(Binary) ->
    {_, Sections, Errors} = lists:foldl(fun line/2, {<<>>, #{}, []}, lists:enumerate(binary:split(Binary, <<"\n">>, [global]))),
    {lists:sort(maps:to_list(Sections)), lists:reverse(Errors)}.

line({N, Raw}, {Section, All, Errors}) ->
    case string:trim(Raw) of
        <<>> -> {Section, All, Errors};
        <<";", _/binary>> -> {Section, All, Errors};
        <<"[", Rest/binary>> -> Name = binary:part(Rest, 0, byte_size(Rest) - 1), {Name, maps:put(Name, maps:get(Name, All, []), All), Errors};
        Text ->
            case binary:split(Text, <<"=">>) of
                [K, V] ->
                    Pair = {string:trim(K), value(string:trim(V))},
                    {Section, maps:update_with(Section, fun(L) -> L ++ [Pair] end, [Pair], All), Errors};
                [_] -> {Section, All, [{N, Text} | Errors]}
            end
    end.

value(Text) -> try binary_to_integer(Text) catch error:badarg -> Text end.

query(Text) ->
    try [pair(binary:split(P, <<"=">>)) || P <- binary:split(Text, <<"&">>, [global]), P =/= <<>>]
    catch throw:Reason -> {error, Reason}
    end.
pair([K]) -> {unescape(K), true};
pair([K, V]) -> {unescape(K), unescape(V)}.
unescape(B) -> unescape(B, <<>>).
unescape(<<"+", Rest/binary>>, Acc) -> unescape(Rest, <<Acc/binary, " ">>);
unescape(<<"%", Hex:2/binary, Rest/binary>>, Acc) ->
    try unescape(Rest, <<Acc/binary, (binary_to_integer(Hex, 16))>>)
    catch error:badarg -> throw({bad_escape, Hex})
    end;
unescape(<<"%", Rest/binary>>, _) -> throw({short_escape, Rest});
unescape(<<C, Rest/binary>>, Acc) -> unescape(Rest, <<Acc/binary, C>>);
unescape(<<>>, Acc) -> Acc.
