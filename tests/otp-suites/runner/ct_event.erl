%% @doc Stands in for common_test's `ct_event': nobody listens.
-module(ct_event).

-export([notify/1, sync_notify/1]).

-spec notify(term()) -> ok.
notify(_Event) -> ok.

-spec sync_notify(term()) -> ok.
sync_notify(_Event) -> ok.
