%% A small Forth: words, definitions, loops; errors are thrown and caught by the reader.
%% tier: 2
-module(stack_language).
-export([main/0]).

main() ->
    Lines = [": square dup * ;", "5 square .", ": fact dup 1 > if dup 1 - fact * else drop 1 then ;", "20 fact .",
             "30 fact .", "1 2 3 rot . . .", "10 0 do i . loop", "drop", "1 0 /", "unknown", "2 3 max 7 min . .s",
             ": fib dup 2 < if else dup 1 - fib swap 2 - fib + then ;", "17 fib ."],
    lists:foldl(fun(Line, {Stack, Words}) ->
        try
            {S, W} = run(string:lexemes(Line, " "), Stack, Words),
            io:format("~s  ok ~w~n", [Line, S]),
            {S, W}
        catch
            throw:Reason -> io:format("~s  ? ~p~n", [Line, Reason]), {[], Words};
            error:Reason -> io:format("~s  ! ~p~n", [Line, Reason]), {[], Words}
        end
    end, {[], #{}}, Lines).

run([":", Name | Rest], S, W) ->
    {Body, [";" | After]} = lists:splitwith(fun(X) -> X =/= ";" end, Rest),
    run(After, S, W#{Name => Body});
run(["if" | Rest], [Flag | S], W) ->
    {Then, Else, After} = branches(Rest, 0, [], none),
    {S1, W1} = run(if Flag =/= 0 -> Then; true -> Else end, S, W),
    run(After, S1, W1);
run(["do" | Rest], [From, To | S], W) ->
    {Body, ["loop" | After]} = lists:splitwith(fun(X) -> X =/= "loop" end, Rest),
    run(After, loop(From, To, Body, S, W), W);
run([Word | Rest], S, W) when is_map_key(Word, W) ->
    {S1, W1} = run(map_get(Word, W), S, W),
    run(Rest, S1, W1);
run([Word | Rest], S, W) -> run(Rest, primitive(Word, S), W);
run([], S, W) -> {S, W}.

loop(I, To, _, S, _) when I >= To -> S;
loop(I, To, Body, S, W) ->
    {S1, _} = run([case X of "i" -> integer_to_list(I); _ -> X end || X <- Body], S, W),
    loop(I + 1, To, Body, S1, W).

branches(["then" | Rest], 0, Acc, none) -> {lists:reverse(Acc), [], Rest};
branches(["then" | Rest], 0, Acc, Then) -> {Then, lists:reverse(Acc), Rest};
branches(["else" | Rest], 0, Acc, none) -> branches(Rest, 0, [], lists:reverse(Acc));
branches(["then" | Rest], N, Acc, T) -> branches(Rest, N - 1, ["then" | Acc], T);
branches(["if" | Rest], N, Acc, T) -> branches(Rest, N + 1, ["if" | Acc], T);
branches([X | Rest], N, Acc, T) -> branches(Rest, N, [X | Acc], T);
branches([], _, _, _) -> throw(unfinished_if).

primitive("+", [B, A | S]) -> [A + B | S];
primitive("-", [B, A | S]) -> [A - B | S];
primitive("*", [B, A | S]) -> [A * B | S];
primitive("/", [B, A | S]) -> [A div B | S];
primitive("<", [B, A | S]) -> [truth(A < B) | S];
primitive(">", [B, A | S]) -> [truth(A > B) | S];
primitive("max", [B, A | S]) -> [max(A, B) | S];
primitive("min", [B, A | S]) -> [min(A, B) | S];
primitive("dup", [A | S]) -> [A, A | S];
primitive("drop", [_ | S]) -> S;
primitive("swap", [A, B | S]) -> [B, A | S];
primitive("rot", [A, B, C | S]) -> [C, A, B | S];
primitive(".", [A | S]) -> io:format("~w ", [A]), S;
primitive(".s", S) -> io:format("~w ", [lists:reverse(S)]), S;
primitive(Word, S) ->
    case string:to_integer(Word) of
        {N, ""} -> [N | S];
        _ -> throw({Word, length(S)})
    end.

truth(true) -> -1;
truth(false) -> 0.
