%% @doc Finds all code that an image needs.
%%
%% There is no loading on demand inside an image, and calls through a variable can't be seen, so
%% this is generous: whole `kernel' and `stdlib' (2.9 MB without debugging information), whole
%% applications that an `applications' list names, the `brood' application. Beyond these, modules
%% of the installed OTP that are called by name (`ImpT' chunks, followed to the end), and what the
%% user includes explicitly.
-module(brood_release_closure).

-export([close/2]).

-define(ALWAYS, [kernel, stdlib, brood]).

%% @doc The user's applications and all others, each after those that it depends on.
-spec close([brood_release_input:application()], Include :: [module()]) ->
          [brood_release_input:application()].
close(Own, Include) ->
    Named = lists:foldl(fun depend/2, index(Own), ?ALWAYS),
    All = lists:foldl(fun(#{name := Name}, Known) -> dependencies(Name, Known) end, Named, Own),
    Complete = called(All, Include),
    one_of_each(Complete),
    warn_of_native_code(Complete),
    order(Complete).

%% Inside an image there is one module of a name: a second one would never be called.
one_of_each(Known) ->
    Places = maps:groups_from_list(fun({Module, _}) -> Module end, fun({_, Name}) -> Name end,
                                   [{Module, Name} || #{name := Name, beams := Beams} <- maps:values(Known),
                                                      #{module := Module} <- Beams]),
    [brood_release:fail(bad_beam, "module ~ts is there more than once: in ~ts",
                        [Module, lists:join(" and ", [atom_to_binary(Name) || Name <- Names])])
     || {Module, [_, _ | _] = Names} <- maps:to_list(Places)],
    ok.

index(Applications) ->
    maps:from_list([{Name, Application} || #{name := Name} = Application <- Applications]).

depend(Name, Known) when is_map_key(Name, Known) ->
    Known;
depend(Name, Known) ->
    case installed(Name) of
        {ok, Application} ->
            dependencies(Name, Known#{Name => Application});
        error ->
            brood_release:fail(missing, "there is no application ~ts, here or in the installed OTP",
                               [Name])
    end.

dependencies(Name, Known) ->
    #{resource := Resource} = maps:get(Name, Known),
    Optional = key(optional_applications, Resource),
    Needed = (key(applications, Resource) -- Optional) ++ key(included_applications, Resource),
    lists:foldl(fun depend/2, Known, Needed).

key(_Key, none) -> [];
key(Key, {application, _, Keys}) -> proplists:get_value(Key, Keys, []).

installed(brood) ->
    Ebin = filename:dirname(code:which(brood_boot)),
    {ok, [{application, brood, Keys}]} = file:consult(filename:join(Ebin, "brood.app")),
    Files = [filename:join(Ebin, "brood.app") |
             [filename:join(Ebin, atom_to_list(Module) ++ ".beam")
              || Module <- proplists:get_value(modules, Keys)]],
    read("brood", Files);
installed(Name) ->
    case code:lib_dir(Name) of
        {error, bad_name} -> error;
        Directory -> read(Directory, filelib:wildcard(filename:join([Directory, "ebin", "*.{app,beam}"])))
    end.

read(Directory, Files) ->
    Name = filename:basename(Directory),
    brood_release:progress(1, 1, ["read ", Name]),
    {ok, brood_release_input:application(Directory, Files, false)}.

%% Adds modules of the installed OTP that are called from outside kernel and stdlib, and those
%% that they call.
called(Known, Include) ->
    Present = maps:from_keys([Module || #{beams := Beams} <- maps:values(Known),
                                        #{module := Module} <- Beams], true),
    Preloaded = maps:from_keys(erlang:pre_loaded(), true),
    Calls = [{Caller, Module, Own} || #{name := Name, beams := Beams, own := Own} <- maps:values(Known),
                                      not lists:member(Name, ?ALWAYS),
                                      #{module := Caller} = Beam <- Beams, Module <- callees(Beam)],
    Wanted = [{include, Module, true} || Module <- Include] ++ Calls,
    follow(Wanted, maps:merge(Present, Preloaded), Known).

follow([], _Present, Known) ->
    Known;
follow([{_Caller, Module, _Own} | Rest], Present, Known) when is_map_key(Module, Present) ->
    follow(Rest, Present, Known);
follow([{Caller, Module, Own} | Rest], Present, Known) ->
    case code:where_is_file(atom_to_list(Module) ++ ".beam") of
        non_existing ->
            missing(Caller, Module, Own),
            follow(Rest, Present#{Module => true}, Known);
        File ->
            Beam = brood_release_beam:read(File),
            case loads_native_code(Beam) andalso Caller =/= include of
                true ->
                    %% Its on_load function would fail, and with it the boot.
                    brood_release:warn("~ts, which ~ts calls, loads native code, which an instance can't "
                                       "run: it is left out", [Module, Caller]),
                    follow(Rest, Present#{Module => true}, Known);
                false ->
                    Calls = [{Module, Callee, false} || Callee <- callees(Beam) ++ unseen(Module, File)],
                    follow(Calls ++ Rest, Present#{Module => true}, add(File, Beam, Known))
            end
    end.

missing(include, Module, _Own) ->
    brood_release:fail(missing, "there is no module ~ts to include", [Module]);
missing(Caller, Module, true) ->
    brood_release:warn("~ts calls module ~ts, which is neither here nor in the installed OTP",
                       [Caller, Module]);
missing(_Caller, _Module, false) ->
    ok.

%% A single module goes where its application is, without starting that one.
add(File, Beam, Known) ->
    Directory = filename:dirname(filename:dirname(File)),
    [Name | Vsn] = string:split(filename:basename(Directory), "-"),
    Key = list_to_atom(Name),
    Empty = #{name => Key, vsn => lists:append(Vsn), resource => none, beams => [], files => [],
              own => false},
    #{beams := Beams} = Application = maps:get(Key, Known, Empty),
    Known#{Key => Application#{beams := [Beam | Beams]}}.

%% The compiler's passes are named in tables.
unseen(compile, File) ->
    [list_to_atom(filename:basename(Name, ".beam"))
     || Name <- filelib:wildcard("*.beam", filename:dirname(File))];
unseen(_Module, _File) ->
    [].

callees(#{imports := Imports}) ->
    lists:usort([Module || {Module, _, _} <- Imports]).

warn_of_native_code(Known) ->
    [brood_release:warn("~ts loads native code, which an instance can't run", [Module])
     || #{name := Name, beams := Beams} <- maps:values(Known), not lists:member(Name, ?ALWAYS),
        #{module := Module} = Beam <- Beams, loads_native_code(Beam)],
    ok.

loads_native_code(#{imports := Imports}) ->
    lists:member({erlang, load_nif, 2}, Imports).

%% Each application after those in its `applications' list, kernel first.
order(Known) ->
    Names = ?ALWAYS ++ lists:sort(maps:keys(Known) -- ?ALWAYS),
    {Ordered, _} = lists:foldl(fun(Name, State) -> visit(Name, [], Known, State) end, {[], #{}}, Names),
    [maps:get(Name, Known) || Name <- lists:reverse(Ordered)].

visit(Name, Path, Known, {_, Seen} = State) ->
    case lists:member(Name, Path) of
        true ->
            brood_release:fail(input, "applications depend on each other in a circle: ~tp",
                               [lists:reverse([Name | Path])]);
        false when is_map_key(Name, Seen); not is_map_key(Name, Known) ->
            State;
        false ->
            #{resource := Resource} = maps:get(Name, Known),
            {Ordered, Seen1} =
                lists:foldl(fun(Needed, S) -> visit(Needed, [Name | Path], Known, S) end, State,
                            key(applications, Resource)),
            {[Name | Ordered], Seen1#{Name => true}}
    end.
