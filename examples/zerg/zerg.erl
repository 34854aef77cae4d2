%% @doc One page that shows the life of the instance that renders it.
%%
%% Zerg was a demonstration of Erlang on Xen: a new virtual machine for each request, in 228 ms.
%% The page puts its published table next to the phases of the instance at work.
-module(zerg).
-behaviour(brood_handler).

-export([handle/1]).

%% The original's phases, in milliseconds.
-define(ORIGINAL, [{"Instance created", 103.3},
                   {"Virtual machine started", 3.0},
                   {"OTP booted", 119.0},
                   {"Web server started", 0.9},
                   {"Ready and notified", 0.7},
                   {"Request proxied", 1.2}]).

%% @doc Callback of brood_handler.
-spec handle(brood_handler:request()) -> brood_handler:response().
handle(#{path := <<"/">>} = Request) ->
    {200, headers(), page(brood:id(), brood:phases(), maps:get(previous, Request, #{}))};
handle(_Request) ->
    {404, headers(), [head("Nothing here"), <<"<h1>Nothing here</h1><p><a href=/>To the page</a></p>">>]}.

headers() ->
    [{<<"content-type">>, <<"text/html; charset=utf-8">>},
     {<<"cache-control">>, <<"no-store">>}].

page(Id, #{entered := Entered, first_erlang := First, now := Now}, Previous) ->
    Theirs = lists:sum([Milliseconds || {_, Milliseconds} <- ?ORIGINAL]),
    [head("Zerg"),
     <<"<h1>This page was made by a virtual machine that is gone by now.</h1>"
       "<p class=lead>It was born for your request, with no operating system in it. Erlang was at "
       "work on the answer <b>">>, number(Now), <<"&nbsp;ms</b> after its launch. Reload: another one.</p>"
       "<figure>">>,
     bar("ours", "brood: handler called", Now, Theirs),
     bar("theirs", "Erlang on Xen: answered", Theirs, Theirs),
     <<"</figure><div class=tables><table><caption>Instance ">>, identity(Id),
     <<"</caption><thead><tr><th>Phase<th>ms since launch</thead><tbody>">>,
     row("Created, entered", number(Entered)),
     row("First Erlang instruction", number(First)),
     row("Handler called", number(Now)),
     <<"<tr class=note><td colspan=2>and of the instance before it:">>,
     row("Answered", optional(answered, Previous)),
     row("Destroyed, all given back", optional(gone, Previous)),
     <<"</tbody></table><table><caption>Erlang on Xen, Zerg</caption>"
       "<thead><tr><th>Phase<th>ms</thead><tbody>">>,
     [row(Phase, float_to_binary(Milliseconds, [{decimals, 1}])) || {Phase, Milliseconds} <- ?ORIGINAL],
     <<"</tbody><tfoot>">>, row("Sum", float_to_binary(Theirs, [{decimals, 1}])),
     <<"</tfoot></table></div>">>].

%% A bar as wide as its share of the longest; a hair where that would not be seen.
bar(Class, Name, Milliseconds, Longest) ->
    Share = float_to_binary(max(0.3, min(100.0, 100 * Milliseconds / Longest)), [{decimals, 2}]),
    [<<"<div class=">>, Class, <<"><span>">>, Name, <<" after ">>, number(Milliseconds),
     <<"&nbsp;ms</span><i style='width:">>, Share, <<"%'></i></div>">>].

%% As in the header brood-instance.
identity(Id) ->
    io_lib:format("~16.16.0b", [Id]).

row(Phase, Value) ->
    [<<"<tr><td>">>, Phase, <<"<td>">>, Value].

number(Milliseconds) ->
    float_to_binary(float(Milliseconds), [{decimals, 2}]).

optional(Phase, Phases) ->
    case Phases of
        #{Phase := Milliseconds} -> number(Milliseconds);
        #{} -> <<"&ndash;">>
    end.

head(Title) ->
    [<<"<!doctype html><html lang=en><meta charset=utf-8>"
       "<meta name=viewport content='width=device-width,initial-scale=1'>"
       "<meta name=color-scheme content='light dark'><link rel=icon href='data:,'><title>">>, Title,
     <<"</title><style>"
       ":root{--ink:#1c2024;--dim:#60646c;--line:#e2e4e9;--back:#fcfcfd;--ours:#d6409f;--theirs:#8b8d98}"
       "@media(prefers-color-scheme:dark){"
       ":root{--ink:#edeef0;--dim:#b0b4ba;--line:#363a3f;--back:#111113;--ours:#f76fc3;--theirs:#6f7278}}"
       "*{box-sizing:border-box}"
       "body{margin:0 auto;max-width:56rem;padding:clamp(1.25rem,5vw,4rem);background:var(--back);"
       "color:var(--ink);font:1rem/1.55 system-ui,sans-serif}"
       "h1{font-size:clamp(1.6rem,6vw,2.8rem);line-height:1.12;letter-spacing:-.025em;margin:0 0 1rem;"
       "text-wrap:balance}"
       ".lead{font-size:1.15rem;color:var(--dim);max-width:38rem}b{color:var(--ours)}a{color:inherit}"
       "figure{margin:2.5rem 0}figure div{margin:.75rem 0}"
       "figure i{display:block;height:.9rem;border-radius:.2rem;margin-top:.25rem}"
       ".ours i{background:var(--ours)}.theirs i{background:var(--theirs)}"
       ".tables{display:grid;gap:2rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));"
       "align-items:start}"
       "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
       "caption{text-align:left;font-weight:600;padding-bottom:.5rem}"
       "th{font-weight:400;font-size:.85rem;color:var(--dim);text-align:left}"
       "td,th{padding:.45rem 0;border-bottom:1px solid var(--line)}"
       "td+td,th+th{text-align:right}.note td{color:var(--dim);font-size:.85rem;padding-top:1rem}"
       "tfoot td{font-weight:600;border:0}"
       "</style>">>].
