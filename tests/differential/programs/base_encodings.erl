%% base64 in all modes, hexadecimal, and what they refuse.
%% tier: 2
-module(base_encodings).
-export([main/0]).

main() ->
    Data = [<<>>, <<"f">>, <<"fo">>, <<"foo">>, <<"foobar">>, <<0, 255, 254, 62, 63>>, "a list"],
    [io:format("~p ~p ~p~n", [base64:encode(D), base64:encode_to_string(D), iolist_to_binary(D) =:= base64:decode(base64:encode(D))]) || D <- Data],
    [io:format("~p~n", [try base64:decode(T) catch C:R -> {C, R} end]) || T <- ["Zm9v\nYmFy", "Zm9vYg==", "Zm9vYg=", "Zm9v!", "====", "", <<"Zm 9v">>, "Zg==Zg==", [a]]],
    [io:format("~p~n", [try base64:mime_decode(T) catch C:R -> {C, R} end]) || T <- ["Zm9v!!YmFy", "Zg", "Z", "Zm9v====", <<"#Zg==#">>]],
    io:format("~p~n", [[base64:mime_decode_to_string("Zm9v"), base64:decode_to_string("YmFy")]]),
    Big = << <<(X * 7)>> || X <- lists:seq(1, 3000) >>,
    io:format("~p~n", [[byte_size(base64:encode(Big)), base64:decode(base64:encode(Big)) =:= Big, erlang:phash2(base64:encode(Big))]]),
    io:format("~p~n", [[binary:encode_hex(<<"xyz">>), binary:decode_hex(<<"78797A">>)]]).
