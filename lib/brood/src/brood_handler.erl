%% @doc The behaviour of an application that answers HTTP requests.
%%
%% A new instance is born for each request, calls `handle/1' once, and is gone. State that the
%% application built before the image was frozen is there; nothing that a request changes is seen
%% by another one.
-module(brood_handler).

-export_type([request/0, response/0, phases/0]).

-type request() :: #{method := binary(),
                     path := binary(),
                     query := binary(),
                     headers := [{Name :: binary(), Value :: binary()}],
                     body := binary(),
                     peer := binary(),
                     id := binary(),
                     previous => phases()}.
%% `path' and `query' are as they came, still percent-encoded; header names are in lower case;
%% `id' names the request in the gateway's log; `previous' is the life of the instance that
%% answered the request before this one.

-type phases() :: #{Phase :: atom() => Milliseconds :: float()}.

-type response() :: {Status :: 100..999, Headers :: [{iodata(), iodata()}], Body :: iodata()}.

-callback handle(request()) -> response().
