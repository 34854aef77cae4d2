%% Random patterns matched against random subjects: what they match, what they capture, what is wrong with them and where.
%% Both machines make the same ones from the same seed.
%% tier: 3
-module(random_patterns).
-export([main/0]).

-define(PATTERNS, 1500).

main() ->
    [io:format("~p ~p~n", [P, element(2, re:compile(P))]) || P <- wrong()],
    lists:foldl(fun(N, Seed) -> one(N, Seed) end, 4711, lists:seq(1, ?PATTERNS)).

one(N, S0) ->
    {Length, S1} = below(7, S0),
    {Parts, S2} = many(Length + 1, fun pick_part/1, S1),
    {Flags, S3} = below(6, S2),
    {Options, S4} = many(max(0, Flags - 3), fun pick_option/1, S3),
    {Size, S5} = below(12, S4),
    {Subject, S6} = many(Size, fun pick_character/1, S5),
    Pattern = lists:append(Parts),
    Text = binary_to_list(unicode:characters_to_binary(Subject)),
    case re:compile(Pattern, Options) of
        {ok, Compiled} ->
            {re_pattern, Groups, Unicode, CrLf, _} = Compiled,
            Limited = [{match_limit, 100000}],
            io:format("~w ~p ~w ~w ~p ~p ~p ~p~n",
                      [N, Pattern, Options, {Groups, Unicode, CrLf}, re:run(Text, Compiled, Limited), re:run(Text, Compiled, [global, {capture, all_but_first, list} | Limited]),
                       re:run(Text, Compiled, [notempty, {capture, first, binary}, {offset, min(1, Size)} | Limited]), re:inspect(Compiled, namelist)]),
            io:format("~p~n", [catch re:replace(Text, Pattern, "<&>", [global, {return, list} | Options])]);
        {error, {Why, Place}} -> io:format("~w ~p ~w error ~w~n", [N, Pattern, Options, is_list(Why) andalso Place =< length(Pattern) + 1])
    end,
    S6.

wrong() ->
    ["(", "a)", "[a", "[z-a]", "[[:foo:]]", "a**", "*a", "+", "x{3,1}", "x{65536}", "\\", "(?", "(?<", "(?P", "(?z)", "(?<n>a)(?<n>b)", "\\1", "\\k<n>",
     "(?&n)", "\\g{-1}", "\\c", "[a-\\d]", "(?#a", "(*FOO)", "\\x{110000000}", "[:alpha:]", "(?<1>a)", "(?C256)"].

pick_part(S0) -> {K, S} = below(size(parts()), S0), {element(K + 1, parts()), S}.
pick_option(S0) -> {K, S} = below(13, S0), {element(K + 1, {caseless, dotall, extended, multiline, ungreedy, dollar_endonly, anchored, firstline, no_auto_capture, dupnames, {newline, crlf}, {newline, any}, bsr_anycrlf}), S}.
pick_character(S0) -> {K, S} = below(16, S0), {element(K + 1, {$a, $b, $a, $b, $c, $A, $1, $ , $\n, $\r, $_, $-, 16#e4, $d, $., $0}), S}.

parts() ->
    {"a", "b", "c", "A", "1", " ", "\n", "-", "_", ".", "*", "+", "?", "*?", "+?", "??", "*+", "++", "?+", "{2}", "{1,2}", "{,2}", "{1,}", "{0}", "|", "(", ")", "(a)", "(b|a)", "(?:a|b)",
     "(?=a)", "(?!a)", "(?<=a)", "(?<!b)", "(?<=a|bc)", "(?>a+)", "[ab]", "[^a]", "[a-c]", "[\\d-z]", "[[:alpha:]]", "[^[:space:]]", "[]a]", "[a", "^", "$", "\\A", "\\z", "\\Z", "\\b", "\\B", "\\G", "\\d", "\\D",
     "\\w", "\\W", "\\s", "\\S", "\\h", "\\v", "\\R", "\\K", "\\1", "\\2", "\\g{1}", "\\g{-1}", "\\k<n>", "(?<n>a)", "(?P<m>b)", "(?'n'c)", "(?1)", "(?&n)", "(?P>m)", "(?(1)a|b)", "(?(<n>)a)", "(?|(a)|(b))",
     "(?i)", "(?-i)", "(?i:a)", "(?x) a #c\n", "(?s)", "(?m)", "(?#x)", "\\Qa.b\\E", "\\x61", "\\x{62}", "\\o{141}", "\\141", "\\j", "\\e", "\\t", "\\c[", "\\p{Lu}", "\\pL", "\\X", "\\C", "(*FAIL)", "(*COMMIT)",
     "(*SKIP)", "(*PRUNE)", "(*THEN)", "a*", "b+", ".*", ".+?", "\\w+", "(a*)*", "(a|b)+", "((a)|b)*", "((?:a|(b))+)", "(?(?=a)a|b)", "(*UTF8)", "\\x{e4}", "[\\x{e4}]", "[z-a]", "{", "}", "]", "\\", "(?", "(?<", "(?P", "[[:foo:]]", "x{65536}", "x{3,1}"}.

many(0, _, S) -> {[], S};
many(N, F, S0) -> {X, S1} = F(S0), {L, S} = many(N - 1, F, S1), {[X | L], S}.

next(S) -> (S * 6364136223846793005 + 1442695040888963407) band 16#FFFFFFFFFFFFFFFF.
below(N, S0) -> S = next(S0), {(S bsr 33) rem N, S}.
