%% A Lisp, a Brainf*** machine, a stack machine and a lambda calculus.
%% tier: 3
-module(interpreters).
-export([main/0]).

main() ->
    [io:format("~p~n", [try lisp(S) catch throw:E -> {error, E} end]) || S <- ["(+ 1 2 (* 3 4))", "(let (x 5) (let (f (fn (y) (+ x y))) (f 10)))", "(begin (def fact (fn (n) (if (< n 2) 1 (* n (fact (- n 1)))))) (fact 20))", "(begin (def fib (fn (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))) (fib 15))",
        "(map (fn (x) (* x x)) (list 1 2 3 4))", "(undefined-function 1)", "(+ 1", "(begin (def compose (fn (f g) (fn (x) (f (g x))))) ((compose (fn (x) (* 2 x)) (fn (x) (+ x 1))) 5))", "(quote (a b (c 1)))", "(if (= 1 1) (quote yes) (quote no))"]],
    io:format("~s", [bf("++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.>++.", "")]),
    io:format("~p~n", [bf(",[>,]<[.<]", "reverse me")]),
    io:format("~p~n", [bf("+++++[>+++++++++<-],[[>--.++>+<<-]>+.->[<.>-]<<,]", "ab")]),
    io:format("~p~n", [run([{push, 10}, {store, n}, {push, 1}, {store, acc}, {label, top}, {load, n}, {jz, done}, {load, acc}, {load, n}, mul, {store, acc}, {load, n}, {push, 1}, sub, {store, n}, {jump, top}, {label, done}, {load, acc}])]),
    Two = {l, f, {l, x, {a, f, {a, f, x}}}}, Plus = {l, m, {l, n, {l, f, {l, x, {a, {a, m, f}, {a, {a, n, f}, x}}}}}}, Times = {l, m, {l, n, {l, f, {a, m, {a, n, f}}}}},
    io:format("~p~n", [[church(T) || T <- [Two, {a, {a, Plus, Two}, Two}, {a, {a, Times, {a, {a, Plus, Two}, Two}}, Two}, {a, {a, Two, Two}, Two}]]]),
    io:format("~p~n", [[rpn(S) || S <- ["3 4 + 2 *", "5 1 2 + 4 * + 3 -", "2 8 ^ 7 /", "1 +"]]]).

lisp(S) -> {T, _} = parse(tokens(S, [])), put(global, #{}), eval(T, #{}).
tokens([], A) -> lists:reverse(A);
tokens([C | T], A) when C =:= $\s -> tokens(T, A);
tokens([C | T], A) when C =:= $(; C =:= $) -> tokens(T, [C | A]);
tokens(S, A) -> {W, R} = lists:splitwith(fun(C) -> not lists:member(C, " ()") end, S), tokens(R, [word(W) | A]).
word(W) -> try list_to_integer(W) - 0 of N -> {n, N} catch error:badarg -> list_to_atom(W) end.
parse([$( | T]) -> items(T, []);
parse([X | T]) -> {X, T};
parse([]) -> throw(unexpected_end).
items([$) | T], A) -> {lists:reverse(A), T};
items(T, A) -> {X, R} = parse(T), items(R, [X | A]).

eval({n, N}, _) -> N;
eval(A, Env) when is_atom(A) -> case Env of #{A := V} -> V; _ -> case get(global) of #{A := V} -> V; _ -> {primitive, A} end end;
eval([quote, X], _) -> datum(X);
eval(['if', C, T, E], Env) -> case eval(C, Env) of false -> eval(E, Env); _ -> eval(T, Env) end;
eval(['let', [X, V], B], Env) -> eval(B, Env#{X => eval(V, Env)});
eval([fn, Ps, B], Env) -> {closure, Ps, B, Env};
eval([def, X, V], Env) -> put(global, (get(global))#{X => eval(V, Env)}), X;
eval(['begin' | Es], Env) -> lists:foldl(fun(E, _) -> eval(E, Env) end, nil, Es);
eval([F | As], Env) -> call(eval(F, Env), [eval(A, Env) || A <- As]).
datum({n, N}) -> N;
datum(L) when is_list(L) -> [datum(X) || X <- L];
datum(A) -> A.
call({closure, Ps, B, Env}, As) -> eval(B, maps:merge(Env, maps:from_list(lists:zip(Ps, As))));
call({primitive, '+'}, As) -> lists:sum(As);
call({primitive, '*'}, As) -> lists:foldl(fun erlang:'*'/2, 1, As);
call({primitive, '-'}, [A, B]) -> A - B;
call({primitive, '<'}, [A, B]) -> A < B;
call({primitive, '='}, [A, B]) -> A =:= B;
call({primitive, list}, As) -> As;
call({primitive, map}, [F, L]) -> [call(F, [X]) || X <- L];
call(F, _) -> throw({not_a_function, F}).

bf(P, In) -> lists:reverse(bf(compile(P, []), {[], 0, []}, In, [])).
compile([], A) -> lists:reverse(A);
compile([$[ | T], A) -> {Body, R} = block(T, []), compile(R, [{loop, Body} | A]);
compile([C | T], A) -> compile(T, [C | A]).
block([$] | T], A) -> {lists:reverse(A), T};
block([$[ | T], A) -> {B, R} = block(T, []), block(R, [{loop, B} | A]);
block([C | T], A) -> block(T, [C | A]).
bf(P, Tape, In, Out) -> {_, _, O} = steps(P, Tape, In, Out), O.
steps([], T, I, O) -> {T, I, O};
steps([{loop, _} | P], {_, 0, _} = T, I, O) -> steps(P, T, I, O);
steps([{loop, B} | _] = P, T, I, O) -> {T2, I2, O2} = steps(B, T, I, O), steps(P, T2, I2, O2);
steps([C | P], {L, V, R}, I, O) ->
    case C of
        $+ -> steps(P, {L, (V + 1) band 255, R}, I, O);
        $- -> steps(P, {L, (V - 1) band 255, R}, I, O);
        $> -> {H, T} = pop(R), steps(P, {[V | L], H, T}, I, O);
        $< -> {H, T} = pop(L), steps(P, {T, H, [V | R]}, I, O);
        $. -> steps(P, {L, V, R}, I, [V | O]);
        $, -> {H, T} = pop(I), steps(P, {L, H, R}, T, O)
    end.
pop([]) -> {0, []};
pop([H | T]) -> {H, T}.

run(P) -> run(1, list_to_tuple(P), [], #{}).
run(Pc, P, S, _) when Pc > tuple_size(P) -> S;
run(Pc, P, S, V) ->
    case {element(Pc, P), S} of
        {{push, N}, _} -> run(Pc + 1, P, [N | S], V);
        {{load, X}, _} -> run(Pc + 1, P, [map_get(X, V) | S], V);
        {{store, X}, [H | T]} -> run(Pc + 1, P, T, V#{X => H});
        {mul, [A, B | T]} -> run(Pc + 1, P, [B * A | T], V);
        {sub, [A, B | T]} -> run(Pc + 1, P, [B - A | T], V);
        {{label, _}, _} -> run(Pc + 1, P, S, V);
        {{jump, L}, _} -> run(find(L, P, 1), P, S, V);
        {{jz, L}, [0 | T]} -> run(find(L, P, 1), P, T, V);
        {{jz, _}, [_ | T]} -> run(Pc + 1, P, T, V)
    end.
find(L, P, N) -> case element(N, P) of {label, L} -> N; _ -> find(L, P, N + 1) end.

church(T) -> F = lc(T, #{}), (F(fun(X) -> X + 1 end))(0).
lc({l, X, B}, E) -> fun(V) -> lc(B, E#{X => V}) end;
lc({a, F, A}, E) -> (lc(F, E))(lc(A, E));
lc(X, E) -> map_get(X, E).

rpn(S) -> try lists:foldl(fun step/2, [], string:lexemes(S, " ")) catch error:function_clause -> stack_underflow end.
step("+", [A, B | T]) -> [B + A | T];
step("-", [A, B | T]) -> [B - A | T];
step("*", [A, B | T]) -> [B * A | T];
step("/", [A, B | T]) -> [B / A | T];
step("^", [A, B | T]) -> [math:pow(B, A) | T];
step(N, S) when hd(N) >= $0, hd(N) =< $9 -> [list_to_integer(N) | S].
