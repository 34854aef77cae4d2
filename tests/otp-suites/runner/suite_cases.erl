%% @doc What a suite's `all/0' stands for: its cases in order, with the groups around each.
-module(suite_cases).

-export([of_suite/1, name/1]).

-export_type([group/0, testcase/0]).

-type group() :: {Name :: atom(), Properties :: list()}.
%% Repetition, shuffling and parallelism are properties too, and left alone: each case runs once.
-type testcase() :: {[group()], Case :: atom()}.

%% @doc The cases of a suite, or why it has none.
-spec of_suite(module()) -> [testcase()] | {skip, term()}.
of_suite(Suite) ->
    case Suite:all() of
        {skip, Reason} -> {skip, Reason};
        Entries -> unfold(Entries, [], groups(Suite))
    end.

%% @doc `group/case', which tells apart a case that is in several groups.
-spec name(testcase()) -> string().
name({Groups, Case}) ->
    lists:flatten(lists:join($/, [atom_to_list(Group) || {Group, _} <- Groups] ++ [atom_to_list(Case)])).

groups(Suite) ->
    case erlang:function_exported(Suite, groups, 0) of
        true -> Suite:groups();
        false -> []
    end.

unfold(Entries, Path, Groups) ->
    lists:flatmap(fun(Entry) -> entry(Entry, Path, Groups) end, Entries).

entry(Case, Path, _Groups) when is_atom(Case) -> [{Path, Case}];
entry({testcase, Case, _Properties}, Path, _Groups) -> [{Path, Case}];
entry({group, Name}, Path, Groups) -> group(Name, Path, Groups);
entry({group, Name, _Properties}, Path, Groups) -> group(Name, Path, Groups);
entry({group, Name, _Properties, _Subgroups}, Path, Groups) -> group(Name, Path, Groups);
entry({Name, Properties, Entries}, Path, Groups) when is_list(Entries) ->
    unfold(Entries, Path ++ [{Name, Properties}], Groups);
entry({Name, Entries}, Path, Groups) when is_list(Entries) ->
    unfold(Entries, Path ++ [{Name, []}], Groups);
entry({OtherSuite, Case}, _Path, _Groups) when is_atom(OtherSuite), is_atom(Case) ->
    %% It is counted where it is defined.
    [].

group(Name, Path, Groups) ->
    case definition(Name, Groups) of
        none -> [];
        Definition -> entry(Definition, Path, Groups)
    end.

%% Groups may be defined inside others.
definition(Name, Groups) ->
    case lists:keyfind(Name, 1, [Group || Group <- Groups, is_tuple(Group)]) of
        Found when is_tuple(Found) -> Found;
        false -> inner_definition(Name, Groups)
    end.

inner_definition(Name, [{_, _, Entries} | Groups]) when is_list(Entries) ->
    case definition(Name, Entries) of
        none -> inner_definition(Name, Groups);
        Found -> Found
    end;
inner_definition(Name, [_ | Groups]) -> inner_definition(Name, Groups);
inner_definition(_Name, []) -> none.
