%% Appending in loops, from shared bases, across messages and collections.
%% tier: 2
-module(bits_append).
-export([main/0, id/1]).

main() ->
    Long = append(lists:seq(1, 20000), <<>>),
    io:format("~w ~w~n", [byte_size(Long), erlang:crc32(Long)]),
    Bits = append_bits(lists:seq(1, 5000), <<>>),
    io:format("~w ~w~n", [bit_size(Bits), erlang:phash2(Bits)]),
    Base = append(lists:seq(1, 100), <<>>),
    Forks = [<<Base/binary, N:16>> || N <- lists:seq(1, 10)],
    io:format("~w~n", [[begin <<_:200/binary, X:16>> = F, X end || F <- Forks]]),
    io:format("~w~n", [byte_size(Base)]),
    Chain = lists:foldl(fun(N, B) -> C = <<B/binary, N>>, _ = <<B/binary, "discarded">>, C end, <<"start">>, lists:seq(1, 50)),
    io:format("~p~n", [Chain]),
    Self = self(),
    P = spawn(fun() -> loop(Self, <<>>) end),
    [P ! {add, <<N:32>>} || N <- lists:seq(1, 500)],
    P ! get,
    receive {value, V} -> io:format("~w ~w~n", [byte_size(V), erlang:crc32(V)]) end,
    V2 = <<V/binary, "mine">>,
    P ! {add, <<"theirs">>}, P ! get,
    receive {value, V3} -> io:format("~w ~w ~w~n", [byte_size(V2), byte_size(V3), binary:part(V3, byte_size(V3), -6)]) end,
    Sub = binary:part(Long, 100, 10),
    S2 = <<Sub/binary, "!">>,
    io:format("~w~n", [{Sub, S2, binary:part(Long, 110, 1)}]),
    Acc = gc_append(2000, <<>>),
    io:format("~w ~w~n", [byte_size(Acc), erlang:adler32(Acc)]),
    Pre = lists:foldl(fun(N, B) -> <<N:8, B/binary>> end, <<>>, lists:seq(1, 300)),
    io:format("~w ~w~n", [byte_size(Pre), erlang:crc32(Pre)]),
    {Text, Count} = join([<<"alpha">>, <<"beta">>, <<"gamma">>], <<>>, 0),
    io:format("~s ~w~n", [Text, Count]),
    io:format("~s~n", [escape(<<"<a href=\"x\">T&C</a>">>, <<>>)]),
    io:format("~w~n", [byte_size(double(<<"ab">>, 14))]),
    Self2 = << <<X, X>> || <<X>> <= binary:part(Long, 0, 20) >>,
    io:format("~w~n", [Self2]).

id(X) -> X.

append([], B) -> B;
append([N | T], B) -> append(T, <<B/binary, N:16>>).

append_bits([], B) -> B;
append_bits([N | T], B) -> append_bits(T, <<B/bits, N:(N rem 11)>>).

loop(Parent, B) ->
    receive
        {add, X} -> loop(Parent, <<B/binary, X/binary>>);
        get -> Parent ! {value, B}, loop(Parent, B)
    end.

gc_append(0, B) -> B;
gc_append(N, B) ->
    N rem 100 =:= 0 andalso erlang:garbage_collect(),
    gc_append(N - 1, <<B/binary, (integer_to_binary(N))/binary, ",">>).

join([], B, N) -> {B, N};
join([H], B, N) -> {<<B/binary, H/binary>>, N + 1};
join([H | T], B, N) -> join(T, <<B/binary, H/binary, ", ">>, N + 1).

escape(<<$<, R/binary>>, B) -> escape(R, <<B/binary, "&lt;">>);
escape(<<$>, R/binary>>, B) -> escape(R, <<B/binary, "&gt;">>);
escape(<<$&, R/binary>>, B) -> escape(R, <<B/binary, "&amp;">>);
escape(<<$", R/binary>>, B) -> escape(R, <<B/binary, "&quot;">>);
escape(<<C, R/binary>>, B) -> escape(R, <<B/binary, C>>);
escape(<<>>, B) -> B.

double(B, 0) -> B;
double(B, N) -> double(<<B/binary, B/binary>>, N - 1).
