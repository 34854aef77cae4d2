%% The sys module on a gen_server: state, suspension, statistics, code change.
%% tier: 4
-module(sys_debug).
-behaviour(gen_server).
-export([main/0, init/1, handle_call/3, handle_cast/2, code_change/3, format_status/2]).

main() ->
    {ok, P} = gen_server:start_link(?MODULE, 0, []),
    p([gen_server:call(P, inc), sys:get_state(P), sys:replace_state(P, fun(S) -> S + 100 end), gen_server:call(P, inc)]),
    p(sys:suspend(P)), p(try gen_server:call(P, inc, 20) catch exit:{timeout, _} -> suspended end),
    p(sys:change_code(P, ?MODULE, old, extra)), p(sys:resume(P)), p(sys:get_state(P)),
    p(sys:statistics(P, true)), [gen_server:call(P, inc) || _ <- lists:seq(1, 5)],
    {ok, Stats} = sys:statistics(P, get), p([{K, V} || {K, V} <- Stats, K =:= messages_in orelse K =:= messages_out]), p(sys:statistics(P, false)), p(sys:statistics(P, get)),
    p(sys:log(P, true)), gen_server:call(P, inc), {ok, Log} = sys:log(P, get), p([case E of {in, {'$gen_call', _, M}} -> {in, M}; {in, {'$gen_call', _, M}, _} -> {in, M}; _ -> element(1, E) end || E <- Log]), p(sys:log(P, false)),
    S = self(), p(sys:install(P, {fun(N, Ev, _) -> S ! {seen, element(1, Ev)}, N + 1 end, 0})), gen_server:cast(P, {add, 5}), p(receive {seen, X} -> X end), p(sys:remove(P, fun(_, _, _) -> ok end)),
    {status, P, {module, gen_server}, [_, running, S, _, Misc]} = sys:get_status(P), p([D || {data, [{"State", _} = D]} <- lists:flatten(Misc)]),
    p(sys:no_debug(P)), p(sys:get_state(P)), p(sys:terminate(P, normal)), p(is_process_alive(P)),
    p(try sys:get_state(nobody_here, 100) catch exit:{R, _} -> R end).

init(N) -> {ok, N}.
handle_call(inc, _, N) -> {reply, N + 1, N + 1}.
handle_cast({add, K}, N) -> {noreply, N + K}.
code_change(old, N, extra) -> {ok, N + 1000}.
format_status(_, [_, S]) -> [{data, [{"State", {formatted, S}}]}].
p(X) -> io:format("~p~n", [X]).
