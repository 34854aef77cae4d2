%% Dijkstra with gb_sets, Floyd-Warshall with maps, and that they agree.
%% tier: 2
-module(shortest_paths).
-export([main/0]).

main() ->
    N = 24,
    Full = maps:from_list([{A, [{B, 1 + (A * 13 + B * 7) rem 19} || B <- lists:seq(1, N), A =/= B, (A * B) rem 5 =:= 1]}
                           || A <- lists:seq(1, N)]),
    From1 = dijkstra(1, Full),
    io:format("~w~n", [lists:sort(maps:to_list(From1))]),
    All = floyd(N, Full),
    io:format("~w~n", [lists:all(fun(S) ->
        D = dijkstra(S, Full),
        lists:all(fun(T) -> maps:get(T, D, none) =:= maps:get({S, T}, All, none) end, lists:seq(1, N))
    end, lists:seq(1, N))]).

dijkstra(Source, Graph) -> dijkstra(gb_sets:from_list([{0, Source}]), Graph, #{}).
dijkstra(Queue, Graph, Done) ->
    case gb_sets:is_empty(Queue) of
        true -> Done;
        false ->
            case gb_sets:take_smallest(Queue) of
                {{_, N}, Rest} when is_map_key(N, Done) -> dijkstra(Rest, Graph, Done);
                {{D, N}, Rest} ->
                    New = lists:foldl(fun({To, W}, Q) -> gb_sets:add({D + W, To}, Q) end, Rest, map_get(N, Graph)),
                    dijkstra(New, Graph, Done#{N => D})
            end
    end.

floyd(N, Graph) ->
    Nodes = lists:seq(1, N),
    Start = maps:from_list([{{A, A}, 0} || A <- Nodes] ++ [{{A, B}, W} || A <- Nodes, {B, W} <- map_get(A, Graph)]),
    lists:foldl(fun(K, Outer) ->
        lists:foldl(fun({I, J}, D) ->
            case D of
                #{{I, K} := X, {K, J} := Y} ->
                    case maps:get({I, J}, D, infinity) of
                        Z when X + Y < Z -> D#{{I, J} => X + Y};
                        _ -> D
                    end;
                _ -> D
            end
        end, Outer, [{I, J} || I <- Nodes, J <- Nodes])
    end, Start, Nodes).
