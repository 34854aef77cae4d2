%% @doc The top of the `kernel' application inside an image.
%%
%% The boot script starts OTP's unmodified kernel application with this callback module in the
%% place of `kernel': the same logger set-up and the same children in the same order, without
%% those that need what an image hasn't got (sockets, distribution, signals, descriptors of a Unix
%% process), and with the console's own `user' and `standard_error'.
-module(brood_kernel).
-behaviour(application).
-behaviour(supervisor).

-export([start/2, stop/1, init/1]).

%% @doc Callback of {@link application}.
-spec start(application:start_type(), term()) -> supervisor:startlink_ret().
start(_Type, _Arguments) ->
    ok = logger:internal_init_logger(),
    case supervisor:start_link({local, kernel_sup}, ?MODULE, main) of
        {ok, Pid} ->
            ok = logger:add_handlers(kernel),
            {ok, Pid};
        Error ->
            Error
    end.

%% @doc Callback of {@link application}.
-spec stop(term()) -> ok.
stop(_State) ->
    ok.

%% @doc Callback of {@link supervisor}. `safe' is OTP's own idea: what may be restarted has a
%% supervisor below the one that ends everything; it is also where code that waits for its
%% on-load function is let go.
-spec init(main | safe) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init(main) ->
    {ok, {#{strategy => one_for_all, intensity => 0, period => 1},
          [worker(kernel_refc, {kernel_refc, start_link, []}, permanent),
           worker(code_server, {code, start_link, []}, permanent),
           worker(rpc, {rpc, start_link, []}, permanent),
           worker(global_name_server, {global, start_link, []}, permanent),
           worker(file_server_2, {file_server, start_link, []}, permanent),
           worker(standard_error, {brood_standard_error, start_link, []}, temporary),
           worker(user, {brood_user, start_link, []}, temporary),
           tree(kernel_safe_sup,
                {supervisor, start_link, [{local, kernel_safe_sup}, ?MODULE, safe]}),
           tree(logger_sup, {logger_sup, start_link, []})]}};
init(safe) ->
    init:run_on_load_handlers(),
    {ok, {#{strategy => one_for_one, intensity => 4, period => 3600}, []}}.

worker(Id, {Module, _, _} = Start, Restart) ->
    #{id => Id, start => Start, restart => Restart, shutdown => 2000, type => worker,
      modules => [Module]}.

tree(Id, {Module, _, _} = Start) ->
    #{id => Id, start => Start, restart => permanent, shutdown => infinity, type => supervisor,
      modules => [Module]}.
