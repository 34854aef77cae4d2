%% A JSON encoder and decoder over binaries, with escapes and errors.
%% tier: 3
-module(json_codec).
-export([main/0]).

main() ->
    Docs = [<<"null">>, <<"[true,false,null]">>, <<"{\"a\":1,\"b\":[1,2.5,-3e2],\"c\":{\"d\":\"e\"}}">>, <<" [ 1 , \"two\" , { } , [ ] ] ">>, <<"\"esc \\\" \\\\ \\/ \\n \\u00e9 \\ud83d\\ude00\"">>, <<"-0.5e-3">>, <<"12345678901234567890">>, <<"\"żółw\""/utf8>>,
            <<"[1,]">>, <<"{\"a\" 1}">>, <<"tru">>, <<"\"open">>, <<"[1] x">>, <<"">>, <<"{\"k\":\"v\",\"k\":\"w\"}">>],
    [io:format("~ts~n", [io_lib:format("~p", [try decode(D) of T -> {T, encode(T)} catch throw:E -> {error, E} end])]) || D <- Docs],
    Doc = maps:from_list([{integer_to_binary(N), [N, N / 4, <<"text ", (integer_to_binary(N))/binary>>, #{<<"nested">> => lists:seq(1, N rem 10)}]} || N <- lists:seq(1, 300)]),
    Text = encode(Doc),
    io:format("~p ~p~n", [byte_size(Text), erlang:crc32(Text)]),
    io:format("~p~n", [decode(Text) =:= Doc]),
    io:format("~s~n", [pretty(decode(<<"{\"name\":\"x\",\"list\":[1,[2,3],{}],\"map\":{\"y\":null}}">>), 0)]).

decode(B) -> {V, R} = value(ws(B)), case ws(R) of <<>> -> V; Rest -> throw({trailing, Rest}) end.

ws(<<C, R/binary>>) when C =:= $\s; C =:= $\n; C =:= $\t; C =:= $\r -> ws(R);
ws(B) -> B.

value(<<"null", R/binary>>) -> {null, R};
value(<<"true", R/binary>>) -> {true, R};
value(<<"false", R/binary>>) -> {false, R};
value(<<$", R/binary>>) -> string(R, <<>>);
value(<<$[, R/binary>>) -> case ws(R) of <<$], T/binary>> -> {[], T}; T -> array(T, []) end;
value(<<${, R/binary>>) -> case ws(R) of <<$}, T/binary>> -> {#{}, T}; T -> object(T, #{}) end;
value(<<C, _/binary>> = B) when C =:= $-; C >= $0, C =< $9 -> number(B);
value(<<>>) -> throw(unexpected_end);
value(<<C, _/binary>>) -> throw({unexpected, [C]}).

array(B, Acc) ->
    {V, R} = value(ws(B)),
    case ws(R) of <<$,, T/binary>> -> array(T, [V | Acc]); <<$], T/binary>> -> {lists:reverse([V | Acc]), T}; T -> throw({in_array, T}) end.

object(B, M) ->
    {K, R} = case ws(B) of <<$", T0/binary>> -> string(T0, <<>>); T0 -> throw({key, T0}) end,
    case ws(R) of <<$:, T1/binary>> -> ok; T1 -> throw({colon, T1}) end,
    {V, R2} = value(ws(T1)),
    case ws(R2) of <<$,, T/binary>> -> object(T, M#{K => V}); <<$}, T/binary>> -> {M#{K => V}, T}; T -> throw({in_object, T}) end.

string(<<$", R/binary>>, A) -> {A, R};
string(<<"\\u", H1:4/binary, "\\u", H2:4/binary, R/binary>>, A) ->
    case {binary_to_integer(H1, 16), binary_to_integer(H2, 16)} of
        {Hi, Lo} when Hi band 16#FC00 =:= 16#D800, Lo band 16#FC00 =:= 16#DC00 -> string(R, <<A/binary, (16#10000 + ((Hi band 16#3FF) bsl 10) + (Lo band 16#3FF))/utf8>>);
        {C, _} -> string(<<"\\u", H2/binary, R/binary>>, <<A/binary, C/utf8>>)
    end;
string(<<"\\u", H:4/binary, R/binary>>, A) -> string(R, <<A/binary, (binary_to_integer(H, 16))/utf8>>);
string(<<$\\, C, R/binary>>, A) -> string(R, <<A/binary, (case C of $n -> $\n; $t -> $\t; $r -> $\r; $b -> $\b; $f -> $\f; _ -> C end)>>);
string(<<C/utf8, R/binary>>, A) -> string(R, <<A/binary, C/utf8>>);
string(_, A) -> throw({unterminated, A}).

number(B) ->
    {T, R} = span(B, 0),
    {try binary_to_integer(T) catch error:badarg -> number_float(T) end, R}.
number_float(T) ->
    case binary:match(T, <<".">>) of
        nomatch -> [M, E] = binary:split(T, [<<"e">>, <<"E">>]), binary_to_float(<<M/binary, ".0e", E/binary>>);
        _ -> binary_to_float(T)
    end.
span(B, N) -> case B of <<_:N/binary, C, _/binary>> when C >= $0, C =< $9; C =:= $-; C =:= $+; C =:= $.; C =:= $e; C =:= $E -> span(B, N + 1); <<T:N/binary, R/binary>> -> {T, R} end.

encode(T) -> iolist_to_binary(enc(T)).
enc(A) when is_atom(A) -> atom_to_binary(A);
enc(N) when is_integer(N) -> integer_to_binary(N);
enc(F) when is_float(F) -> float_to_binary(F, [short]);
enc(B) when is_binary(B) -> [$", escape(B), $"];
enc(L) when is_list(L) -> [$[, lists:join($,, [enc(X) || X <- L]), $]];
enc(M) when is_map(M) -> [${, lists:join($,, [[enc(K), $:, enc(V)] || {K, V} <- lists:sort(maps:to_list(M))]), $}].
escape(B) -> << <<(case C of $" -> <<"\\\"">>; $\\ -> <<"\\\\">>; $\n -> <<"\\n">>; _ -> <<C/utf8>> end)/binary>> || <<C/utf8>> <= B >>.

pretty(M, N) when is_map(M), map_size(M) > 0 -> ["{\n", lists:join(",\n", [[pad(N + 2), enc(K), ": ", pretty(V, N + 2)] || {K, V} <- lists:sort(maps:to_list(M))]), "\n", pad(N), "}"];
pretty([_ | _] = L, N) -> ["[\n", lists:join(",\n", [[pad(N + 2), pretty(V, N + 2)] || V <- L]), "\n", pad(N), "]"];
pretty(X, _) -> enc(X).
pad(N) -> lists:duplicate(N, $\s).
