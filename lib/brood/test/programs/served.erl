-module(served).
-behaviour(brood_handler).
-export([handle/1, main/1]).

handle(#{path := <<"/">>}) -> {200, [{"X-List", [<<"io">>, "list"]}], ["bo", <<"dy">>]};
handle(#{path := <<"/error">>}) -> error(on_purpose);
handle(#{path := <<"/throw">>}) -> throw(on_purpose);
handle(#{path := <<"/status">>}) -> {99, [], <<>>};
handle(#{path := <<"/headers">>}) -> {200, [name], <<>>};
handle(#{path := <<"/body">>}) -> {200, [], [an_atom]};
handle(#{path := <<"/linked">>}) -> spawn_link(fun() -> exit(linked) end), timer:sleep(infinity);
handle(#{path := <<"/logs">>}) -> logger:error("logged"), {204, [], <<>>}.

main(["halt", Status]) -> halt(list_to_integer(Status));
main(["stop", Status]) -> init:stop(list_to_integer(Status)), timer:sleep(infinity);
main(["stop and return"]) -> init:stop(4);
main(["error"]) -> error(on_purpose);
main(Arguments) -> io:format("~p~n", [Arguments]).
