%% @doc Templates: text with holes.
%%
%% `{{name}}' is replaced by the value of `name' with the characters that mean something in HTML
%% escaped; `{{{name}}}' by the value as it is.
-module(pages_template).

-export([compile/1, render/2, escape/1]).

-export_type([template/0]).

-opaque template() :: [binary() | {escaped | raw, Name :: binary()}].

%% @doc Compiles the text of a template; fails with `{unclosed, Text}' where a hole has no end.
-spec compile(binary()) -> template().
compile(Text) ->
    case binary:split(Text, <<"{{">>) of
        [Plain] -> [Plain];
        [Plain, <<"{", Rest/binary>>] -> [Plain | hole(raw, <<"}}}">>, Rest)];
        [Plain, Rest] -> [Plain | hole(escaped, <<"}}">>, Rest)]
    end.

hole(Kind, End, Text) ->
    case binary:split(Text, End) of
        [Name, Rest] -> [{Kind, string:trim(Name)} | compile(Rest)];
        [Unclosed] -> error({unclosed, Unclosed})
    end.

%% @doc The text with its holes filled; a name without a value is an error, `{badkey, Name}'.
-spec render(template(), #{binary() => iodata()}) -> iodata().
render(Template, Values) ->
    [part(Part, Values) || Part <- Template].

part({escaped, Name}, Values) -> escape(maps:get(Name, Values));
part({raw, Name}, Values) -> maps:get(Name, Values);
part(Plain, _Values) -> Plain.

%% @doc Text that means itself in HTML, also within quotes.
-spec escape(iodata()) -> binary().
escape(Text) ->
    << <<(character(C))/binary>> || <<C>> <= iolist_to_binary(Text) >>.

character($&) -> <<"&amp;">>;
character($<) -> <<"&lt;">>;
character($>) -> <<"&gt;">>;
character($") -> <<"&quot;">>;
character($') -> <<"&#39;">>;
character(C) -> <<C>>.
