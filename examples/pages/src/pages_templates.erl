%% @doc Compiles all templates of `priv/' when it starts and keeps them.
%%
%% In an image that is before the freeze: no request ever compiles one.
-module(pages_templates).
-behaviour(gen_server).

-export([start_link/0, render/2]).
-export([init/1, handle_call/3, handle_cast/2]).

-type state() :: #{templates := #{binary() => pages_template:template()}, rendered := non_neg_integer()}.

%% @doc Starts the server.
-spec start_link() -> gen_server:start_ret().
start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% @doc Renders the named template inside the layout; how many it has rendered before is a value
%% that each template can show.
-spec render(Name :: binary(), #{binary() => iodata()}) -> iodata().
render(Name, Values) ->
    gen_server:call(?MODULE, {render, Name, Values}).

%% @doc Callback of gen_server.
-spec init([]) -> {ok, state()}.
init([]) ->
    Directory = code:priv_dir(pages),
    {ok, Files} = file:list_dir(Directory),
    Templates = [begin
                     {ok, Text} = file:read_file(filename:join(Directory, File)),
                     {list_to_binary(filename:rootname(File)), pages_template:compile(Text)}
                 end || File <- Files, filename:extension(File) =:= ".html"],
    {ok, #{templates => maps:from_list(Templates), rendered => 0}}.

%% @doc Callback of gen_server.
-spec handle_call({render, binary(), map()}, gen_server:from(), state()) -> {reply, iodata(), state()}.
handle_call({render, Name, Given}, _From, #{templates := Templates, rendered := Rendered} = State) ->
    {ok, Title} = application:get_env(pages, title),
    Values = Given#{<<"site">> => Title, <<"rendered">> => integer_to_binary(Rendered)},
    Content = pages_template:render(maps:get(Name, Templates), Values),
    Page = pages_template:render(maps:get(<<"layout">>, Templates), Values#{<<"content">> => Content}),
    {reply, Page, State#{rendered := Rendered + 1}}.

%% @doc Callback of gen_server.
-spec handle_cast(term(), state()) -> {noreply, state()}.
handle_cast(_Request, State) ->
    {noreply, State}.
