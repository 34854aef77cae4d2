%% Funs as values: closures, recursion, currying, fun_info, application.
%% tier: 2
-module(closures).
-export([main/0, id/1, add/2, mul/2]).

main() ->
    Curry = fun(F) -> fun(X) -> fun(Y) -> F(X, Y) end end end,
    Add = Curry(fun ?MODULE:add/2),
    io:format("~p~n", [((Add)(3))(4)]),
    io:format("~p~n", [lists:map(Add(10), [1, 2, 3])]),
    Compose = fun(Fs) -> lists:foldr(fun(F, G) -> fun(X) -> F(G(X)) end end, fun id/1, Fs) end,
    io:format("~p~n", [(Compose([fun(X) -> X + 1 end, fun(X) -> X * 2 end, fun erlang:abs/1]))(-5)]),
    Fib = fun F(N) when N < 2 -> N; F(N) -> F(N - 1) + F(N - 2) end,
    io:format("~p~n", [[Fib(N) || N <- lists:seq(0, 15)]]),
    Y = fun(G) -> (fun(X) -> X(X) end)(fun(X) -> G(fun(A) -> (X(X))(A) end) end) end,
    io:format("~p~n", [(Y(fun(Self) -> fun(0) -> 1; (N) -> N * Self(N - 1) end end))(20)]),
    Memo = memo(fun(N) -> N * N end),
    io:format("~p~n", [[Memo(3), Memo(3), Memo(4)]]),
    Counter = make_counter(),
    io:format("~p~n", [[Counter(), Counter(), Counter()]]),
    Ext = fun lists:reverse/1,
    io:format("~p ~w~n", [Ext, Ext]),
    io:format("~p~n", [[erlang:fun_info(Ext, K) || K <- [module, name, arity, type, env]]]),
    A = id(1), B = id("b"), C = id({c}),
    Env = fun(X) -> {X, A, B, C} end,
    io:format("~p~n", [[erlang:fun_info(Env, K) || K <- [module, arity, type, env]]]),
    io:format("~p~n", [lists:sort([K || {K, _} <- erlang:fun_info(Env)])]),
    io:format("~p~n", [Env(x)]),
    io:format("~p~n", [[is_function(F, N) || F <- [Ext, Env, fun() -> ok end, fun erlang:'+'/2], N <- [0, 1, 2]]]),
    io:format("~p~n", [[apply(fun ?MODULE:mul/2, [6, 7]), apply(?MODULE, mul, [2, 3]), apply(id(fun lists:sum/1), [[1, 2, 3]])]]),
    Table = #{add => fun add/2, mul => fun ?MODULE:mul/2, sub => fun erlang:'-'/2, max => fun erlang:max/2},
    io:format("~p~n", [[{K, (maps:get(K, Table))(7, 5)} || K <- [add, max, mul, sub]]]),
    io:format("~p~n", [fun ?MODULE:add/2 =:= fun ?MODULE:add/2]),
    io:format("~p~n", [fun lists:map/2 =:= fun lists:map/2]),
    [F1, F2] = [fun(Z) -> Z + K end || K <- [1, 1]],
    [F3, F4] = [fun(Z) -> Z + K end || K <- [1, 2]],
    io:format("~p ~p ~p~n", [F1 =:= F2, F3 =:= F4, F1(1) + F4(1)]),
    io:format("~p~n", [take(10, naturals(5))]),
    io:format("~p~n", [take(10, sieve(naturals(2)))]),
    io:format("~p~n", [erlang:fun_to_list(fun lists:map/2)]),
    [io:format("~p~n", [catch_(F)]) || F <- [fun() -> (id(5))() end, fun() -> (fun lists:nothing/0)() end, fun() -> apply(id(x), []) end,
                                             fun() -> erlang:make_fun(lists, map, -1) end]],
    io:format("~p~n", [(erlang:make_fun(lists, max, 1))([3, 9, 2])]),
    io:format("~p~n", [try (fun(_) -> ok end)(1, 2) catch error:{badarity, {_, As}} -> As end]).

id(X) -> X.
add(A, B) -> A + B.
mul(A, B) -> A * B.

memo(F) -> fun(X) -> case get({memo, X}) of undefined -> V = F(X), put({memo, X}, V), {computed, V}; V -> {cached, V} end end.

make_counter() ->
    Pid = spawn(fun() -> counter(0) end),
    fun() -> Pid ! {next, self()}, receive {value, N} -> N end end.

counter(N) -> receive {next, From} -> From ! {value, N}, counter(N + 1) end.

naturals(N) -> fun() -> {N, naturals(N + 1)} end.

sieve(S) ->
    fun() ->
        {P, Rest} = S(),
        {P, sieve(filter(fun(X) -> X rem P =/= 0 end, Rest))}
    end.

filter(F, S) ->
    fun() ->
        case S() of
            {X, Rest} -> case F(X) of true -> {X, filter(F, Rest)}; false -> (filter(F, Rest))() end
        end
    end.

take(0, _) -> [];
take(N, S) -> {X, Rest} = S(), [X | take(N - 1, Rest)].

catch_(F) -> try F() catch C:R -> {C, R} end.
