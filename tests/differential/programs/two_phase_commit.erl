%% A coordinator, participants that vote, a timeout for one that is silent, and a log.
%% tier: 3
-module(two_phase_commit).
-export([main/0]).

main() ->
    [io:format("~w~n", [transaction(Votes)]) || Votes <- [[yes, yes, yes], [yes, no, yes], [yes, silent, yes], [crash, yes], []]].

transaction(Votes) ->
    Self = self(),
    Participants = [element(1, spawn_monitor(fun() -> participant(Self, Vote) end)) || Vote <- Votes],
    [P ! {prepare, self()} || P <- Participants],
    Answers = [receive
                   {P, Vote} -> Vote;
                   {'DOWN', _, process, P, Why} when Why =/= normal -> down
               after 50 -> timeout
               end || P <- Participants],
    Decision = case lists:all(fun(V) -> V =:= yes end, Answers) of true -> commit; false -> abort end,
    [P ! Decision || P <- Participants],
    Ends = [receive {'DOWN', _, process, P, Why} -> Why after 0 -> gone end || P <- Participants, is_process_alive(P) orelse true, not lists:member(P, dead())],
    {Decision, Answers, [tidy(E) || E <- wait(Ends)]}.

dead() -> [].
wait(Ends) -> Ends.
tidy({state, S}) -> S;
tidy(gone) -> gone;
tidy(Other) -> Other.

participant(Coordinator, crash) -> receive {prepare, Coordinator} -> exit(power_loss) end;
participant(Coordinator, silent) -> receive {prepare, Coordinator} -> decided(silent) end;
participant(Coordinator, Vote) ->
    receive {prepare, Coordinator} -> Coordinator ! {self(), Vote} end,
    decided(Vote).

decided(Vote) -> receive Decision when Decision =:= commit; Decision =:= abort -> exit({state, {Vote, Decision}}) end.
