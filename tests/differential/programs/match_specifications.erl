%% Guards and bodies of match specifications: every function and operator, through ets:test_ms and match_spec_run.
%% tier: 3
-module(match_specifications).
-export([main/0]).

main() ->
    Objects = [{1, a, [x, y]}, {2, "s", {t, u, v}}, {3, <<"bin">>, #{k => 1}}, {4.5, self, 7}, {-6, true, []}],
    Guards = [{is_integer, '$1'}, {'>', '$1', 2}, {'andalso', {is_atom, '$2'}, {'=/=', '$2', true}}, {'or', {is_list, '$3'}, {is_tuple, '$3'}},
              {'=:=', {'rem', '$1', 2}, 0}, {is_map_key, k, '$3'}, {'==', {size, '$3'}, 3}, {'not', {is_binary, '$2'}}, {'<', {abs, '$1'}, 5},
              {'>', {length, '$3'}, 1}, {'=:=', {hd, '$3'}, x}, {'=:=', {element, 1, '$3'}, t}, {is_float, '$1'}, {'==', {'+', '$1', 1}, {'*', '$1', 2}},
              {'orelse', {is_number, '$2'}, {is_map, '$3'}}, {'xor', {is_integer, '$1'}, {is_atom, '$2'}}, {'=:=', {map_get, k, '$3'}, 1}, {'>', {byte_size, '$2'}, 2}],
    [io:format("~w: ~w~n", [G, run(Objects, [{{'$1', '$2', '$3'}, [G], ['$1']}])]) || G <- Guards],
    Bodies = ['$_', '$$', {{'$2', '$1'}}, ['$3', {const, '$1'}], {'*', '$1', 10}, #{key => '$1'}, {{}}, [], {const, {any, term}}, {'bsl', 1, 3}, {round, 2.5}, {tl, [1, 2]}, {node}],
    [io:format("~w: ~w~n", [B, run(Objects, [{{'$1', '$2', '$3'}, [], [B]}])]) || B <- Bodies],
    io:format("~w~n", [run(Objects, [{{1, '_', '$1'}, [], [first, '$1']}, {{'$1', '_', '_'}, [{'<', '$1', 0}], [negative]}, {'_', [], [rest]}])]),
    io:format("~w~n", [run([{a, a}, {a, b}], [{{'$1', '$1'}, [], [same]}])]),
    io:format("~w~n", [run([#{a => 1, b => 2}, #{a => 3}], [{#{a => '$1'}, [], ['$1']}])]),
    io:format("~w~n", [ets:test_ms({x, 5}, [{{x, '$1'}, [{'>', '$1', 3}], [{{big, '$1'}}]}])]),
    io:format("~w~n", [ets:test_ms({x, 5}, [{{x, '$1'}, [{'>', '$2', 3}], ['$1']}])]),
    io:format("~w~n", [element(1, ets:test_ms({x, 5}, [{{x, '$1'}, [{nonsense, '$1'}], ['$1']}]))]),
    io:format("~w~n", [try ets:match_spec_compile([{bad}]) catch error:R -> R end]).

run(Objects, Spec) -> ets:match_spec_run(Objects, ets:match_spec_compile(Spec)).
