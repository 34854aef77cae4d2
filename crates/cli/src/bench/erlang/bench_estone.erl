%% @doc Small loads of the kinds that the emulator's own benchmark, estone, weighs.
-module(bench_estone).

-export([lists/1, messages/1, pattern/1, traverse/1, large_data/1, local_data/1, allocation/1, bifs/1, binaries/1,
         timers/1, links/1, integers/1, floats/1, calls/1]).
-export([remote/1]).

lists(0) -> ok;
lists(Times) ->
    Letters = lists:seq($a, $z),
    Twice = Letters ++ Letters,
    52 = length(Twice),
    Letters = lists:reverse(lists:reverse(Letters)),
    true = lists:member($z, Letters),
    25 = length(lists:delete($m, Letters)),
    Letters = Twice -- Letters,
    {Half, Other} = lists:split(13, Letters),
    Letters = lists:append([Half, Other]),
    351 = lists:foldl(fun(Letter, Sum) -> Sum + Letter - $a + 1 end, 0, Letters),
    {$q, found} = lists:keyfind($q, 1, [{Letter, found} || Letter <- Letters]),
    lists(Times - 1).

%% A message of so many words goes to another process, which sends it back.
messages({Words, Times}) ->
    Message = message(Words),
    Echo = spawn_link(fun echo/0),
    exchange(Times, Echo, Message),
    Echo ! stop,
    ok.

message(1) -> hello;
message(Words) -> {[N || N <- lists:seq(1, Words div 4)], [{N, "x"} || N <- lists:seq(1, Words div 12)]}.

echo() ->
    receive
        {From, Message} -> From ! {self(), Message}, echo();
        stop -> ok
    end.

exchange(0, _Echo, _Message) -> ok;
exchange(Times, Echo, Message) ->
    Echo ! {self(), Message},
    receive {Echo, Message} -> exchange(Times - 1, Echo, Message) end.

pattern(0) -> ok;
pattern(Times) ->
    [three, four, last, nested, text, other] =
        [matched(Term) || Term <- ["abc", "abcd", {a, b, {c, last}}, [{1, {2, [3, 4]}}], <<"text", 1:16>>, make]],
    yes = colour(violet),
    no = colour(pink),
    pattern(Times - 1).

matched([$a, $b, $c]) -> three;
matched([$a, $b, $c, $d]) -> four;
matched([$a, $b, $c, $d, $e]) -> five;
matched({a, b, {c, first}}) -> first;
matched({a, b, {c, last}}) -> last;
matched([{1, {2, [3, 5]}}]) -> wrong;
matched([{1, {2, [3 | _]}}]) -> nested;
matched(<<"test", _/binary>>) -> test;
matched(<<"text", N:16>>) when N > 0 -> text;
matched(_) -> other.

colour(red) -> yes;
colour(orange) -> yes;
colour(yellow) -> yes;
colour(green) -> yes;
colour(blue) -> yes;
colour(indigo) -> yes;
colour(violet) -> yes;
colour(_) -> no.

traverse(Times) ->
    Term = nested(9),
    [1023 = leaves(Term) || _ <- lists:seq(1, Times)],
    ok.

nested(0) -> [leaf];
nested(Depth) -> [leaf, {Depth, nested(Depth - 1)}, {Depth, nested(Depth - 1)}].

leaves(leaf) -> 1;
leaves({_, Term}) -> leaves(Term);
leaves([]) -> 0;
leaves([Head | Tail]) -> leaves(Head) + leaves(Tail).

%% Many processes that each hold much data and do little.
large_data(Number) ->
    Self = self(),
    Holders = [spawn_link(fun() -> hold(Self, lists:seq(1, 20000)) end) || _ <- lists:seq(1, Number)],
    [[begin Holder ! {garbage, N}, receive {Holder, Sum} when Sum =:= 5050 + N -> ok end end || N <- lists:seq(1, 20)]
     || Holder <- Holders],
    [Holder ! stop || Holder <- Holders],
    [receive {Holder, 20000} -> ok end || Holder <- Holders],
    ok.

hold(Parent, Data) ->
    receive
        {garbage, N} ->
            Parent ! {self(), lists:sum([X || X <- lists:seq(1, 100)]) + N},
            hold(Parent, Data);
        stop ->
            Parent ! {self(), length(Data)}
    end.

%% One process that holds much data and makes garbage beside it.
local_data(Times) ->
    Data = [{N, integer_to_list(N)} || N <- lists:seq(1, 10000)],
    [garbage(2000) || _ <- lists:seq(1, Times)],
    10000 = length(Data),
    ok.

garbage(0) -> [];
garbage(N) -> [{N, [N]} | garbage(N - 1)].

allocation(Times) ->
    [begin
         List = garbage(200),
         Tuple = list_to_tuple(List),
         200 = tuple_size(Tuple),
         <<_:200/binary>> = list_to_binary(lists:duplicate(200, N band 255))
     end || N <- lists:seq(1, Times)],
    ok.

bifs(0) -> ok;
bifs(N) ->
    Atom = list_to_atom("atom"),
    "atom" = atom_to_list(Atom),
    N = list_to_integer(integer_to_list(N)),
    Tuple = setelement(2, {1, 2, 3}, Atom),
    Atom = element(2, Tuple),
    true = is_pid(self()) andalso is_process_alive(self()),
    undefined = get(N),
    5 = length([1, 2, 3, 4, 5]),
    {Half, Half2} = {N div 2, trunc(N / 2)},
    Half = Half2,
    bifs(N - 1).

binaries(0) -> ok;
binaries(N) ->
    Binary = << <<X:16>> || X <- lists:seq(1, 64) >>,
    128 = byte_size(Binary),
    <<First:64/binary, Second/binary>> = Binary,
    Binary = <<First/binary, Second/binary>>,
    2080 = lists:sum([X || <<X:16>> <= Binary]),
    <<_:5, Bits:20, _/bits>> = Second,
    true = is_integer(Bits),
    Grown = lists:foldl(fun(X, Text) -> <<Text/binary, X>> end, <<>>, "a text that grows at its end"),
    [_, _ | _] = binary:split(Grown, <<" ">>, [global]),
    binaries(N - 1).

timers(0) -> ok;
timers(N) ->
    Timer = erlang:start_timer(100000, self(), N),
    receive {timeout, Timer, _} -> error(early) after 0 -> ok end,
    Left = erlang:cancel_timer(Timer),
    true = Left > 0,
    timers(N - 1).

links(Number) ->
    false = process_flag(trap_exit, true),
    [begin
         Child = spawn_link(fun() -> exit(N) end),
         receive {'EXIT', Child, N} -> ok end
     end || N <- lists:seq(1, Number)],
    true = process_flag(trap_exit, false),
    ok.

integers(Times) ->
    true = integers(Times, 1, 0) > 0,
    ok.

integers(0, A, B) -> A + B;
integers(Times, A, B) ->
    integers(Times - 1, (A * 3 + B) band 16#fffff, ((B bxor A) + (Times rem 7)) div 2).

floats(Times) ->
    true = floats(Times, 1.5, 0.25) > 0.0,
    ok.

floats(0, X, Y) -> X + Y;
floats(Times, X, Y) -> floats(Times - 1, (X * 0.75 + Y) / 1.25, Y + 0.125 - X * 0.01 + abs(Y) * 0.0001).

calls(Times) ->
    Fun = fun(N) -> N - 1 end,
    0 = calls(Times, ?MODULE, Fun),
    ok.

calls(N, _Module, _Fun) when N =< 0 -> 0;
calls(N, Module, Fun) -> calls(local(Fun(Module:remote(?MODULE:remote(N)))), Module, Fun).

local(N) -> N.

remote(N) -> N.
