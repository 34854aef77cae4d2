%% @doc The group leader of a case: takes what it prints, and has nothing for it to read.
%%
%% What is printed is kept only between `capture_start' and `capture_stop'.
-module(suite_leader).

-export([start/0, capture/1]).

%% @doc A new leader, linked to nobody.
-spec start() -> pid().
start() ->
    spawn(fun() -> loop(off) end).

%% @doc Begins or ends to capture what the caller's group leader gets, or takes what it got, as a
%% list of strings, one for each request.
-spec capture(start | stop) -> ok; (get) -> [string()].
capture(What) ->
    Reference = make_ref(),
    group_leader() ! {capture, self(), Reference, What},
    receive
        {Reference, Answer} -> Answer
    after 1000 ->
        %% Not a leader of this kind: the case has put in another one.
        case What of get -> []; _ -> ok end
    end.

-spec loop(off | [string()]) -> no_return().
loop(Captured) ->
    receive
        {io_request, From, As, Request} ->
            {Answer, Printed} = answer(Request),
            From ! {io_reply, As, Answer},
            loop(keep(Printed, Captured));
        {capture, From, Reference, start} ->
            From ! {Reference, ok},
            loop([]);
        {capture, From, Reference, stop} ->
            From ! {Reference, ok},
            put(captured, Captured),
            loop(off);
        {capture, From, Reference, get} ->
            Strings = case Captured of off -> erase(captured); _ -> Captured end,
            From ! {Reference, [String || String <- taken(Strings)]},
            loop(case Captured of off -> off; _ -> [] end);
        _ ->
            loop(Captured)
    end.

taken(Strings) when is_list(Strings) -> lists:reverse(Strings);
taken(_) -> [].

keep(_Printed, off) -> off;
keep([], Captured) -> Captured;
keep(Printed, Captured) -> [Printed | Captured].

%% The answer to an I/O request and what it prints.
answer({put_chars, Encoding, Characters}) -> {ok, characters(Encoding, Characters)};
answer({put_chars, Encoding, Module, Function, Arguments}) ->
    try {ok, characters(Encoding, apply(Module, Function, Arguments))}
    catch _:_ -> {{error, Function}, []}
    end;
answer({put_chars, Characters}) -> {ok, characters(latin1, Characters)};
answer({requests, Requests}) ->
    {Answers, Printed} = lists:unzip([answer(Request) || Request <- Requests]),
    {lists:last([ok | Answers]), lists:append(Printed)};
answer(getopts) -> {[{binary, false}, {encoding, unicode}], []};
answer({setopts, _}) -> {ok, []};
answer({get_geometry, _}) -> {{error, enotsup}, []};
answer({get_password, _}) -> {eof, []};
answer({get_line, _}) -> {eof, []};
answer({get_line, _, _}) -> {eof, []};
answer({get_chars, _, _}) -> {eof, []};
answer({get_chars, _, _, _}) -> {eof, []};
answer({get_until, _, _, _, _}) -> {eof, []};
answer({get_until, _, _, _, _, _}) -> {eof, []};
answer(_) -> {{error, request}, []}.

characters(Encoding, Characters) ->
    case unicode:characters_to_list(Characters, Encoding) of
        List when is_list(List) -> List;
        _ -> []
    end.
