%% error_info in stack frames and erl_error's rendering of exceptions.
%% tier: 3
-module(error_info).
-export([main/0, id/1, check/2, format_error/2]).

main() ->
    Fs = [fun() -> atom_to_list(id(1)) end, fun() -> element(id(5), {a}) end, fun() -> list_to_integer(id("zz")) end, fun() -> binary_part(id(<<1>>), 0, 9) end, fun() -> id(1) + id(a) end,
          fun() -> maps:get(k, id(#{})) end, fun() -> ets:insert(id(none), {a}) end, fun() -> hd(id([])) end, fun() -> register(id(1), self()) end, fun() -> lists:keyfind(a, id(0), []) end,
          fun() -> list_to_atom(id([a])) end, fun() -> erlang:send_after(id(-1), self(), x) end, fun() -> <<(id(a)):8>> end, fun() -> binary_to_term(id(<<1>>)) end, fun() -> unicode:characters_to_list(id(x)) end,
          fun() -> check(id(3), id(wrong)) end, fun() -> process_flag(id(bad), 1) end, fun() -> put(a, 1), erlang:monitor(id(bad), self()) end, fun() -> tuple_to_list(id(x)) end, fun() -> binary:split(<<1>>, id(x)) end],
    [show(F) || F <- Fs],
    F0 = fun(Term, _) -> io_lib:format("~tp", [Term]) end,
    [begin
         {C, R, S} = try F() catch C0:R0:S0 -> {C0, R0, S0} end,
         Text = erl_error:format_exception(C, R, [hd(S)], #{stack_trim_fun => fun(_, _, _) -> false end, format_fun => F0}),
         io:format("~ts~n", [Text])
     end || F <- [fun() -> atom_to_list(id(1)) end, fun() -> element(id(5), {a}) end, fun() -> check(id(3), id(wrong)) end, fun() -> lists:keyfind(a, id(0), []) end]],
    [io:format("~ts~n", [erl_error:format_exception(error, R, [])]) || R <- [badarith, {badmatch, [1, 2]}, {case_clause, x}, undef, function_clause, {badkey, k}, custom, {nocatch, ball}]].

id(X) -> X.

check(N, What) -> erlang:error(badarg, [N, What], [{error_info, #{cause => wrong_kind}}]).

format_error(_, [{_, _, _, Info} | _]) ->
    #{cause := Cause} = proplists:get_value(error_info, Info),
    #{2 => io_lib:format("because ~p", [Cause])}.

show(F) ->
    try F() of V -> io:format("value ~p~n", [V])
    catch C:R:Stack ->
        {M, Fn, A, Info} = hd(Stack),
        Error = case proplists:get_value(error_info, Info) of undefined -> none; E -> lists:sort(maps:to_list(E)) end,
        io:format("~p ~p ~p ~p~n", [C, R, {M, Fn, tidy(A)}, Error])
    end.

tidy(Args) when is_list(Args) -> [if is_pid(A) -> pid; is_function(A) -> function; true -> A end || A <- Args];
tidy(Arity) -> Arity.
