%% Knuth-Morris-Pratt, Rabin-Karp and the library's own search find the same.
%% tier: 2
-module(pattern_search).
-export([main/0]).

main() ->
    Text = binary:copy(<<"abaabababaabaab">>, 40),
    [begin
         Want = [P || {P, _} <- all(Text, Pattern)],
         io:format("~s: ~w ~w ~w~n", [Pattern, length(Want), kmp(Pattern, Text) =:= Want, rabin_karp(Pattern, Text) =:= Want])
     end || Pattern <- [<<"aba">>, <<"abaab">>, <<"bb">>, <<"abaabababaabaababaab">>, <<"c">>]],
    io:format("~w~n", [kmp(<<"aba">>, <<"ababababa">>)]),
    io:format("~w~n", [failure("abacabadabacaba")]).

%% All occurrences, overlapping ones too.
all(Text, Pattern) -> all(Text, Pattern, 0).
all(Text, Pattern, From) ->
    case binary:match(Text, Pattern, [{scope, {From, byte_size(Text) - From}}]) of
        nomatch -> [];
        {P, L} -> [{P, L} | all(Text, Pattern, P + 1)]
    end.

failure(Pattern) -> failure(list_to_tuple(Pattern), 2, 0, [0]).
failure(P, I, _, Acc) when I > tuple_size(P) -> lists:reverse(Acc);
failure(P, I, K, Acc) when element(I, P) =:= element(K + 1, P) -> failure(P, I + 1, K + 1, [K + 1 | Acc]);
failure(P, I, 0, Acc) -> failure(P, I + 1, 0, [0 | Acc]);
failure(P, I, K, Acc) -> failure(P, I, lists:nth(K, lists:reverse(Acc)), Acc).

kmp(Pattern, Text) ->
    P = list_to_tuple(binary_to_list(Pattern)),
    F = list_to_tuple(failure(binary_to_list(Pattern))),
    kmp(Text, P, F, 0, 0).
kmp(<<>>, _, _, _, _) -> [];
kmp(<<C, Rest/binary>>, P, F, K, At) when element(K + 1, P) =:= C ->
    case K + 1 =:= tuple_size(P) of
        true -> [At - K | kmp_after(Rest, P, F, element(K + 1, F), At + 1)];
        false -> kmp(Rest, P, F, K + 1, At + 1)
    end;
kmp(<<_, Rest/binary>>, P, F, 0, At) -> kmp(Rest, P, F, 0, At + 1);
kmp(Text, P, F, K, At) -> kmp(Text, P, F, element(K, F), At).
kmp_after(Rest, P, F, K, At) -> kmp(Rest, P, F, K, At).

rabin_karp(Pattern, Text) when byte_size(Text) < byte_size(Pattern) -> [];
rabin_karp(Pattern, Text) ->
    N = byte_size(Pattern),
    High = power(257, N - 1),
    slide(Pattern, hash(Pattern), Text, hash(binary:part(Text, 0, N)), High, N, 0).
slide(Pattern, Want, Text, H, High, N, At) ->
    Found = [At || H =:= Want, binary:part(Text, At, N) =:= Pattern],
    case At + N < byte_size(Text) of
        true ->
            Next = ((H - binary:at(Text, At) * High) * 257 + binary:at(Text, At + N)) rem 1000003,
            Found ++ slide(Pattern, Want, Text, (Next + 1000003) rem 1000003, High, N, At + 1);
        false -> Found
    end.
hash(B) -> lists:foldl(fun(C, H) -> (H * 257 + C) rem 1000003 end, 0, binary_to_list(B)).
power(_, 0) -> 1;
power(B, N) -> B * power(B, N - 1) rem 1000003.
