%% Random terms: hashes, the external format in its options, the term order, printing. Both machines make the same terms
%% from the same seed.
%% tier: 3
-module(random_terms).
-export([main/0]).
-compile([{nowarn_deprecated_function, {erlang, phash, 2}}]).

-define(TERMS, 300).

main() ->
    {Terms, _} = lists:mapfoldl(fun(Size, Seed) -> term(Size rem 4, Seed) end, 20220615, lists:seq(1, ?TERMS)),
    Numbered = lists:zip(lists:seq(1, ?TERMS), Terms),
    [io:format("~w ~w ~w ~w ~w~n", [N | report(T)]) || {N, T} <- Numbered],
    [io:format("~w: ~w~n~p~n~tp~n", [N, T, T, T]) || {N, T} <- Numbered, erlang:external_size(T) < 60],
    Sorted = lists:sort(fun({_, A}, {_, B}) -> A =< B end, Numbered),
    io:format("~w~n", [[N || {N, _} <- Sorted]]),
    io:format("~w~n", [lists:usort([{A =:= B, A == B} || A <- lists:sublist(Terms, 100), B <- lists:sublist(Terms, 100)])]),
    Foreign = [foreign(K, X * 7919) || K <- [0, 1, 2], X <- lists:seq(1, 40)],
    io:format("~w~n", [[{erlang:phash2(T), erlang:phash(T, 1 bsl 32), term_to_binary(T), T =:= binary_to_term(term_to_binary(T))} || T <- Foreign]]),
    io:format("~w~n", [[N || {_, N} <- lists:sort(lists:zip(Foreign, lists:seq(1, length(Foreign))))]]),
    Map = maps:from_list([{T, N} || {N, T} <- Numbered]),
    io:format("~w ~w~n", [maps:size(Map), erlang:phash2(Map)]),
    io:format("~w~n", [lists:sort(maps:values(Map))]).

report(T) ->
    [erlang:phash2(T), erlang:phash(T, 1 bsl 32),
     [digest(term_to_binary(T, O)) || O <- [[], [{minor_version, 0}], [{minor_version, 2}], [deterministic]]],
     [erlang:external_size(T), byte_size(term_to_binary(T)),
      T =:= binary_to_term(term_to_binary(T, [compressed])), T =:= binary_to_term(term_to_binary(T), [safe]),
      digest(io_lib:format("~w", [T])), digest(unicode:characters_to_binary(io_lib:format("~tp", [T]))),
      digest(unicode:characters_to_binary(io_lib:format("~40tp", [T])))]].

digest(B) -> erlang:crc32(B) bxor erlang:adler32(B).

%% Numbers as the generator that every C library once had.
next(S) -> (S * 6364136223846793005 + 1442695040888963407) band 16#FFFFFFFFFFFFFFFF.

below(N, S0) -> S = next(S0), {(S bsr 33) rem N, S}.

term(Depth, S0) when Depth =< 0 -> {K, S} = below(21, S0), leaf(K, S);
term(Depth, S0) ->
    {K, S1} = below(9, S0),
    case K of
        0 -> term(0, S1);
        1 -> terms(5, Depth, S1);
        2 -> {L, S2} = terms(4, Depth, S1), {list_to_tuple(L), S2};
        3 -> {L, S2} = terms(8, Depth, S1), {V, S3} = terms(8, Depth - 1, S2), {maps:from_list(lists:zip(L, fit(V, length(L)))), S3};
        4 -> {L, S2} = terms(3, Depth, S1), {T, S3} = term(Depth - 1, S2), {join(L, T), S3};
        %% The order of a large map with other keys than these depends on the machine.
        5 -> {N, S2} = below(80, S1), {L, S3} = lists:mapfoldl(fun(_, Seed) -> {K0, Next} = below(6, Seed), leaf(K0, Next) end, S2, lists:seq(1, N)), {maps:from_list([{X, -X} || X <- L]), S3};
        6 -> {N, S2} = below(300, S1), {L, S3} = many(N, 0, S2), {list_to_tuple(L), S3};
        7 -> {N, S2} = below(40, S1), {maps:from_list([{{X, X * X}, [X]} || X <- lists:seq(1, N)]), S2};
        8 -> {L, S2} = terms(6, Depth, S1), {[L, #{L => L}], S2}
    end.

join([], T) -> T;
join([H | R], T) -> [H | join(R, T)].

fit(_, 0) -> [];
fit([], N) -> lists:duplicate(N, none);
fit([H | T], N) -> [H | fit(T, N - 1)].

terms(Most, Depth, S0) -> {N, S1} = below(Most, S0), many(N, Depth - 1, S1).

many(N, Depth, S) -> lists:mapfoldl(fun(_, Seed) -> term(Depth, Seed) end, S, lists:seq(1, N)).

leaf(0, S0) -> below(256, S0);
leaf(1, S0) -> {N, S} = below(1 bsl 28, S0), {N - (1 bsl 27), S};
leaf(2, S0) -> S = next(S0), {S - (1 bsl 63), S};
leaf(3, S0) -> {B, S1} = below(300, S0), {X, S2} = bits(B + 60, S1), {N, S} = below(2, S2), {X * (1 - 2 * N), S};
leaf(4, S0) -> {E, S1} = below(64, S0), {D, S} = below(3, S1), {(1 bsl E) + D - 1, S};
leaf(5, S0) -> {E, S1} = below(64, S0), {D, S} = below(3, S1), {-(1 bsl E) + D - 1, S};
leaf(6, S0) -> {X, S} = bits(64, S0), {double(<<X:64>>), S};
leaf(7, S0) -> {N, S1} = below(2000000, S0), {D, S} = below(9, S1), {(N - 1000000) / math:pow(10, D), S};
leaf(8, S0) -> {N, S} = below(6, S0), {element(N + 1, {0.0, -0.0, 1.0, 9007199254740992.0, 1.0e22, 5.0e-324}), S};
leaf(9, S0) -> {N, S} = below(10, S0), {element(N + 1, {a, 'B', 'with space', '', 'å', 'ab@c', true, 'if', '\x{3b1}\x{3b2}', '\x{1F600}'}), S};
leaf(10, S0) -> {X, S1} = bits(40, S0), {N, S} = below(5, S1), {binary_to_atom(binary:part(binary:encode_hex(<<X:40>>), 0, 2 * N)), S};
leaf(11, S) -> {[], S};
leaf(12, S) -> {{}, S};
leaf(13, S) -> {#{}, S};
leaf(14, S0) -> {N, S1} = below(20, S0), {X, S} = bits(8 * N, S1), {<<X:(8 * N)>>, S};
leaf(15, S0) -> {N, S1} = below(200, S0), {X, S} = bits(N, S1), {<<X:N>>, S};
leaf(16, S0) -> {N, S1} = below(12, S0), lists:mapfoldl(fun(_, Seed) -> {C, Next} = below(95, Seed), {C + 32, Next} end, S1, lists:seq(1, N));
leaf(17, S0) -> {N, S1} = below(6, S0), lists:mapfoldl(fun(_, Seed) -> {C, Next} = below(16#D7FF, Seed), {C, Next} end, S1, lists:seq(1, N));
leaf(18, S0) -> {N, S} = below(4, S0), {element(N + 1, {fun lists:map/2, fun no_such_module:f/3, fun erlang:self/0, fun maps:get/2}), S};
leaf(19, S0) -> {N, S1} = below(100, S0), {X, S} = bits(8 * N, S1), {binary_to_list(<<X:(8 * N)>>), S};
leaf(20, S0) -> {N, S} = below(400, S0), {lists:duplicate(N, 97 + N rem 26), S}.

bits(N, S) -> bits(N, S, 0).
bits(N, S, X) when N =< 0 -> {X, S};
bits(N, S0, X) -> S = next(S0), K = min(N, 31), bits(N - K, S, (X bsl K) bor (S bsr (64 - K))).

double(<<F/float>>) -> F;
double(<<_:16, Rest/bits>>) -> <<F/float>> = <<16#4011:16, Rest/bits>>, F.

%% Identifiers of another node.
foreign(0, X) -> binary_to_term(<<131, 88, (node_name())/binary, (X band 16#7FFF):32, (X bsr 15 band 16#1FFF):32, 7:32>>);
foreign(1, X) -> binary_to_term(<<131, 89, (node_name())/binary, (X band 16#FFFFFFF):32, 7:32>>);
foreign(2, X) -> binary_to_term(<<131, 90, 3:16, (node_name())/binary, 7:32, (X band 16#3FFFF):32, X:32, (X bsr 7):32>>).

node_name() -> <<119, 9, "left@home">>.
