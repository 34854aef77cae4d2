-module(brood_io_tests).
-include_lib("eunit/include/eunit.hrl").

output_test_() ->
    [?_assertEqual({ok, <<"a">>}, brood_io:output({put_chars, unicode, "a"}, latin1)),
     ?_assertEqual({ok, <<"\\x{400}b">>}, brood_io:output({put_chars, unicode, [16#400, "b"]}, latin1)),
     ?_assertEqual({ok, <<16#400/utf8>>}, brood_io:output({put_chars, unicode, [16#400]}, unicode)),
     ?_assertEqual({ok, <<228>>}, brood_io:output({put_chars, unicode, <<"ä"/utf8>>}, latin1)),
     ?_assertEqual({ok, <<"ä"/utf8>>}, brood_io:output({put_chars, latin1, <<228>>}, unicode)),
     ?_assertEqual({ok, <<"x1">>},
                   brood_io:output({put_chars, unicode, io_lib, format, ["x~p", [1]]}, latin1)),
     ?_assertEqual({error, put_chars},
                   brood_io:output({put_chars, unicode, io_lib, format, ["~p", []]}, latin1)),
     ?_assertEqual({error, put_chars}, brood_io:output({put_chars, latin1, [256]}, latin1)),
     ?_assertEqual({error, put_chars}, brood_io:output({put_chars, unicode, an_atom}, latin1)),
     ?_assertEqual({ok, <<"old">>}, brood_io:output({put_chars, "old"}, latin1)),
     ?_assertEqual(false, brood_io:output(getopts, latin1))].

decode_test_() ->
    Latin1 = #{encoding => latin1, binary => false},
    Unicode = #{encoding => unicode, binary => false},
    [?_assertEqual({ok, [228], <<>>}, brood_io:decode(<<228>>, Latin1, unicode)),
     ?_assertEqual({ok, <<"ä"/utf8>>, <<>>},
                   brood_io:decode(<<228>>, Latin1#{binary := true}, unicode)),
     ?_assertEqual({ok, "a", <<195>>}, brood_io:decode(<<"a", 195>>, Unicode, unicode)),
     ?_assertEqual(error, brood_io:decode(<<255, "a">>, Unicode, unicode)),
     ?_assertEqual(error, brood_io:decode(<<16#400/utf8>>, Unicode, latin1))].

convert_test_() ->
    List = #{encoding => latin1, binary => false},
    Binary = #{encoding => latin1, binary => true},
    [?_assertEqual({ok, "ab"}, brood_io:convert("ab", unicode, unicode, List)),
     ?_assertEqual({ok, <<"ä"/utf8>>}, brood_io:convert([228], unicode, unicode, Binary)),
     ?_assertEqual({ok, <<228>>}, brood_io:convert(<<"ä"/utf8>>, unicode, latin1, Binary)),
     ?_assertEqual({ok, [228]}, brood_io:convert(<<"ä"/utf8>>, unicode, latin1, List)),
     ?_assertEqual(error, brood_io:convert([16#400], unicode, latin1, List))].

setopts_test_() ->
    Options = #{encoding => latin1, binary => false},
    [?_assertEqual({ok, #{encoding => unicode, binary => true}},
                   brood_io:setopts([binary, {encoding, utf8}], Options)),
     ?_assertEqual({ok, Options}, brood_io:setopts([list, latin1], Options)),
     ?_assertEqual(error, brood_io:setopts([{echo, true}], Options)),
     ?_assertEqual(error, brood_io:setopts([binary], #{encoding => latin1}))].
