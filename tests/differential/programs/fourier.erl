%% The fast Fourier transform over tuples of floats, its inverse, and the product of polynomials with it.
%% tier: 2
-module(fourier).
-export([main/0]).

main() ->
    Signal = [{float(X), 0.0} || X <- [1, 1, 1, 1, 0, 0, 0, 0]],
    [io:format("~.6f ~.6f~n", [R + 0.0, I + 0.0]) || {R, I} <- clean(fft(Signal, -1))],
    Back = [{R / 8, I / 8} || {R, I} <- fft(fft(Signal, -1), 1)],
    io:format("~w~n", [[round(R) || {R, _} <- Back]]),
    io:format("~w~n", [product([1, 2, 3], [4, 5])]),
    A = [(I * 37) rem 100 || I <- lists:seq(1, 60)],
    B = [(I * 91) rem 100 || I <- lists:seq(1, 60)],
    io:format("~w~n", [product(A, B) =:= plain(A, B)]).

clean(L) -> [{if abs(R) < 1.0e-9 -> 0.0; true -> R end, if abs(I) < 1.0e-9 -> 0.0; true -> I end} || {R, I} <- L].

fft([X], _) -> [X];
fft(Xs, Sign) ->
    {Even, Odd} = halves(Xs),
    E = fft(Even, Sign),
    O = fft(Odd, Sign),
    N = length(Xs),
    T = [begin
             Angle = Sign * 2 * math:pi() * K / N,
             multiply({math:cos(Angle), math:sin(Angle)}, X)
         end || {K, X} <- lists:zip(lists:seq(0, N div 2 - 1), O)],
    [{A + C, B + D} || {{A, B}, {C, D}} <- lists:zip(E, T)] ++ [{A - C, B - D} || {{A, B}, {C, D}} <- lists:zip(E, T)].

halves([]) -> {[], []};
halves([A, B | Rest]) -> {As, Bs} = halves(Rest), {[A | As], [B | Bs]}.

multiply({A, B}, {C, D}) -> {A * C - B * D, A * D + B * C}.

product(A, B) ->
    Wanted = length(A) + length(B) - 1,
    Size = 1 bsl length(integer_to_list(Wanted - 1, 2)),
    Pad = fun(L) -> [{float(X), 0.0} || X <- L] ++ lists:duplicate(Size - length(L), {0.0, 0.0}) end,
    Freq = [multiply(X, Y) || {X, Y} <- lists:zip(fft(Pad(A), -1), fft(Pad(B), -1))],
    lists:sublist([round(R / Size) || {R, _} <- fft(Freq, 1)], Wanted).

plain(A, B) ->
    Sum = fun Sum([X | Xs], [Y | Ys]) -> [X + Y | Sum(Xs, Ys)];
              Sum([], Ys) -> Ys;
              Sum(Xs, []) -> Xs
          end,
    lists:foldr(fun(X, Acc) -> Sum([X * Y || Y <- B], [0 | Acc]) end, [], A).
