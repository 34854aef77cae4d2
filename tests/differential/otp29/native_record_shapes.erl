%% Native records that other programs use, and how they look from their own module.
-module(native_record_shapes).
-export([main/0, hidden/0, point/2]).

-export_record([point, sized]).
-record #point{sh_x = 0, sh_y = 0}.
-record #sized{sh_shape, sh_size = [1, {two}, <<"three">>]}.
-record #hidden{sh_secret = 42}.

main() ->
    erlang:display(point(1, 2)),
    erlang:display(hidden()),
    erlang:display(secret(hidden())),
    erlang:display(records:get_definition(?MODULE, point)),
    erlang:display(records:get_definition(?MODULE, sized)),
    erlang:display(records:get_definition(?MODULE, hidden)),
    Sized = #sized{sh_shape = point(3, 4)},
    erlang:display(Sized),
    erlang:display(Sized#sized{sh_size = large}),
    %% Defaults are literals, of which copies are made when messages are sent.
    Self = self(),
    spawn(fun() -> Self ! Sized end),
    receive
        Received -> erlang:display(Received =:= Sized)
    end.

point(X, Y) ->
    #point{sh_y = Y, sh_x = X}.

hidden() ->
    #hidden{}.

secret(#hidden{sh_secret = Secret}) ->
    Secret.
