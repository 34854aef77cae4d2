%% The binary module and the functions on binaries of the erlang module.
%% tier: 2
-module(binary_functions).
-export([main/0]).

main() ->
    B = <<"hello world, hello all">>,
    io:format("~p~n", [[binary:match(B, <<"world">>), binary:matches(B, [<<"hello">>, <<"l">>]), binary:matches(B, <<"ll">>), binary:match(B, <<"zz">>), binary:match(B, <<"hello">>, [{scope, {1, 20}}]), binary:match(B, <<"hello">>, [{scope, {22, -22}}])]]),
    io:format("~p~n", [[binary:split(B, <<" ">>), binary:split(B, [<<" ">>, <<",">>], [global]), binary:split(B, [<<" ">>, <<",">>], [global, trim_all]), binary:split(<<"a,b,,">>, <<",">>, [global, trim]), binary:split(<<>>, <<",">>)]]),
    io:format("~p~n", [[binary:replace(B, <<"hello">>, <<"bye">>), binary:replace(B, <<"l">>, <<"L">>, [global]), binary:replace(B, [<<"hello">>, <<"all">>], <<"<>">>, [global, {insert_replaced, 1}])]]),
    io:format("~p~n", [[binary:part(B, 6, 5), binary:part(B, {11, -5}), binary:first(B), binary:last(B), binary:at(B, 4), binary:bin_to_list(B, {0, 5}), binary:copy(<<"ab">>, 3), binary:list_to_bin([1, [2, <<3>>]])]]),
    io:format("~p~n", [[binary:longest_common_prefix([<<"abcd">>, <<"abxx">>]), binary:longest_common_suffix([<<"xing">>, <<"ping">>, <<"g">>]), binary:encode_unsigned(1234567890), binary:encode_unsigned(258, little), binary:decode_unsigned(<<1, 2, 3>>), binary:decode_unsigned(<<1, 2, 3>>, little), binary:encode_hex(<<1, 255, 16#ab>>), binary:decode_hex(<<"00FFab">>)]]),
    P = binary:compile_pattern([<<"ell">>, <<"o w">>]),
    io:format("~p~n", [[binary:matches(B, P), binary:split(B, P, [global])]]),
    io:format("~p~n", [[split_binary(B, 5), iolist_to_binary([<<"a">>, [98, [<<"c">>]] | <<"d">>]), iolist_size([B, B, 1]), list_to_bitstring([<<1:3>>, <<5:5>>]), bitstring_to_list(<<1, 2, 3:3>>), binary_to_list(B, 1, 3), byte_size(<<1:9>>), bit_size(<<1:9>>)]]),
    io:format("~p~n", [[binary_to_integer(<<"-123">>), binary_to_integer(<<"zz">>, 36), binary_to_float(<<"1.5e3">>), integer_to_binary(255, 16), float_to_binary(2.5, [{decimals, 3}]), float_to_binary(0.1, [short]), atom_to_binary('å'), binary_to_atom(<<"new atom">>), binary_to_existing_atom(<<"ok">>)]]),
    [io:format("~p~n", [try F() catch C:R -> {C, R} end])
     || F <- [fun() -> binary:part(B, 20, 5) end, fun() -> binary:at(B, 100) end, fun() -> binary:match(B, <<>>) end, fun() -> binary:match(B, []) end, fun() -> binary:copy(B, -1) end, fun() -> binary:split(B, <<"x">>, [bad]) end,
              fun() -> binary_to_integer(<<"1.5">>) end, fun() -> binary_to_existing_atom(<<"no such atom ever made">>) end, fun() -> list_to_binary([256]) end, fun() -> iolist_to_binary([a]) end, fun() -> binary:decode_hex(<<"abc">>) end, fun() -> binary:first(<<>>) end, fun() -> binary:matches(<<1:3>>, <<"a">>) end]],
    io:format("~p~n", [[binary:referenced_byte_size(binary:copy(binary:part(B, 0, 3))), byte_size(binary:copy(B))]]).
