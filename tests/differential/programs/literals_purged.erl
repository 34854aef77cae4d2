%% Literals of a module outlive it in the processes that hold them: in messages, dictionary, funs, stack and heap, over collections.
%% tier: 4
-module(literals_purged).
-export([main/0]).

-define(HOLDERS, 200).

main() ->
    load(),
    S = self(),
    {P, M} = spawn_opt(fun() -> hold(S) end, [monitor, {min_heap_size, 5000}]),
    receive {P, ready} -> ok end,
    P ! {kept, purged_literals:value()},
    io:format("~p~n", [[code:delete(purged_literals), code:soft_purge(purged_literals), erlang:module_loaded(purged_literals)]]),
    receive after 10 -> ok end,
    P ! go,
    io:format("~p~n", [receive {P, Wrong} -> Wrong end]),
    receive {'DOWN', M, process, P, Why} -> io:format("~p~n", [Why]) end.

hold(Parent) ->
    Held = [{N, purged_literals:value()} || N <- lists:seq(1, ?HOLDERS)],
    Value = purged_literals:value(),
    Fun = fun() -> Value end,
    put(held, [purged_literals:value()]),
    Parent ! {self(), ready},
    receive go -> ok end,
    Rounds = [begin churn(3000, []), [wrong([V || {_, V} <- Held]), wrong(get(held)), wrong([Fun(), Value])] end || _ <- lists:seq(1, 20)],
    Kept = receive {kept, K} -> wrong([K]) end,
    Parent ! {self(), {lists:usort(Rounds), Kept}}.

wrong(Values) ->
    length([V || V <- Values, V =/= {1.5, "seven", <<"eight">>, #{nine => 10}}]).

%% Fills the young heap with garbage, a few times.
churn(0, _) -> ok;
churn(N, _) -> churn(N - 1, [N / 3]).

load() ->
    {ok, Tokens, _} = erl_scan:string("-module(purged_literals). -export([value/0]). value() -> {1.5, \"seven\", <<\"eight\">>, #{nine => 10}}."),
    {ok, Module, Beam} = compile:forms(forms(Tokens, [])),
    {module, Module} = code:load_binary(Module, "purged_literals.erl", Beam).

forms([], []) -> [];
forms([{dot, _} = Dot | Rest], Acc) -> {ok, Form} = erl_parse:parse_form(lists:reverse(Acc, [Dot])), [Form | forms(Rest, [])];
forms([Token | Rest], Acc) -> forms(Rest, [Token | Acc]).
