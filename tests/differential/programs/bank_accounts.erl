%% A small application: servers under a supervisor, an event log, transfers.
%% tier: 4
-module(bank_accounts).
-export([main/0, init/1, start_account/2, account/2, handle_call/3, handle_cast/2]).

main() ->
    logger:set_primary_config(level, none),
    {ok, Sup} = supervisor:start_link(?MODULE, supervisor), unlink(Sup), T = ets:new(ledger, [named_table, public, ordered_set]),
    [{ok, _} = supervisor:start_child(Sup, [N, 100 * N]) || N <- lists:seq(1, 10)],
    p([balance(N) || N <- lists:seq(1, 10)]), p([transfer(1, 2, 50), transfer(1, 2, 60), transfer(3, 99, 1), transfer(10, 1, 1000)]), p([balance(N) || N <- lists:seq(1, 10)]),
    S = self(), [spawn(fun() -> [transfer((I * J) rem 10 + 1, (I + J) rem 10 + 1, J) || J <- lists:seq(1, 30)], S ! done end) || I <- lists:seq(1, 20)], [receive done -> ok end || _ <- lists:seq(1, 20)],
    p(lists:sum([balance(N) || N <- lists:seq(1, 10)])), P = whereis(name(5)), M = monitor(process, P), gen_server:cast(name(5), crash), receive {'DOWN', M, _, _, {R, _}} -> p(R) end, wait(5, P), p(balance(5)), p(ets:info(T, size)), p(proplists:get_value(active, supervisor:count_children(Sup))).

init(supervisor) -> {ok, {#{strategy => simple_one_for_one, intensity => 3}, [#{id => account, start => {?MODULE, start_account, []}}]}};
init({N, B}) -> {ok, {N, B}}.
start_account(N, B) -> gen_server:start_link({local, name(N)}, ?MODULE, {N, B}, []).
name(N) -> list_to_atom("account_" ++ integer_to_list(N)).
account(N, X) -> gen_server:call(name(N), X).
balance(N) -> account(N, balance).
transfer(A, B, Amount) ->
    try account(A, {take, Amount}) of
        ok -> try account(B, {give, Amount}) of ok -> ets:update_counter(ledger, 1, 1, {1, 0}), ok catch exit:{noproc, _} -> account(A, {give, Amount}), no_such_account end;
        No -> No
    catch exit:{noproc, _} -> no_such_account end.
wait(N, Old) -> case whereis(name(N)) of P when is_pid(P), P =/= Old -> ok; _ -> erlang:yield(), wait(N, Old) end.
handle_call(balance, _, {N, B}) -> {reply, B, {N, B}};
handle_call({take, A}, _, {N, B}) when A > B -> {reply, {insufficient, N}, {N, B}};
handle_call({take, A}, _, {N, B}) -> {reply, ok, {N, B - A}};
handle_call({give, A}, _, {N, B}) -> {reply, ok, {N, B + A}}.
handle_cast(crash, _) -> error(audit).
p(X) -> io:format("~p~n", [X]).
