%% @doc Terms to JSON text.
-module(brood_release_json).

-export([encode/1]).

-export_type([value/0]).

-type value() :: null | boolean() | integer() | binary() | [value()] | #{atom() => value()}.

%% @doc The JSON text of a value, in UTF-8; the keys of objects are sorted.
-spec encode(value()) -> iodata().
encode(Value) when is_boolean(Value); Value =:= null -> atom_to_binary(Value);
encode(Value) when is_integer(Value) -> integer_to_binary(Value);
encode(Value) when is_binary(Value) -> string(Value);
encode(Value) when is_list(Value) -> [$[, lists:join($,, [encode(V) || V <- Value]), $]];
encode(Value) when is_map(Value) ->
    Members = [[string(atom_to_binary(K)), $:, encode(V)] || {K, V} <- lists:sort(maps:to_list(Value))],
    [${, lists:join($,, Members), $}].

string(Text) ->
    [$", << <<(character(C))/binary>> || <<C/utf8>> <= Text >>, $"].

character($") -> <<"\\\"">>;
character($\\) -> <<"\\\\">>;
character(C) when C < 32 -> iolist_to_binary(io_lib:format("\\u~4.16.0b", [C]));
character(C) -> <<C/utf8>>.
