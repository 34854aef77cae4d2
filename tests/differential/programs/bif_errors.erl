%% What the BIFs of the erlang module say to wrong arguments.
%% tier: 2
-module(bif_errors).
-export([main/0]).

main() ->
    Wrong = [{abs, [a]}, {adler32, [[a]]}, {append_element, [a, 1]}, {atom_to_binary, [1]}, {atom_to_list, ["a"]}, {binary_part, [<<1, 2>>, 1, 5]}, {binary_to_atom, [<<255>>]}, {binary_to_existing_atom, [<<"no such atom yet 42">>]},
             {binary_to_float, [<<"1">>]}, {binary_to_integer, [<<"1x">>]}, {binary_to_integer, [<<"1">>, 99]}, {binary_to_list, [a]}, {binary_to_list, [<<1, 2>>, 2, 9]}, {binary_to_term, [<<1, 2>>]}, {bit_size, [a]}, {bitstring_to_list, [1]}, {byte_size, [a]},
             {cancel_timer, [a]}, {ceil, [a]}, {crc32, [a]}, {delete_element, [3, {a}]}, {demonitor, [a]}, {display_string, [1]}, {element, [0, {a}]}, {element, [1, a]}, {exit, [a, b]}, {external_size, []},
             {float, [a]}, {float_to_list, [1]}, {float_to_list, [1.0, [{decimals, -1}]]}, {floor, ["1"]}, {fun_info, [a]}, {fun_info, [fun main/0, bad]}, {function_exported, [1, 2, 3]}, {garbage_collect, [a]}, {group_leader, [a, b]}, {hd, [a]}, {insert_element, [5, {a}, x]},
             {integer_to_binary, [1.0]}, {integer_to_list, [1, 1]}, {iolist_size, [[1, 2 | 3]]}, {iolist_to_binary, [[256]]}, {is_function, [a, -1]}, {is_map_key, [a, b]}, {is_process_alive, [a]}, {is_record, [a, 1]}, {length, [[a | b]]}, {link, [a]},
             {list_to_atom, [[a]]}, {list_to_atom, [lists:duplicate(256, $a)]}, {list_to_binary, [[-1]]}, {list_to_existing_atom, ["no such atom yet 43"]}, {list_to_float, ["1"]}, {list_to_integer, [""]}, {list_to_integer, ["5", 5]}, {list_to_pid, ["x"]}, {list_to_tuple, [[a | b]]}, {make_tuple, [-1, a]},
             {map_get, [a, #{}]}, {map_get, [a, b]}, {map_size, [a]}, {max, []}, {md5, [a]}, {monitor, [bad, a]}, {node, [a]}, {phash2, [a, 0]}, {process_flag, [trap_exit, maybe]}, {process_info, [a]}, {process_info, [self(), bad_item]}, {read_timer, [1]},
             {register, [undefined, self()]}, {round, [a]}, {send, [1, 2]}, {send_after, [a, self(), x]}, {send_after, [1 bsl 70, self(), x]}, {setelement, [2, {a}, x]}, {size, [a]}, {spawn, [a]}, {spawn, [a, b, c]}, {spawn_opt, [fun main/0, [bad]]}, {split_binary, [<<1>>, 2]}, {start_timer, [-1, self(), x]},
             {system_flag, [bad, 1]}, {system_info, [bad]}, {term_to_binary, [a, [bad]]}, {tl, [[]]}, {trunc, [a]}, {tuple_size, [[]]}, {tuple_to_list, [[]]}, {unique_integer, [[bad]]}, {unlink, [a]}, {unregister, [no_such_name]}, {whereis, [1]}, {'+', [a, 1]}, {'-', [a]}, {'/', [1, 0]}, {'div', [1.0, 1]},
             {'rem', [1, 0]}, {'bsl', [1, a]}, {'band', [1.0, 1]}, {'bnot', [a]}, {'++', [a, []]}, {'--', [[a | b], []]}, {'and', [1, true]}, {'not', [a]}, {'!', [1, 2]}, {convert_time_unit, [1, bad, second]}, {monotonic_time, [bad]}, {localtime_to_universaltime, [a]}, {get_stacktrace, []}],
    [io:format("~p/~p: ~p~n", [F, length(A), attempt(F, A)]) || {F, A} <- Wrong].

attempt(F, A) ->
    try {value, apply(erlang, F, A)}
    catch Class:Reason:Stack ->
        {M, Fn, Args, _} = hd(Stack),
        {Class, Reason, {M, Fn, tidy(Args)}}
    end.

tidy(Args) when is_list(Args) -> [if is_pid(A) -> pid; is_function(A) -> function; true -> A end || A <- Args];
tidy(Arity) -> Arity.
