%% Ropes, zippers, finger-like deques and difference lists: old versions stay as they were.
%% tier: 2
-module(persistent_structures).
-export([main/0]).

main() ->
    R = lists:foldl(fun(W, Acc) -> concat(Acc, leaf(W)) end, leaf(""), ["the ", "quick ", "brown ", "fox ", "jumps"]),
    io:format("~s ~w ~c~n", [flat(R), width(R), at(10, R)]),
    R2 = insert(4, "very ", R),
    io:format("~s|~s|~s~n", [flat(R2), flat(R), flat(remove(0, 4, R2))]),
    Big = lists:foldl(fun(N, Acc) -> insert((N * 37) rem (width(Acc) + 1), integer_to_list(N), Acc) end, leaf(""), lists:seq(1, 200)),
    io:format("~w ~w~n", [width(Big), erlang:phash2(flat(Big))]),
    Z0 = {[], [1, 2, 3, 4, 5]},
    Z = right(right(Z0)),
    io:format("~w~n", [[Z, left(Z), close(replace(x, Z)), close(drop(Z)), close(put_before(y, Z)), close(Z0)]]),
    T = {node, {node, leaf, 1, leaf}, 2, {node, {node, leaf, 3, leaf}, 4, leaf}},
    Top = {T, []},
    Down = go(left, go(right, Top)),
    io:format("~w~n", [[element(1, Down), up(up(set(33, Down)))]]),
    D = lists:foldl(fun(X, F) -> fun(Tail) -> F([X | Tail]) end end, fun(L) -> L end, lists:seq(1, 10)),
    io:format("~w ~w~n", [D([]), D([end_])]).

leaf(T) -> {length(T), T}.
width({N, _}) -> N;
width({N, _, _}) -> N.
concat({0, _}, B) -> B;
concat(A, {0, _}) -> A;
concat(A, B) -> {width(A) + width(B), A, B}.
flat({_, T}) -> T;
flat({_, A, B}) -> flat(A) ++ flat(B).
at(I, {_, T}) -> lists:nth(I + 1, T);
at(I, {_, A, B}) -> case width(A) of N when I < N -> at(I, A); N -> at(I - N, B) end.
split(I, {_, T}) -> {A, B} = lists:split(I, T), {leaf(A), leaf(B)};
split(I, {_, A, B}) ->
    case width(A) of
        N when I < N -> {X, Y} = split(I, A), {X, concat(Y, B)};
        N -> {X, Y} = split(I - N, B), {concat(A, X), Y}
    end.
insert(I, T, R) -> {A, B} = split(I, R), concat(concat(A, leaf(T)), B).
remove(I, N, R) -> {A, B} = split(I, R), {_, C} = split(N, B), concat(A, C).

right({L, [X | R]}) -> {[X | L], R}.
left({[X | L], R}) -> {L, [X | R]}.
replace(X, {L, [_ | R]}) -> {L, [X | R]}.
drop({L, [_ | R]}) -> {L, R}.
put_before(X, {L, R}) -> {L, [X | R]}.
close({L, R}) -> lists:reverse(L, R).

go(left, {{node, L, X, R}, Path}) -> {L, [{left, X, R} | Path]};
go(right, {{node, L, X, R}, Path}) -> {R, [{right, L, X} | Path]}.
up({T, [{left, X, R} | Path]}) -> {{node, T, X, R}, Path};
up({T, [{right, L, X} | Path]}) -> {{node, L, X, T}, Path}.
set(V, {{node, L, _, R}, Path}) -> {{node, L, V, R}, Path}.
