%% A subset of Markdown to HTML, and a template engine: binaries and iolists.
%% tier: 2
-module(markup_text).
-export([main/0]).

main() ->
    Source = <<"# Title & more\n\nA *paragraph* with **bold**, `code <b>` and a [link](http://x.org).\n\n- one\n- two *three*\n\n## Sub\nlast">>,
    io:put_chars(render(Source)),
    Template = <<"Hello {{name}}! {{#items}}<{{label}}={{n}}>{{/items}} {{missing}} {{#none}}never{{/none}}\n">>,
    io:put_chars(fill(Template, #{<<"name">> => <<"World">>, <<"items">> => [#{<<"label">> => <<"a">>, <<"n">> => 1},
                                                                          #{<<"label">> => <<"b">>, <<"n">> => 2}], <<"none">> => []})),
    [io:format("~p~n", [catch fill(T, #{})]) || T <- [<<"{{open">>, <<"{{#x}} no end">>]].

render(Source) -> [block(B) || B <- binary:split(Source, <<"\n\n">>, [global])].

block(<<"## ", Rest/binary>>) ->
    [H | T] = binary:split(Rest, <<"\n">>),
    ["<h2>", inline(H), "</h2>\n", [block(X) || X <- T]];
block(<<"# ", Rest/binary>>) -> ["<h1>", inline(Rest), "</h1>\n"];
block(<<"- ", _/binary>> = List) ->
    ["<ul>\n", [["  <li>", inline(Item), "</li>\n"] || <<"- ", Item/binary>> <- binary:split(List, <<"\n">>, [global])], "</ul>\n"];
block(Text) -> ["<p>", inline(Text), "</p>\n"].

inline(<<>>) -> [];
inline(<<"**", Rest/binary>>) -> delimited(Rest, <<"**">>, "b");
inline(<<"*", Rest/binary>>) -> delimited(Rest, <<"*">>, "i");
inline(<<"`", Rest/binary>>) -> [Code, After] = binary:split(Rest, <<"`">>), ["<code>", escape(Code), "</code>" | inline(After)];
inline(<<"[", Rest/binary>>) ->
    [Text, <<"(", More/binary>>] = binary:split(Rest, <<"]">>),
    [Url, After] = binary:split(More, <<")">>),
    ["<a href=\"", Url, "\">", inline(Text), "</a>" | inline(After)];
inline(<<C/utf8, Rest/binary>>) -> [escape(<<C/utf8>>) | inline(Rest)].

delimited(Rest, Mark, Tag) ->
    [Inner, After] = binary:split(Rest, Mark),
    ["<", Tag, ">", inline(Inner), "</", Tag, ">" | inline(After)].

escape(Text) -> << <<(case C of $< -> <<"&lt;">>; $> -> <<"&gt;">>; $& -> <<"&amp;">>; _ -> <<C>> end)/binary>> || <<C>> <= Text >>.

fill(Template, Values) ->
    case binary:split(Template, <<"{{">>) of
        [Text] -> Text;
        [Text, Rest] ->
            case binary:split(Rest, <<"}}">>) of
                [<<"#", Name/binary>>, After] ->
                    End = <<"{{/", Name/binary, "}}">>,
                    case binary:split(After, End) of
                        [Body, Tail] -> [Text, [fill(Body, maps:merge(Values, V)) || V <- maps:get(Name, Values, [])], fill(Tail, Values)];
                        [_] -> throw({no_end_of, Name})
                    end;
                [Name, After] -> [Text, text(maps:get(Name, Values, <<"?">>)), fill(After, Values)];
                [_] -> throw(open_tag)
            end
    end.
text(N) when is_integer(N) -> integer_to_binary(N);
text(B) -> B.
