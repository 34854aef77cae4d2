%% @doc The routes.
-module(pages_handler).
-behaviour(brood_handler).

-export([handle/1]).

%% @doc Callback of brood_handler.
-spec handle(brood_handler:request()) -> brood_handler:response().
handle(#{method := Method, path := Path} = Request) ->
    case {Method, Path} of
        {<<"GET">>, <<"/">>} -> home();
        {<<"GET">>, <<"/words">>} -> words(maps:get(query, Request, <<>>));
        {<<"GET">>, <<"/echo">>} -> page(200, <<"form">>, #{<<"title">> => "Echo"});
        {<<"POST">>, <<"/echo">>} -> echo(Request);
        {_, <<"/echo">>} -> {405, [{<<"allow">>, <<"GET, POST">>}], <<>>};
        {_, Known} when Known =:= <<"/">>; Known =:= <<"/words">> ->
            {405, [{<<"allow">>, <<"GET">>}], <<>>};
        _ -> page(404, <<"missing">>, #{<<"title">> => "Not found", <<"path">> => Path})
    end.

home() ->
    Applications = [[<<"<li>">>, atom_to_binary(Name), $\s, Vsn]
                    || {Name, _, Vsn} <- lists:sort(application:which_applications())],
    page(200, <<"home">>, #{<<"title">> => "Home", <<"applications">> => Applications}).

%% The words of a text by how often they occur: ?text=...
words(Query) ->
    case proplists:lookup(<<"text">>, well_formed(fields(Query))) of
        {_, Text} when is_binary(Text) ->
            Count = fun(Word, Counts) -> maps:update_with(Word, fun(N) -> N + 1 end, 1, Counts) end,
            Words = string:lexemes(string:lowercase(Text), " \t\r\n.,;:!?()\""),
            Counts = maps:to_list(lists:foldl(Count, #{}, Words)),
            Rows = [[<<"<tr><td>">>, pages_template:escape(Word), <<"<td>">>, integer_to_binary(N)]
                    || {Word, N} <- lists:sort(fun most_frequent/2, Counts)],
            page(200, <<"words">>, #{<<"title">> => "Words", <<"text">> => Text, <<"rows">> => Rows});
        _ ->
            page(200, <<"words">>, #{<<"title">> => "Words", <<"text">> => <<>>, <<"rows">> => []})
    end.

well_formed(error) -> [];
well_formed(Fields) -> Fields.

most_frequent({Word1, N1}, {Word2, N2}) ->
    {-N1, Word1} =< {-N2, Word2}.

echo(#{body := Body}) ->
    case fields(Body) of
        error ->
            page(400, <<"missing">>, #{<<"title">> => "Bad form", <<"path">> => <<"the form">>});
        Fields ->
            Rows = [[<<"<tr><td>">>, pages_template:escape(Name), <<"<td>">>, value(Value)]
                    || {Name, Value} <- Fields],
            page(200, <<"echo">>, #{<<"title">> => "Echo", <<"rows">> => Rows})
    end.

value(true) -> <<>>;
value(Text) -> pages_template:escape(Text).

%% The fields of an application/x-www-form-urlencoded text.
fields(Text) ->
    case uri_string:dissect_query(Text) of
        {error, _, _} -> error;
        Fields -> Fields
    end.

page(Status, Template, Values) ->
    {Status, [{<<"content-type">>, <<"text/html; charset=utf-8">>}],
     pages_templates:render(Template, Values)}.
