%% Funs: closures over many variables, equality, information, external funs, wrong arities, recursion by themselves.
%% tier: 2
-module(closures_and_arity).
-export([main/0, add/2]).

main() ->
    A = 1, B = 2.0, C = "three", D = {four}, E = <<5>>, F = #{six => 6},
    Fun = fun(X, Y) -> {A, B, C, D, E, F, X, Y} end,
    io:format("~w~n", [Fun(x, y)]),
    io:format("~w~n", [[element(2, erlang:fun_info(Fun, I)) || I <- [arity, module, type, env]]]),
    io:format("~w~n", [[erlang:fun_info(fun lists:map/2, I) || I <- [arity, module, name, type, env]]]),
    Same = [fun(X) -> X + N end || N <- [1, 1, 2]],
    io:format("~w~n", [[G =:= H || G <- Same, H <- Same]]),
    io:format("~w~n", [[fun add/2 =:= fun add/2, fun ?MODULE:add/2 =:= fun ?MODULE:add/2, fun add/2 =:= fun ?MODULE:add/2, fun lists:map/2 == fun lists:map/2]]),
    [io:format("~w~n", [try T() catch K:R -> {K, simple(R)} end])
     || T <- [fun() -> Fun(1) end, fun() -> (fun lists:map/2)(1, 2, 3) end, fun() -> apply(Fun, [1, 2, 3]) end, fun() -> (list_to_atom("x"))(1) end, fun() -> (fun nosuch:function/1)(1) end,
              fun() -> apply(fun erlang:'+'/2, [1, 2]) end, fun() -> apply(lists, reverse, [[1, 2]]) end, fun() -> apply(lists, reverse, not_a_list) end, fun() -> erlang:apply(Fun, [1 | 2]) end]],
    Y = fun(G) -> (fun(X) -> X(X) end)(fun(X) -> G(fun(V) -> (X(X))(V) end) end) end,
    io:format("~w~n", [(Y(fun(Self) -> fun(0) -> 1; (N) -> N * Self(N - 1) end end))(10)]),
    Compose = fun(G, H) -> fun(X) -> G(H(X)) end end,
    io:format("~w~n", [(lists:foldr(Compose, fun(X) -> X end, [fun(X) -> X * 2 end, fun(X) -> X + 1 end, fun erlang:abs/1]))(-5)]),
    Counter = fun Count(N) -> fun() -> {N, Count(N + 1)} end end,
    {1, Next} = (Counter(1))(),
    io:format("~w~n", [element(1, Next())]),
    io:format("~w~n", [binary_to_term(term_to_binary(fun lists:map/2)) =:= fun lists:map/2]),
    io:format("~w~n", [(binary_to_term(term_to_binary(Fun)))(p, q)]),
    io:format("~w~n", [lists:map(fun({G, Args}) -> apply(G, Args) end, [{fun add/2, [1, 2]}, {fun ?MODULE:add/2, [3, 4]}, {fun() -> self() =:= self() end, []}])]).

add(X, Y) -> X + Y.
simple({badarity, {_, Args}}) -> {badarity, Args};
simple(R) -> R.
