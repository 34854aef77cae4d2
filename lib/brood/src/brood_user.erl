%% @doc The `user' I/O server: the console as OTP's standard input and output.
%%
%% Everything that prints or reads without naming a device ends here, since `user' is the group
%% leader of all. It behaves as OTP's own `user' does without a terminal (`erl -noshell'). Input
%% is asked of the machine when somebody first reads. While a reader waits, output requests of
%% other processes are served and their reads wait for their turn.
-module(brood_user).

-export([start_link/0]).

-record(device, {options = #{binary => false, encoding => latin1} :: brood_io:options(),
                 %% Input that nobody has read: bytes as they came, behind what the last reader
                 %% was given and left over.
                 bytes = <<>> :: binary(),
                 left = none :: none | {brood_io:encoding(), unicode:chardata()},
                 input = idle :: idle | open | eof,
                 deferred = queue:new() :: queue:queue({pid(), term(), term()})}).

%% @doc Starts the process that is registered as `user'.
-spec start_link() -> {ok, pid()}.
start_link() ->
    Pid = spawn_link(fun() ->
                             group_leader(self(), self()),
                             loop(#device{})
                     end),
    register(user, Pid),
    {ok, Pid}.

loop(#device{deferred = Deferred} = Device) ->
    case queue:out(Deferred) of
        {{value, {From, ReplyAs, Request}}, Rest} ->
            loop(serve(From, ReplyAs, Request, Device#device{deferred = Rest}));
        {empty, _} ->
            receive
                {io_request, From, ReplyAs, Request} when is_pid(From) ->
                    loop(serve(From, ReplyAs, Request, Device));
                {brood_console, Input} ->
                    loop(arrived(Input, Device));
                _Other ->
                    loop(Device)
            end
    end.

serve(From, ReplyAs, Request, Device) ->
    {Reply, Next} = request(Request, Device),
    From ! {io_reply, ReplyAs, Reply},
    Next.

arrived(eof, Device) ->
    Device#device{input = eof};
arrived(Bytes, #device{bytes = Before} = Device) ->
    Device#device{bytes = <<Before/binary, Bytes/binary>>}.

request(getopts, #device{options = Options} = Device) ->
    {maps:to_list(Options), Device};
request({setopts, Changes}, #device{options = Options} = Device) when is_list(Changes) ->
    case brood_io:setopts(Changes, Options) of
        {ok, Changed} -> {ok, (unread(Device))#device{options = Changed}};
        error -> {{error, enotsup}, Device}
    end;
request({get_geometry, Dimension}, Device) when Dimension =:= columns; Dimension =:= rows ->
    {{error, enotsup}, Device};
request({requests, Requests}, Device) when is_list(Requests) ->
    requests(Requests, ok, Device);
request(Request, #device{options = #{encoding := Encoding}} = Device) ->
    case brood_io:output(Request, Encoding) of
        {ok, Bytes} ->
            {brood_sys:console_write(stdout, Bytes), Device};
        {error, _} = Error ->
            {Error, Device};
        false ->
            case reader(Request) of
                {Prompt, To, Reader} -> read(Prompt, To, Reader, Device);
                false -> {{error, {request, Request}}, Device}
            end
    end.

requests(_Requests, {error, _} = Error, Device) ->
    {Error, Device};
requests([], Reply, Device) ->
    {Reply, Device};
requests([Request | Rest], _Reply, Device) ->
    {Reply, Next} = request(Request, Device),
    requests(Rest, Reply, Next).

%% An input request as {Prompt, Encoding, {Module, Function, Argument}}: the function of `io_lib'
%% that collects characters for it, and the name of the request in an error.
reader({get_line, To, Prompt}) ->
    {Prompt, To, {io_lib, collect_line, [], get_line}};
reader({get_chars, To, Prompt, N}) ->
    {Prompt, To, {io_lib, collect_chars, N, get_chars}};
reader({get_until, To, Prompt, M, F, As}) ->
    {Prompt, To, {io_lib, get_until, {M, F, As}, F}};
reader({get_line, Prompt}) ->
    reader({get_line, latin1, Prompt});
reader({get_chars, Prompt, N}) ->
    reader({get_chars, latin1, Prompt, N});
reader({get_until, Prompt, M, F, As}) ->
    reader({get_until, latin1, Prompt, M, F, As});
reader(_Request) ->
    false.

is_input({requests, Requests}) when is_list(Requests) -> lists:any(fun is_input/1, Requests);
is_input(Request) -> reader(Request) =/= false.

read(Prompt, To, {_, _, _, Name} = Reader, Device) ->
    case prompt(Prompt, Device) of
        ok -> collect(start, To, Reader, subscribed(Device));
        error -> {{error, Name}, Device}
    end.

prompt('', _Device) ->
    ok;
prompt(Prompt, #device{options = #{encoding := Encoding}}) ->
    case brood_io:encode(io_lib:format_prompt(Prompt, Encoding), unicode, Encoding) of
        {ok, Bytes} -> brood_sys:console_write(stdout, Bytes);
        {error, put_chars} -> error
    end.

subscribed(#device{input = idle} = Device) ->
    ok = brood_sys:console_subscribe(),
    Device#device{input = open};
subscribed(Device) ->
    Device.

%% Gives the reader what there is until it says that it has enough.
collect(State, To, {_, _, _, Name} = Reader, Device) ->
    case next(To, Device) of
        {eof, Device1} when State =:= start -> {eof, Device1};
        {wait, Device1} -> collect(State, To, Reader, wait(Device1));
        {error, Device1} -> {{error, Name}, Device1};
        {Data, Device1} -> collect(State, Data, To, Reader, Device1)
    end.

collect(State, Data, To, {Module, Function, Argument, Name} = Reader, Device) ->
    try Module:Function(State, Data, To, Argument) of
        {stop, Result, eof} -> {Result, Device};
        {stop, Result, Empty} when Empty =:= []; Empty =:= <<>> -> {Result, Device};
        {stop, Result, Left} -> {Result, Device#device{left = {To, Left}}};
        More -> collect(More, To, Reader, Device)
    catch
        _:_ -> {{error, Name}, Device#device{bytes = <<>>, left = none}}
    end.

next(To, #device{left = {From, Left}, options = Options} = Device) ->
    case brood_io:convert(Left, From, To, Options) of
        {ok, Chars} -> {Chars, Device#device{left = none}};
        error -> {error, Device#device{left = none}}
    end;
next(_To, #device{bytes = <<>>, input = eof} = Device) ->
    {eof, Device};
next(_To, #device{bytes = <<>>} = Device) ->
    {wait, Device};
next(To, #device{bytes = Bytes, options = Options, input = Input} = Device) ->
    case brood_io:decode(Bytes, Options, To) of
        {ok, Empty, Rest} when (Empty =:= [] orelse Empty =:= <<>>), Input =/= eof ->
            {wait, Device#device{bytes = Rest}};
        {ok, Empty, _Cut} when Empty =:= []; Empty =:= <<>> ->
            {error, Device#device{bytes = <<>>}};
        {ok, Chars, Rest} ->
            {Chars, Device#device{bytes = Rest}};
        error ->
            {error, Device#device{bytes = <<>>}}
    end.

%% What the last reader left, as bytes again: they are to be read in another way.
unread(#device{left = none} = Device) ->
    Device;
unread(#device{left = {From, Left}, bytes = Bytes, options = #{encoding := Encoding}} = Device) ->
    Kind = if is_list(Left) -> unicode; true -> From end,
    Unread = unicode:characters_to_binary(Left, Kind, Encoding),
    Device#device{left = none, bytes = <<Unread/binary, Bytes/binary>>}.

wait(#device{deferred = Deferred} = Device) ->
    receive
        {brood_console, Input} ->
            arrived(Input, Device);
        {io_request, From, ReplyAs, Request} when is_pid(From) ->
            case is_input(Request) of
                true -> wait(Device#device{deferred = queue:in({From, ReplyAs, Request}, Deferred)});
                false -> wait(serve(From, ReplyAs, Request, Device))
            end
    end.
