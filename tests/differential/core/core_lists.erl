%% Lists with hand-written functions and the list BIFs of the erlang module.
%% tier: 0
-module(core_lists).
-export([main/0, id/1]).

main() ->
    L = id([5, 3, 9, 1, 7]),
    erlang:display({hd(L), tl(L), length(L), [0 | L]}),
    erlang:display({L ++ [a, b], [] ++ L, L ++ tail, L -- [9, 5], [1, 1, 2, 1] -- [1, 1], [] -- L}),
    erlang:display({reverse(L), map(fun(X) -> X * X end, L), fold(fun(X, A) -> X + A end, 0, L)}),
    erlang:display({quicksort(L), mergesort(reverse(seq(1, 50)))}),
    erlang:display({seq(1, 20), filter(fun(X) -> X rem 3 =:= 0 end, seq(1, 40))}),
    erlang:display({zip(seq(1, 3), [a, b, c]), nth(3, L), last(L), member(9, L), member(10, L)}),
    erlang:display({flatten([1, [2, [3, [4, []], 5]], [[6]]]), perms([1, 2, 3])}),
    erlang:display([a | b]),
    erlang:display([[1 | 2], [], [[]], "string", [104, 105], [1, 2 | {x}]]),
    erlang:display({[1, 2] < [1, 2, 3], [2] > [1, 9, 9], [a] < [b], [] < [a], [1, 2] == [1.0, 2.0]}),
    erlang:display({list_to_atom("made"), atom_to_list(made), list_to_integer("42"), integer_to_list(-7)}),
    erlang:display({list_to_binary([1, [2, <<3, 4>>], "five"]), iolist_size([1, [2, <<3, 4>>], "five"])}),
    erlang:display(length(seq(1, 100000))),
    erlang:display(fold(fun(X, A) -> X + A end, 0, seq(1, 100000))),
    [A, B | Rest] = L,
    erlang:display({A, B, Rest}),
    erlang:display([class(fun() -> hd(id([])) end), class(fun() -> tl(id(a)) end), class(fun() -> length(id([a | b])) end),
                    class(fun() -> id(a) ++ [] end), class(fun() -> [a] -- id(b) end), class(fun() -> [_, _] = L end)]),
    ok.

id(X) -> X.

reverse(L) -> reverse(L, []).
reverse([], Acc) -> Acc;
reverse([H | T], Acc) -> reverse(T, [H | Acc]).

map(_, []) -> [];
map(F, [H | T]) -> [F(H) | map(F, T)].

filter(_, []) -> [];
filter(F, [H | T]) ->
    case F(H) of
        true -> [H | filter(F, T)];
        false -> filter(F, T)
    end.

fold(_, A, []) -> A;
fold(F, A, [H | T]) -> fold(F, F(H, A), T).

seq(N, M) when N > M -> [];
seq(N, M) -> [N | seq(N + 1, M)].

zip([A | As], [B | Bs]) -> [{A, B} | zip(As, Bs)];
zip([], []) -> [].

nth(1, [H | _]) -> H;
nth(N, [_ | T]) -> nth(N - 1, T).

last([X]) -> X;
last([_ | T]) -> last(T).

member(_, []) -> false;
member(X, [X | _]) -> true;
member(X, [_ | T]) -> member(X, T).

flatten([]) -> [];
flatten([H | T]) when is_list(H) -> flatten(H) ++ flatten(T);
flatten([H | T]) -> [H | flatten(T)].

perms([]) -> [[]];
perms(L) -> [[H | T] || H <- L, T <- perms(L -- [H])].

quicksort([]) -> [];
quicksort([P | R]) -> quicksort([X || X <- R, X < P]) ++ [P] ++ quicksort([X || X <- R, X >= P]).

mergesort([]) -> [];
mergesort([X]) -> [X];
mergesort(L) ->
    {A, B} = split(L, [], []),
    merge(mergesort(A), mergesort(B)).

split([], A, B) -> {A, B};
split([H | T], A, B) -> split(T, B, [H | A]).

merge([], B) -> B;
merge(A, []) -> A;
merge([X | A], [Y | _] = B) when X =< Y -> [X | merge(A, B)];
merge(A, [Y | B]) -> [Y | merge(A, B)].

class(F) -> try F() catch C:R -> {C, R} end.
