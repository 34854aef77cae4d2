%% @doc The `standard_error' I/O server: output to the console's error stream.
-module(brood_standard_error).

-export([start_link/0]).

%% @doc Starts the process that is registered as `standard_error'.
-spec start_link() -> {ok, pid()}.
start_link() ->
    Pid = spawn_link(fun() -> loop(#{encoding => latin1}) end),
    register(standard_error, Pid),
    {ok, Pid}.

loop(Options) ->
    receive
        {io_request, From, ReplyAs, Request} when is_pid(From) ->
            {Reply, Next} = request(Request, Options),
            From ! {io_reply, ReplyAs, Reply},
            loop(Next);
        _Other ->
            loop(Options)
    end.

request(getopts, Options) ->
    {maps:to_list(Options), Options};
request({setopts, Changes}, Options) when is_list(Changes) ->
    case brood_io:setopts(Changes, Options) of
        {ok, Changed} -> {ok, Changed};
        error -> {{error, enotsup}, Options}
    end;
request({get_geometry, Dimension}, Options) when Dimension =:= columns; Dimension =:= rows ->
    {{error, enotsup}, Options};
request({requests, Requests}, Options) when is_list(Requests) ->
    requests(Requests, ok, Options);
request(Request, #{encoding := Encoding} = Options) ->
    case brood_io:output(Request, Encoding) of
        {ok, Bytes} -> {brood_sys:console_write(stderr, Bytes), Options};
        {error, _} = Error -> {Error, Options};
        false -> {{error, {request, Request}}, Options}
    end.

requests(_Requests, {error, _} = Error, Options) ->
    {Error, Options};
requests([], Reply, Options) ->
    {Reply, Options};
requests([Request | Rest], _Reply, Options) ->
    {Reply, Next} = request(Request, Options),
    requests(Rest, Reply, Next).
