-module(pages_tests).
-include_lib("eunit/include/eunit.hrl").

template_test_() ->
    Render = fun(Text, Values) ->
                     iolist_to_binary(pages_template:render(pages_template:compile(Text), Values))
             end,
    Values = #{<<"a">> => <<"<b title=\"x\">&'">>},
    [?_assertEqual(<<"no hole">>, Render(<<"no hole">>, #{})),
     ?_assertEqual(<<"-&lt;b title=&quot;x&quot;&gt;&amp;&#39;-">>, Render(<<"-{{ a }}-">>, Values)),
     ?_assertEqual(<<"<b title=\"x\">&'{">>, Render(<<"{{{a}}}{">>, Values)),
     ?_assertError({badkey, <<"b">>}, Render(<<"{{b}}">>, Values)),
     ?_assertError({unclosed, <<"a">>}, pages_template:compile(<<"{{a">>))].

application_test_() ->
    {setup,
     fun() -> {ok, Started} = application:ensure_all_started(pages), Started end,
     fun(Started) -> [application:stop(Name) || Name <- lists:reverse(Started)] end,
     [fun home/0, fun words/0, fun form/0, fun echo_escapes/0, fun not_found/0, fun wrong_method/0]}.

request(Method, Path) ->
    #{method => Method, path => Path, query => <<>>, headers => [], body => <<>>,
      peer => <<"127.0.0.1">>, id => <<"1">>}.

answer(Request) ->
    {Status, _Headers, Body} = pages_handler:handle(Request),
    {Status, iolist_to_binary(Body)}.

contains(Text, Body) ->
    ?assertMatch({_, _}, binary:match(Body, Text)).

home() ->
    {200, Body} = answer(request(<<"GET">>, <<"/">>)),
    contains(<<"<title>Home · Pages</title>"/utf8>>, Body),
    contains(<<"<li>pages 0.1.0">>, Body).

words() ->
    Request = request(<<"GET">>, <<"/words">>),
    {200, Body} = answer(Request#{query := <<"text=To+be%2C+or+not+to+be">>}),
    contains(<<"<tr><td>be<td>2<tr><td>to<td>2<tr><td>not<td>1<tr><td>or<td>1">>, Body),
    {200, _} = answer(Request),
    {200, _} = answer(Request#{query := <<"%">>}).

form() ->
    {200, Body} = answer(request(<<"GET">>, <<"/echo">>)),
    contains(<<"<form method=post>">>, Body).

echo_escapes() ->
    Request = request(<<"POST">>, <<"/echo">>),
    {200, Body} = answer(Request#{body := <<"name=%3Cscript%3E&message=a%26b&empty">>}),
    contains(<<"<td>name<td>&lt;script&gt;">>, Body),
    contains(<<"<td>message<td>a&amp;b">>, Body),
    ?assertMatch({400, _}, answer(Request#{body := <<"a=%ZZ">>})).

not_found() ->
    {404, Body} = answer(request(<<"GET">>, <<"/<nothing>">>)),
    contains(<<"<code>/&lt;nothing&gt;</code>">>, Body).

wrong_method() ->
    {Status, Headers, _} = pages_handler:handle(request(<<"PUT">>, <<"/echo">>)),
    ?assertEqual({405, <<"GET, POST">>}, {Status, proplists:get_value(<<"allow">>, Headers)}).
