%% Lines of a log parsed with binaries, grouped, percentiles taken, a histogram drawn; dates turned to seconds.
%% tier: 2
-module(log_analysis).
-export([main/0]).

main() ->
    Lines = [line(N) || N <- lists:seq(1, 200)] ++ [<<"garbage">>, <<>>, <<"10.0.0.1 - - [bad] \"GET\" x y">>],
    Parsed = [parse(L) || L <- Lines],
    Good = [P || {ok, P} <- Parsed],
    io:format("~w good, ~p~n", [length(Good), [E || {error, E} <- Parsed]]),
    io:format("~p~n", [hd(Good)]),
    ByPath = maps:groups_from_list(fun(#{path := P}) -> P end, fun(#{bytes := B}) -> B end, Good),
    [io:format("~-12s ~4b ~8b ~w~n", [P, length(Bs), lists:sum(Bs), [percentile(Q, Bs) || Q <- [50, 90, 99]]]) || {P, Bs} <- lists:sort(maps:to_list(ByPath))],
    Statuses = lists:foldl(fun(#{status := S}, M) -> maps:update_with(S, fun(N) -> N + 1 end, 1, M) end, #{}, Good),
    [io:format("~b ~s~n", [S, lists:duplicate(N div 4, $#)]) || {S, N} <- lists:sort(maps:to_list(Statuses))],
    Times = [T || #{time := T} <- Good],
    io:format("~w~n", [{lists:min(Times), lists:max(Times) - lists:min(Times)}]).

line(N) ->
    iolist_to_binary(io_lib:format("10.0.~b.~b - - [~2..0b/Nov/2026:~2..0b:~2..0b:~2..0b +0000] \"GET /~s HTTP/1.1\" ~b ~b",
        [N rem 7, N rem 251, 1 + N div 100, N rem 24, N * 7 rem 60, N * 13 rem 60, element(N rem 4 + 1, {"", "index", "api/x", "a%20b"}), element(N * N rem 5 + 1, {200, 200, 304, 404, 500}), N * N rem 5003])).

parse(<<>>) -> {error, empty};
parse(Line) ->
    case re:run(Line, "^(\\S+) \\S+ \\S+ \\[([^\\]]+)\\] \"(\\w+) (\\S+) [^\"]+\" (\\d{3}) (\\d+)$", [{capture, all_but_first, binary}]) of
        {match, [Ip, When, Method, Path, Status, Bytes]} ->
            {ok, #{ip => [binary_to_integer(X) || X <- binary:split(Ip, <<".">>, [global])], time => seconds(When), method => Method, path => Path,
                   status => binary_to_integer(Status), bytes => binary_to_integer(Bytes)}};
        nomatch -> {error, {malformed, byte_size(Line)}}
    end.

seconds(<<D:2/binary, "/", Month:3/binary, "/", Y:4/binary, ":", H:2/binary, ":", M:2/binary, ":", S:2/binary, " ", Sign, Zh:2/binary, Zm:2/binary>>) ->
    [Day, Year, Hour, Minute, Second, OffsetH, OffsetM] = [binary_to_integer(X) || X <- [D, Y, H, M, S, Zh, Zm]],
    {_, Number} = lists:keyfind(Month, 1, [{<<"Jan">>, 1}, {<<"Nov">>, 11}, {<<"Dec">>, 12}]),
    Seconds = calendar:datetime_to_gregorian_seconds({{Year, Number, Day}, {Hour, Minute, Second}}),
    Offset = (OffsetH * 60 + OffsetM) * 60,
    if Sign =:= $+ -> Seconds - Offset; true -> Seconds + Offset end.

percentile(Q, Values) -> lists:nth(max(1, ceil(Q * length(Values) / 100)), lists:sort(Values)).
