%% The least that can be measured: started, it has nothing to do; asked, it answers.
-module(minimal).
-behaviour(brood_handler).

-export([handle/1, main/1]).

handle(_Request) ->
    {200, [{<<"content-type">>, <<"text/plain">>}], <<"hello\n">>}.

main(_Arguments) ->
    ok.
