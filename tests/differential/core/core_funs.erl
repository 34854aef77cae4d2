%% Funs: closures, recursion, external funs, arity and their errors.
%% tier: 0
-module(core_funs).
-export([main/0, id/1, twice/1]).

main() ->
    Add = fun(X, Y) -> X + Y end,
    N = id(10),
    AddN = fun(X) -> Add(X, N) end,
    erlang:display({Add(1, 2), AddN(5), (adder(3))(4)}),
    Compose = fun(F, G) -> fun(X) -> F(G(X)) end end,
    erlang:display((Compose(AddN, fun twice/1))(7)),
    erlang:display((Compose(fun ?MODULE:twice/1, fun erlang:abs/1))(-7)),
    Fact = fun Self(0) -> 1; Self(K) -> K * Self(K - 1) end,
    erlang:display(Fact(15)),
    Counters = [fun() -> I * I end || I <- [1, 2, 3, 4]],
    erlang:display([C() || C <- Counters]),
    Many = {id(a), id(b), id(c), id(d), id(e), id(f)},
    {A, B, C1, D, E, F0} = Many,
    Capture = fun(X) -> {X, A, B, C1, D, E, F0, N} end,
    erlang:display(Capture(0)),
    M = id(?MODULE), Fn = id(twice),
    Ext = fun M:Fn/1,
    erlang:display({Ext(21), Ext =:= fun ?MODULE:twice/1, Ext}),
    erlang:display({is_function(Add), is_function(Add, 2), is_function(Add, 1), is_function(Ext, 1)}),
    erlang:display([element(2, erlang:fun_info(Add, K)) || K <- [arity, type, module]]),
    erlang:display(erlang:fun_info(Ext, name)),
    erlang:display([erlang:fun_info(AddN, arity), length(element(2, erlang:fun_info(Capture, env)))]),
    erlang:display({Add =:= Add, fun twice/1 =:= fun twice/1, adder(1) =:= adder(1), adder(1) =:= adder(2)}),
    Ten = fun(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10) -> [A10, A9, A8, A7, A6, A5, A4, A3, A2, A1] end,
    erlang:display(Ten(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)),
    erlang:display(apply(Add, [3, 4])),
    erlang:display(church(5, fun(X) -> [x | X] end, [])),
    Clauses = fun(X) when X > 10 -> large; (X) when is_integer(X) -> small; ({p, Y}) -> {pair, Y}; (_) -> other end,
    erlang:display([Clauses(V) || V <- [11, 3, {p, q}, {p}]]),
    erlang:display([class(fun() -> (id(not_fun))(1) end), badarity(fun() -> AddN(1, 2) end),
                    class(fun() -> (fun nowhere:nothing/2)(1, 2) end)]),
    ok.

id(X) -> X.
twice(X) -> X * 2.
adder(N) -> fun(X) -> X + N end.

church(0, _, X) -> X;
church(N, F, X) -> F(church(N - 1, F, X)).

badarity(F) -> try F() catch error:{badarity, {G, Args}} -> {badarity, is_function(G, 1), Args} end.
class(F) -> try F() catch C:R -> {C, R} end.
