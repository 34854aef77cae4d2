%% Every function of the binary module.
%% tier: 3
-module(binary_module).
-export([main/0]).

main() ->
    B = <<"the cat sat on the mat, the end">>,
    p([binary:at(B, 4), binary:first(B), binary:last(B), binary:part(B, 4, 3), binary:part(B, {byte_size(B), -3})]),
    p([binary:match(B, <<"the">>), binary:match(B, <<"dog">>), binary:match(B, [<<"mat">>, <<"sat">>]), binary:match(B, <<"the">>, [{scope, {1, 20}}])]),
    p([binary:matches(B, <<"the">>), binary:matches(B, [<<"at">>, <<"a">>, <<"he">>]), binary:matches(<<"aaaa">>, <<"aa">>), binary:matches(B, <<"zz">>)]),
    p([binary:split(B, <<" ">>), binary:split(B, <<" ">>, [global]), binary:split(B, [<<", ">>, <<" ">>], [global]), binary:split(<<",a,,b,">>, <<",">>, [global, trim_all]),
       binary:split(<<",a,,b,,">>, <<",">>, [global, trim]), binary:split(B, <<"x">>)]),
    p([binary:replace(B, <<"the">>, <<"a">>), binary:replace(B, <<"the">>, <<"a">>, [global]), binary:replace(<<"abc">>, [<<"a">>, <<"c">>], <<"[]">>, [global, {insert_replaced, 1}])]),
    P = binary:compile_pattern([<<"cat">>, <<"end">>]),
    p([binary:match(B, P), binary:matches(B, P), binary:split(B, P, [global])]),
    p([binary:longest_common_prefix([<<"erlang">>, <<"erosion">>, <<"erase">>]), binary:longest_common_suffix([<<"sing">>, <<"ring">>]), binary:longest_common_prefix([<<"a">>, <<"b">>])]),
    p([binary:copy(<<"ab">>), binary:copy(<<"ab">>, 5), binary:copy(<<"x">>, 0), binary:referenced_byte_size(<<"hello">>) >= 5]),
    p([binary:bin_to_list(B, 0, 3), binary:bin_to_list(<<"xyz">>), binary:list_to_bin([1, [2], <<3>>])]),
    p([binary:decode_unsigned(<<1, 2, 3>>), binary:decode_unsigned(<<1, 2, 3>>, little), binary:encode_unsigned(16#010203), binary:encode_unsigned(16#010203, little), binary:encode_unsigned(0),
       binary:encode_unsigned(1 bsl 100)]),
    p([binary:encode_hex(<<0, 15, 255, "az">>), binary:decode_hex(<<"00ff7F">>)]),
    Big = binary:copy(<<"0123456789abcdef">>, 20000),
    p([byte_size(Big), length(binary:matches(Big, <<"f0">>)), binary:match(Big, <<"g">>), byte_size(binary:replace(Big, <<"abc">>, <<>>, [global])), length(binary:split(Big, <<"7">>, [global]))]),
    p(erlang:crc32(binary:replace(Big, [<<"9a">>, <<"12">>], <<"--">>, [global]))),
    [p(try F() catch C:R -> {C, R} end) || F <- [fun() -> binary:at(B, 100) end, fun() -> binary:at(B, -1) end, fun() -> binary:first(<<>>) end, fun() -> binary:last(<<>>) end, fun() -> binary:part(B, 20, 20) end,
        fun() -> binary:match(B, <<>>) end, fun() -> binary:match(B, []) end, fun() -> binary:match(b, <<"x">>) end, fun() -> binary:copy(B, -1) end, fun() -> binary:decode_unsigned(x) end,
        fun() -> binary:encode_unsigned(-1) end, fun() -> binary:decode_hex(<<"0">>) end, fun() -> binary:split(B, <<"a">>, [bad]) end, fun() -> binary:longest_common_prefix([]) end, fun() -> binary:compile_pattern(<<>>) end]].

p(X) -> io:format("~p~n", [X]).
