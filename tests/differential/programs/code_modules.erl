%% The code server's and the module's own account of modules and functions.
%% tier: 4
-module(code_modules).
-vsn(7).
-author("suite").
-export([main/0, f/0, f/1]).

main() ->
    p([code:ensure_loaded(lists), code:ensure_loaded(no_module_of_this_name), code:is_loaded(no_module_of_this_name), erlang:module_loaded(?MODULE)]), p(lists:sort(?MODULE:module_info(exports))), p([proplists:get_value(K, ?MODULE:module_info(attributes)) || K <- [vsn, author, none]]), p(lists:keyfind(f, 1, ?MODULE:module_info(functions)) =/= false),
    p([erlang:function_exported(?MODULE, f, N) || N <- [0, 1, 2]]), p(is_binary(?MODULE:module_info(md5)) andalso byte_size(?MODULE:module_info(md5))), p([element(1, F) || F <- lists:sort(?MODULE:module_info(functions)), element(1, F) =:= f]), p(lists:member({seq, 2}, lists:module_info(exports))),
    p([apply(?MODULE, f, A) || A <- [[], [x]]]), p([try F() catch C:R -> {C, R} end || F <- [fun() -> ?MODULE:g() end, fun() -> no_module_of_this_name:module_info() end, fun() -> apply(?MODULE, f, [1, 2]) end]]), p(erlang:check_process_code(self(), ?MODULE)), p(code:which(no_module_of_this_name)), p(lists:keymember(?MODULE, 1, code:all_loaded())).

f() -> zero.
f(X) -> {one, X}.
p(X) -> io:format("~p~n", [X]).
