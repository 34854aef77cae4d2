%% @doc The last step of an image's boot and the first of a clone's life.
%%
%% The boot script ends with {@link start/1}, or it is called for the flag `-s' of a release. It leaves two processes: one that freezes the image
%% and, in each clone, goes on with the clone's argument; and one that watches it, so that a death
%% by a linked process's exit signal ends the instance with a report, not in silence.
%%
%% Between the return of `brood_sys:freeze/0' and the call of the application there is as little as
%% possible: each page that a clone touches has to be copied first.
-module(brood_boot).

-export([start/1]).

-export_type([entries/0]).

-type entries() :: #{handler => module(), main => {module(), Function :: atom(), 0 | 1}}.
%% What the application exports: a {@link brood_handler}, a main function, or both.

%% How often the others get a turn to end what they have begun before the instance is gone.
-define(LAST_TURNS, 1000).

%% @doc Called when all applications are started.
-spec start(entries() | [atom()]) -> ok.
start(Arguments) when is_list(Arguments) ->
    start(entries(Arguments));
start(Entries) ->
    Handler = maps:get(handler, Entries, none),
    Main = maps:get(main, Entries, none),
    User = whereis(user),
    _ = spawn(fun() -> watch(User, Handler, Main) end),
    ok.

entries([handler, Handler | Rest]) ->
    (entries(Rest))#{handler => Handler};
entries([main, Module, Function, Arity | Rest]) ->
    (entries(Rest))#{main => {Module, Function, list_to_integer(atom_to_list(Arity))}};
entries([]) ->
    #{}.

watch(User, Handler, Main) ->
    group_leader(User, self()),
    {Pid, Monitor} = spawn_monitor(fun() ->
                                       ok = applications_run(),
                                       go(brood_sys:freeze(), Handler, Main)
                                   end),
    receive
        {'DOWN', Monitor, process, Pid, Reason} ->
            crashed("Process ~p was ended by an exit signal:~n~p~n", [Pid, Reason])
    end.

%% An application that could not start ends the application controller, and with it the system: `init' says why. Before
%% that there is nothing to be frozen.
applications_run() ->
    try application:which_applications(infinity) of
        _ -> ok
    catch
        exit:_ -> receive after infinity -> ok end
    end.

go({request, Request}, Handler, _Main) when Handler =/= none ->
    try Handler:handle(Request) of
        {Status, Headers, Body} when is_integer(Status), Status >= 100, Status =< 999 ->
            answer(Handler, Status, Headers, Body);
        Other ->
            bad_response(Handler, Other)
    catch
        Class:Reason:Stack ->
            uncaught(Class, Reason, Stack)
    end;
go({run, Arguments}, _Handler, {_, _, _} = Main) ->
    try main(Main, Arguments) of
        _ ->
            case init:get_status() of
                %% Somebody has called init:stop: init ends the instance.
                {stopping, _} -> receive after infinity -> ok end;
                _ -> finish(0)
            end
    catch
        Class:Reason:Stack ->
            uncaught(Class, Reason, Stack)
    end;
go(bench, _Handler, _Main) ->
    ok = brood_sys:send_parent(pong),
    halt(0);
go({request, _Request}, none, _Main) ->
    crashed("This image answers no requests: no module has the behaviour brood_handler.~n", []);
go({run, _Arguments}, _Handler, none) ->
    crashed("This image can't be run: it was built without a main function.~n", []);
go(Argument, _Handler, _Main) ->
    crashed("An instance was started with an argument that it doesn't know:~n~p~n", [Argument]).

main({Module, Function, 0}, _Arguments) ->
    Module:Function();
main({Module, Function, 1}, Arguments) ->
    Module:Function([text(Argument) || Argument <- Arguments]).

text(Argument) ->
    case unicode:characters_to_list(Argument) of
        Text when is_list(Text) -> Text;
        _ -> binary_to_list(Argument)
    end.

answer(Handler, Status, Headers, Body) ->
    try {response, Status, [header(Header) || Header <- Headers], iolist_to_binary(Body)} of
        Response ->
            ok = brood_sys:send_parent(Response),
            finish(0)
    catch
        error:_ -> bad_response(Handler, {Status, Headers, Body})
    end.

header({Name, Value}) ->
    {iolist_to_binary(Name), iolist_to_binary(Value)}.

bad_response(Handler, Value) ->
    crashed("~tp:handle/1 returned~n~tP~nwhere {Status, Headers, Body} was expected: an integer of "
            "100..999, a list of {Name, Value}, iodata.~n", [Handler, Value, 30]).

uncaught(Class, Reason, Stack) ->
    crashed("Error in process ~p with exit value:~n~p~n", [self(), exit_value(Class, Reason, Stack)]).

%% The value that OTP shows for a process that dies of this exception.
exit_value(error, Reason, Stack) -> {Reason, Stack};
exit_value(throw, Value, Stack) -> {{nocatch, Value}, Stack};
exit_value(exit, Reason, _Stack) -> Reason.

%% Reports through the application's own logger set-up and, as the default formatter writes it,
%% to the parent.
-spec crashed(io:format(), [term()]) -> no_return().
crashed(Format, Arguments) ->
    Meta = #{error_logger => #{tag => error, emulator => true},
             pid => self(), gl => group_leader(), time => logger:timestamp()},
    logger:log(error, Format, Arguments, Meta),
    Event = #{level => error, msg => {Format, Arguments}, meta => Meta},
    Report = logger_formatter:format(Event, #{legacy_header => true, single_line => false}),
    ok = brood_sys:send_parent({crash, 500, unicode:characters_to_binary(Report)}),
    finish(1).

%% Lets the other processes end what they have begun (a log event on its way to the console, say):
%% on one core, when nobody else is runnable, all of it is done.
-spec finish(non_neg_integer()) -> no_return().
finish(Status) ->
    drain(?LAST_TURNS),
    halt(Status).

drain(0) ->
    ok;
drain(Turns) ->
    case erlang:statistics(run_queue) of
        0 ->
            ok;
        _ ->
            erlang:yield(),
            drain(Turns - 1)
    end.
