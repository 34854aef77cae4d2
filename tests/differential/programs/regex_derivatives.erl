%% Regular expressions matched by Brzozowski's derivatives, compared with the library's answers.
%% tier: 2
-module(regex_derivatives).
-export([main/0]).

main() ->
    Cases = [{"a*b", ["b", "aaab", "ba", ""]}, {"(ab|cd)+", ["ab", "abcd", "abc", "cdcdab"]}, {"x(y?z)*", ["x", "xzyz", "xyyz"]},
             {"(a|b)*abb", ["abb", "aababb", "ab"]}, {"((a|b)(c|d))*e", ["e", "ace", "acbde", "ae"]}, {"a+b+c+", ["abc", "aabbcc", "ac"]}],
    [io:format("~s ~p ~w~n", [R, S, {match(S, parse(R)), library(S, R)}]) || {R, Strings} <- Cases, S <- Strings],
    io:format("~w~n", [parse("(a|b)*c?")]),
    io:format("~w~n", [match(lists:duplicate(300, $a) ++ "b", parse("(a*)*b"))]).

library(S, R) -> re:run(S, "^(" ++ R ++ ")$", [{capture, none}]) =:= match.

parse(Text) -> {R, []} = alternatives(Text), R.
alternatives(Text) ->
    case sequence(Text, empty) of
        {L, [$| | Rest]} -> {R, After} = alternatives(Rest), {{either, L, R}, After};
        Result -> Result
    end.
sequence([C | _] = Text, R) when C =:= $|; C =:= $) -> {R, Text};
sequence([], R) -> {R, []};
sequence([$( | Text], R) -> {Inner, [$) | Rest]} = alternatives(Text), repeated(Inner, Rest, R);
sequence([C | Rest], R) -> repeated({char, C}, Rest, R).
repeated(X, [$* | Rest], R) -> sequence(Rest, both(R, {star, X}));
repeated(X, [$+ | Rest], R) -> sequence(Rest, both(R, both(X, {star, X})));
repeated(X, [$? | Rest], R) -> sequence(Rest, both(R, {either, X, empty}));
repeated(X, Rest, R) -> sequence(Rest, both(R, X)).

both(none, _) -> none;
both(_, none) -> none;
both(empty, R) -> R;
both(R, empty) -> R;
both(A, B) -> {both, A, B}.

either(none, R) -> R;
either(R, none) -> R;
either(R, R) -> R;
either(A, B) -> {either, A, B}.

match([], R) -> nullable(R);
match(_, none) -> false;
match([C | Cs], R) -> match(Cs, derive(C, R)).

nullable(empty) -> true;
nullable({star, _}) -> true;
nullable({both, A, B}) -> nullable(A) andalso nullable(B);
nullable({either, A, B}) -> nullable(A) orelse nullable(B);
nullable(_) -> false.

derive(C, {char, C}) -> empty;
derive(C, {star, R} = S) -> both(derive(C, R), S);
derive(C, {either, A, B}) -> either(derive(C, A), derive(C, B));
derive(C, {both, A, B}) ->
    case nullable(A) of
        true -> either(both(derive(C, A), B), derive(C, B));
        false -> both(derive(C, A), B)
    end;
derive(_, _) -> none.
