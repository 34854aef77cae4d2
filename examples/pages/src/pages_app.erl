%% @doc The application: its supervisor keeps the compiled templates.
-module(pages_app).
-behaviour(application).
-behaviour(supervisor).

-export([start/2, stop/1, init/1]).

%% @doc Callback of application.
-spec start(application:start_type(), term()) -> supervisor:startlink_ret().
start(_Type, _Arguments) ->
    supervisor:start_link({local, pages_sup}, ?MODULE, []).

%% @doc Callback of application.
-spec stop(term()) -> ok.
stop(_State) ->
    ok.

%% @doc Callback of supervisor.
-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init([]) ->
    {ok, {#{strategy => one_for_one, intensity => 1, period => 5},
          [#{id => pages_templates, start => {pages_templates, start_link, []}}]}}.
