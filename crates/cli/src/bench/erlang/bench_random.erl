%% @doc Numbers that look random and are the same everywhere.
-module(bench_random).

-export([below/2, list/2]).

%% @doc A number below a bound, and the state of the next one.
-spec below(pos_integer(), non_neg_integer()) -> {non_neg_integer(), non_neg_integer()}.
below(Bound, State) ->
    Next = (State * 1103515245 + 12345) band 16#7fffffff,
    {(Next bsr 8) rem Bound, Next}.

%% @doc So many numbers below a bound.
-spec list(non_neg_integer(), pos_integer()) -> [non_neg_integer()].
list(Length, Bound) ->
    list(Length, Bound, 42).

list(0, _Bound, _State) -> [];
list(Length, Bound, State) ->
    {Number, Next} = below(Bound, State),
    [Number | list(Length - 1, Bound, Next)].
