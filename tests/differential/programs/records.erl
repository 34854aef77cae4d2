%% Records: defaults, updates, nesting, matching, guards, info, errors.
%% tier: 2
-module(records).
-export([main/0, id/1]).
-record(address, {street = "", city, zip = 0 :: integer()}).
-record(person, {name, age = 18, address = #address{}, tags = [] :: list()}).

main() ->
    P = #person{name = "Ann"}, Q = P#person{age = 40, address = #address{city = "Oslo", zip = 150}},
    p(P), p(Q), p([P#person.name, Q#person.age, Q#person.address#address.city, (Q#person.address)#address.zip]), p([#person.name, #person.tags, record_info(size, person), record_info(fields, person), record_info(fields, address)]),
    p(Q#person{address = (Q#person.address)#address{zip = 151}}), p(#person{name = x, _ = '_'}), p([adult(X) || X <- [P, Q, #person{age = 3}, nobody]]), #person{name = N, address = #address{city = C}} = Q, p({N, C}),
    p([is_record(P, person), is_record(P, address), is_record({person, 1}, person), id(P) =:= setelement(#person.age, Q#person{address = #address{}}, 18)]), p(lists:keysort(#person.age, [Q, P, #person{name = kid, age = 5}])), p([A || #person{age = A} <- [P, Q, x]]),
    p([try F() catch K:R -> {K, R} end || F <- [fun() -> (id(P))#address.city end, fun() -> (id({person, 1}))#person.age end, fun() -> (id(atom))#person{age = 1} end, fun() -> #person{age = 99} = id(P) end]]),
    p(lists:foldl(fun(I, X) -> X#person{age = X#person.age + I, tags = [I | X#person.tags]} end, P, lists:seq(1, 10))).

id(X) -> X.
adult(#person{age = A} = P) when A >= 18, P#person.address#address.zip > 0 -> {adult_at, P#person.address#address.zip};
adult(P) when P#person.age >= 18 -> adult;
adult(#person{}) -> minor;
adult(_) -> not_a_person.
p(X) -> io:format("~p~n", [X]).
