%% @doc Characters to bytes and back, and device options: what the console's I/O servers share.
%%
%% Follows "The Erlang I/O Protocol" and the devices of OTP 25: a console starts in `latin1' and
%% writes what that can't express as `\x{HEX}'.
-module(brood_io).

-export([output/2, encode/3, decode/3, convert/4, setopts/2]).

-export_type([encoding/0, options/0]).

-type encoding() :: latin1 | unicode.
-type options() :: #{encoding := encoding(), binary => boolean()}.
%% A device without `binary' does not read.

%% @doc The bytes that an output request writes; `false' if the request isn't one.
-spec output(Request :: term(), encoding()) -> {ok, binary()} | {error, put_chars} | false.
output({put_chars, From, Chars}, To) when From =:= latin1; From =:= unicode ->
    encode(Chars, From, To);
output({put_chars, From, Module, Function, Arguments}, To) when From =:= latin1; From =:= unicode ->
    try apply(Module, Function, Arguments) of
        Chars -> encode(Chars, From, To)
    catch
        _:_ -> {error, put_chars}
    end;
output({put_chars, Chars}, To) ->
    output({put_chars, latin1, Chars}, To);
output({put_chars, Module, Function, Arguments}, To) ->
    output({put_chars, latin1, Module, Function, Arguments}, To);
output(_Request, _To) ->
    false.

%% @doc Characters in one encoding to bytes in another.
-spec encode(Chars :: term(), From :: encoding(), To :: encoding()) ->
          {ok, binary()} | {error, put_chars}.
encode(Binary, Same, Same) when is_binary(Binary) ->
    {ok, Binary};
encode(Chars, From, To) ->
    try unicode:characters_to_binary(Chars, From, To) of
        Binary when is_binary(Binary) -> {ok, Binary};
        {error, _, _} when From =:= unicode, To =:= latin1 -> escape(Chars);
        _ -> {error, put_chars}
    catch
        error:_ -> {error, put_chars}
    end.

escape(Chars) ->
    case unicode:characters_to_list(Chars, unicode) of
        List when is_list(List) -> {ok, iolist_to_binary([escape_character(C) || C <- List])};
        _ -> {error, put_chars}
    end.

escape_character(C) when C > 255 -> ["\\x{", integer_to_list(C, 16), $}];
escape_character(C) -> C.

%% @doc Bytes from a device in one encoding to characters in another, as a list or a binary; and
%% the bytes at the end that are the beginning of a character.
-spec decode(binary(), options(), To :: encoding()) ->
          {ok, unicode:chardata(), Rest :: binary()} | error.
decode(Bytes, #{encoding := latin1, binary := true}, latin1) ->
    {ok, Bytes, <<>>};
decode(Bytes, #{encoding := latin1, binary := true}, unicode) ->
    {ok, unicode:characters_to_binary(Bytes, latin1, unicode), <<>>};
decode(Bytes, #{encoding := latin1, binary := false}, _To) ->
    {ok, binary_to_list(Bytes), <<>>};
decode(Bytes, #{encoding := unicode, binary := Binary}, To) ->
    case unicode:characters_to_list(Bytes, unicode) of
        {error, _, _} -> error;
        {incomplete, Chars, Rest} -> with_rest(represent(Chars, Binary, To), Rest);
        Chars -> with_rest(represent(Chars, Binary, To), <<>>)
    end.

with_rest({ok, Chars}, Rest) -> {ok, Chars, Rest};
with_rest(error, _Rest) -> error.

%% @doc Characters that one reader left, as the next one wants them.
-spec convert(unicode:chardata(), From :: encoding(), To :: encoding(), options()) ->
          {ok, unicode:chardata()} | error.
convert(Chars, Same, Same, #{binary := Binary}) when is_binary(Chars) =:= Binary ->
    {ok, Chars};
convert(Chars, From, To, #{binary := Binary}) when is_binary(Chars) ->
    represent(unicode:characters_to_list(Chars, From), Binary, To);
convert(Chars, _From, To, #{binary := Binary}) ->
    represent(Chars, Binary, To).

represent(Chars, true, To) ->
    case unicode:characters_to_binary(Chars, unicode, To) of
        Binary when is_binary(Binary) -> {ok, Binary};
        _ -> error
    end;
represent(Chars, false, unicode) ->
    {ok, Chars};
represent(Chars, false, latin1) ->
    case lists:all(fun(C) -> C < 256 end, Chars) of
        true -> {ok, Chars};
        false -> error
    end.

%% @doc The device's options changed by a `setopts' request; `error' if one isn't supported.
-spec setopts(Changes :: list(), options()) -> {ok, options()} | error.
setopts(Changes, Options) ->
    try lists:foldl(fun setopt/2, Options, Changes) of
        Changed -> {ok, Changed}
    catch
        error:function_clause -> error
    end.

setopt({encoding, utf8}, Options) -> Options#{encoding := unicode};
setopt({encoding, E}, Options) when E =:= unicode; E =:= latin1 -> Options#{encoding := E};
setopt(E, Options) when E =:= unicode; E =:= latin1 -> Options#{encoding := E};
setopt({binary, B}, #{binary := _} = Options) when is_boolean(B) -> Options#{binary := B};
setopt({list, B}, #{binary := _} = Options) when is_boolean(B) -> Options#{binary := not B};
setopt(binary, #{binary := _} = Options) -> Options#{binary := true};
setopt(list, #{binary := _} = Options) -> Options#{binary := false}.
