%% Modules compiled inside: warnings and errors as data, options, parse transforms, attributes, exports, abstract code.
%% tier: 4
-module(compiled_on_the_fly).
-export([main/0, parse_transform/2]).

main() ->
    io:format("~p~n", [compile("-module(m1). -export([f/1]). f(X) -> Y = X + 1, g(X). g(_) -> unused_below. h() -> ok.")]),
    io:format("~p~n", [compile("-module(m2). -export([f/1]). f(X) -> Unbound + X.")]),
    io:format("~p~n", [compile("-module(m3). -export([missing/0]). -spec nothing() -> ok. f(X) when X > 0 -> X; f(_) -> c.")]),
    {ok, m4, Beam, _} = forms("-module(m4). -vsn(7). -author(me). -export([f/1, t/0]). f(X) -> X * 2. t() -> {?MODULE_, 1}.", [{parse_transform, ?MODULE}]),
    {module, m4} = code:load_binary(m4, "m4.erl", Beam),
    io:format("~p~n", [[m4:f(21), m4:t()]]),
    io:format("~p~n", [[lists:sort(m4:module_info(exports)), lists:keydelete(vsn, 1, m4:module_info(attributes)), m4:module_info(module), m4:module_info(md5) =:= erlang:md5("x")]]),
    io:format("~p~n", [[lists:sort(proplists:get_keys(m4:module_info(compile))), element(1, hd(m4:module_info()))]]),
    {ok, {m4, [{exports, E}, {attributes, A}]}} = beam_lib:chunks(Beam, [exports, attributes]),
    io:format("~p ~p~n", [E, A]),
    io:format("~p~n", [[C || {C, _} <- element(3, beam_lib:all_chunks(Beam)), lists:member(C, ["Code", "Line", "ExpT", "ImpT"])]]),
    {ok, _, _, _} = forms("-module(m5). -export([f/0]). -record(r, {a = 1}). f() -> #r{}.", []),
    io:format("~p~n", [[begin {ok, m6, B, _} = forms("-module(m6). -export([f/1]). f(L) -> [X || X <- L, X > 1].", [O]), code:load_binary(m6, "", B), m6:f([1, 2, 3]) end || O <- [inline, no_copt, no_type_opt, no_bool_opt, no_ssa_opt, no_postopt]]]),
    {ok, m7, Core} = compile:forms(parse("-module(m7). -export([f/1]). f(X) -> X + 1."), [to_core]),
    io:format("~s~n", [lists:sublist(lists:flatten(core_pp:format(Core)), 60)]),
    {ok, m7, Asm} = compile:forms(parse("-module(m7). -export([f/1]). f(X) -> {ok, X}."), ['S']),
    {m7, Exports, _, [{function, f, 1, _, Instructions} | _], _} = Asm,
    io:format("~p ~p~n", [Exports, [I || I <- Instructions, is_tuple(I), lists:member(element(1, I), [test_heap, put_tuple2])]]),
    logger:set_primary_config(level, none),
    io:format("~p~n", [catch code:load_binary(m8, "m8.erl", <<"not a beam">>)]).

compile(Text) ->
    case forms(Text, []) of
        {ok, M, _, Warnings} -> {ok, M, [{W, T} || {_, Ws} <- Warnings, {_, W, T} <- Ws]};
        {error, Errors, Warnings} -> {error, [lists:flatten(M:format_error(T)) || {_, Es} <- Errors, {_, M, T} <- Es], length(Warnings)}
    end.

forms(Text, Options) -> compile:forms(parse(Text), [return | Options]).

parse(Text) ->
    {ok, Tokens, _} = erl_scan:string(lists:flatten(string:replace(Text, "?MODULE_", "m4"))),
    split(Tokens, []).
split([], []) -> [];
split([{dot, _} = D | Rest], Acc) -> {ok, F} = erl_parse:parse_form(lists:reverse(Acc, [D])), [F | split(Rest, [])];
split([T | Rest], Acc) -> split(Rest, [T | Acc]).

%% Triples every literal 2.
parse_transform(Forms, _) -> [erl_parse:map_anno(fun(A) -> A end, replace(F)) || F <- Forms].
replace({integer, L, 2}) -> {integer, L, 6};
replace(T) when is_tuple(T) -> list_to_tuple([replace(X) || X <- tuple_to_list(T)]);
replace([H | T]) -> [replace(H) | replace(T)];
replace(X) -> X.
