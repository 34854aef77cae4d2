-module(zerg_tests).
-include_lib("eunit/include/eunit.hrl").

page(Request) ->
    {Status, Headers, Body} = zerg:handle(Request),
    {Status, Headers, iolist_to_binary(Body)}.

shows_the_phases_of_this_instance_test() ->
    {200, Headers, Body} = page(#{path => <<"/">>}),
    ?assertEqual(<<"text/html; charset=utf-8">>, proplists:get_value(<<"content-type">>, Headers)),
    %% The double was entered after 0.6 ms and ran its first instruction after 0.65.
    [?assertMatch({_, _}, binary:match(Body, Text))
     || Text <- [<<"Instance 0000000000000007<">>, <<"<td>0.60">>, <<"<td>0.65">>, <<"<td>0.70">>, <<"<td>&ndash;">>]].

shows_the_end_of_the_instance_before_test() ->
    {200, _, Body} = page(#{path => <<"/">>, previous => #{answered => 1.25, gone => 2.5}}),
    ?assertMatch({_, _}, binary:match(Body, <<"Answered<td>1.25">>)),
    ?assertMatch({_, _}, binary:match(Body, <<"Destroyed, all given back<td>2.50">>)).

shows_the_original_table_test() ->
    {200, _, Body} = page(#{path => <<"/">>}),
    [?assertMatch({_, _}, binary:match(Body, Text))
     || Text <- [<<"103.3">>, <<"119.0">>, <<"Sum<td>228.1">>]].

needs_no_other_file_test() ->
    {200, _, Body} = page(#{path => <<"/">>}),
    ?assertEqual(nomatch, binary:match(Body, [<<"http:">>, <<"https:">>, <<"src=">>, <<"url(">>])),
    ?assert(byte_size(Body) < 4096).

other_paths_are_not_found_test() ->
    ?assertMatch({404, _, _}, page(#{path => <<"/favicon.ico">>})).
