%% try with everything: after in every way out, catch of catch, re-raised stacks, exits of exits, errors with arguments.
%% tier: 2
-module(exceptions_nested).
-export([main/0]).

main() ->
    [io:format("~p~n", [run(F)])
     || F <- [fun() -> 1 end, fun() -> throw(t) end, fun() -> error(e) end, fun() -> exit(x) end, fun() -> error({with, args}, [1, 2]) end,
              fun() -> try throw(a) catch throw:a -> throw(b) end end, fun() -> try error(a) after throw(from_after) end end,
              fun() -> try ok of ok -> error(in_of) catch error:in_of -> never end end, fun() -> try throw(x) catch error:_ -> never after put(log, [inner | get(log)]) end end,
              fun() -> catch error(caught) , after_catch end, fun() -> (catch throw(v)) + 1 end, fun() -> {'EXIT', {R, _}} = (catch error(r)), R end, fun() -> {'EXIT', R} = (catch exit(r)), R end,
              fun() -> try exit(kill) catch exit:kill -> caught_kill end end, fun() -> erlang:raise(throw, v, []) end, fun() -> erlang:raise(error, v, [{m, f, 1, [{file, "x"}, {line, 2}]}]) end,
              fun() -> erlang:raise(bad_class, v, []) end, fun() -> case id(3) of 1 -> a end end, fun() -> Y = id(1), if Y > 2 -> a end end, fun() -> {a, _} = id(b) end, fun() -> (fun(1) -> x end)(2) end,
              fun() -> f(z) end, fun() -> try id(3) of 4 -> x catch _:_ -> y end end, fun() -> lists:map(fun(X) -> 1 / X end, [1, 0]) end, fun() -> [X || X <- id(notalist)] end, fun() -> << <<X>> || X <- [a] >> end, fun() -> error(badarg, none) end]],
    put(log, []),
    try try throw(one) after put(log, [first | get(log)]) end
    catch throw:one -> put(log, [second | get(log)])
    after put(log, [third | get(log)])
    end,
    io:format("~w~n", [get(log)]),
    try deep(200) catch error:{bottom, N}:Stack -> io:format("~w ~w ~w~n", [N, length(Stack), hd(Stack)]) end,
    try deep_tail(200) catch error:tail:S2 -> io:format("~w~n", [[{M, G, A} || {M, G, A, _} <- S2, M =:= ?MODULE]]) end.

run(F) ->
    put(log, []),
    try {value, F()}
    catch C:R:S -> {C, R, [{G, if is_list(A) -> {args, length(A)}; true -> A end} || {M, G, A, _} <- lists:sublist(S, 2), M =:= ?MODULE orelse M =:= erlang, G =/= run]}
    end.

id(X) -> X.
f(a) -> ok.
deep(0) -> error({bottom, 0});
deep(N) -> 1 + deep(N - 1).
deep_tail(0) -> error(tail);
deep_tail(N) -> deep_tail(N - 1).
