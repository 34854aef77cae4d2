%% Tables and match specifications: every function, every kind of error.
%% tier: 0
-module(core_ets).
-export([main/0]).
-compile([nowarn_unused_vars, {nowarn_unused_function, [{all,1},{sleep,1}]}]).

main() -> specs(), tables(), more().

t(F) ->
    erlang:display(clean(try {ok, F()} catch C:R:S -> {C, R, info(S)} end)).

info([{_, _, _, I} | _]) -> I;
info(_) -> [].

clean(R) when is_reference(R) -> ref;
clean(P) when is_pid(P) -> pid;
clean({L, C}) when is_list(L), is_tuple(C), tuple_size(C) >= 6 -> {clean(L), continuation};
clean(T) when is_tuple(T) -> list_to_tuple([clean(E) || E <- tuple_to_list(T)]);
clean([H | T]) -> [clean(H) | clean(T)];
clean(X) -> X.

all('$end_of_table') -> [];
all(C) -> case ets:select(C) of {L, C1} -> L ++ all(C1); '$end_of_table' -> [] end.

sleep(T) -> receive after T -> ok end.

specs() ->
    O={1,2.5,[a,b],{x,y},<<"abc">>,#{a=>1},foo},
E=fun(G)-> t(fun() -> ets:test_ms(O,[{{'$1','$2','$3','$4','$5','$6','$7'},[],[G]}]) end) end,
[E({X,'$1'})||X<-[is_atom,is_float,is_integer,is_list,is_number,is_pid,is_port,is_reference,is_tuple,is_map,is_binary,is_bitstring,is_boolean,is_function,is_seq_trace,abs,hd,length,node,round,size,bit_size,byte_size,map_size,tl,trunc,ceil,floor,float,tuple_size,'bnot','-','+','not',const,message,display,enable_trace,set_tcw,silent,return_trace,binary_part,exception_trace,is_alive]],
[E({X,'$1',2})||X<-[element,is_map_key,map_get,'and','or','xor','andalso','orelse','+','-','*','/','div','rem','band','bor','bxor','bsl','bsr','>','>=','<','=<','=:=','==','=/=','/=',min,max,is_function,is_record,binary_part,'++']],
[E(G) || G <- [{node},{is_record,'$4',x,2},{is_record,'$4',x},{is_record,'$4',z,2},{return_trace},{process_dump},{get_tcw},{get_seq_token},{caller},{foo},{const,a,b},{'and'},{'and',true},{'and',true,true,false},{'andalso',true,true,5},{'andalso',true},{'andalso',5,true},{'andalso'},{'orelse',false,7},{'orelse',7,true},{'or',true,7},{'+',1},{'+',1,2,3},{{}},{{'$1','$9'}},[],['$1','$9'],#{a=>'$1'},#{'$1'=>b},'$_','$$','_','$9','$1x',{},{a},{{a},{b}},<<"x">>,{hd,'$3'},{hd,{const,[]}},{'$1'},['$1'|'$2'],{element,1,{const,{1,2}}},{size,'$6'},{size,'$3'},{map_get,a,'$6'},{map_get,b,'$6'},{is_map_key,a,'$6'},{is_map_key,a,'$5'},{is_function,'$5',1}, {length,[a|b]},{'andalso',false,{foo}} ]],
H=fun(P)-> t(fun() -> ets:test_ms({#{a=>1,b=>2},[1|2],1.0,1},[{P,[],['$$']}]) end) end,
[H(P)||P<-['_','$1','$_','$$',{'_','_','_','_'},{'$2','$1','_','_'},{#{a=>'$1'},'_','_','_'},{#{'$1'=>1},'_','_','_'},{#{'_'=>1},'_','_','_'},{#{c=>1},'_','_','_'},{#{},'_','_','_'},{'_',['$1'|'$2'],'_','_'},{'_','_','$1','$1'},{'_','_',1,'_'},{'$3','_','$1','$1000'},{'$01','_','_','_'},{'$100000000','_','_','_'},{'_','_'},foo,1,'$','$a']],
S=fun(MS)-> t(fun() -> ets:test_ms({1,2},MS) end), t(fun() -> ets:match_spec_run([{1,2},{2,3}],ets:match_spec_compile(MS)) end) end,
[S(MS)||MS<-[[],foo,[foo],[{}],[{'_',[],[]}],[{'_',[],[a,b]}],[{'_',foo,[a]}],[{'_',[],foo}],[{'_',[]}],[{{'_',1},[],[a]},{'_',[],[b]}],[{'_',[false],[a]}],[{'_',[foo],[a]}],[{'_',['$1'],[a]}],[{{'$1','_'},[{'>','$1',1}],['$1']}],[{'_',[{'+',a,1}],[x]}],[{'_',[],[{'+',a,1}]}],[{'_',[],[{message,a}]}],[{'_',[],[{{a,{hd,a}}}]}],[{'_',[],[{is_seq_trace}]}],[{'_',[],[a|b]}],[{'_',[],[a]}|x],[{'_',[true|x],[a]}]]],
t(fun()->ets:match_spec_run([a],ets:match_spec_compile([{'_',[],['$_']}])) end),
t(fun()->ets:match_spec_run([{1}|foo],ets:match_spec_compile([{'_',[],['$_']}])) end),
t(fun()->ets:match_spec_run([{1}],make_ref()) end),
t(fun()->ets:match_spec_run([{1}],foo) end),
t(fun()->ets:is_compiled_ms(foo) end),
    ok.

tables() ->
    t(fun() -> ets:new(foo,[named_table]) end),t(fun() -> ets:new(foo,[named_table]) end),t(fun() -> ets:new(1,[]) end),t(fun() -> ets:new(a,[x]) end),t(fun() -> ets:new(a,[{keypos,0}]) end),t(fun() -> ets:new(a,[set|x]) end),t(fun() -> ets:new(a,[{heir,a}]) end),t(fun() -> ets:new(a,[{heir,none}]) end),t(fun() -> ets:new(a,[{heir,self()}]) end),t(fun() -> ets:new(a,[{heir,foo,x}]) end),t(fun() -> ets:new(a,[{read_concurrency,x}]) end),t(fun() -> ets:new(a,[{write_concurrency,auto}]) end),
T0=ets:new(foo2,[]), 
O=ets:new(oo,[ordered_set,public,{keypos,2},compressed,{write_concurrency,true},{decentralized_counters,true}]), 
[t(fun() -> {I,ets:info(T0,I)} end)||I<-[compressed,decentralized_counters,fixed,heir,id,keypos,name,named_table,node,owner,protection,safe_fixed,safe_fixed_monotonic_time,size,type,write_concurrency,read_concurrency,foo]],
ets:safe_fixtable(T0,true),t(fun() -> ets:info(T0,fixed) end),ets:safe_fixtable(T0,false),
t(fun() -> ets:info(nope) end),t(fun() -> ets:info(nope,size) end),t(fun() -> ets:info(1,size) end),t(fun() -> ets:info(nope,foo) end),t(fun() -> ets:info(1) end),
t(fun() -> ets:insert(T0,{}) end),t(fun() -> ets:insert(T0,[{1,2},{2,x},{3,1.5}]) end),t(fun() -> ets:insert(O,{2}) end),t(fun() -> ets:insert(O,[{2,3}|x]) end),t(fun() -> ets:insert(nope,{1}) end),t(fun() -> ets:insert(1,{1}) end),
t(fun() -> ets:insert_new(T0,[{1,3},{9,9}]) end),t(fun() -> ets:insert_new(T0,[]) end),t(fun() -> ets:insert_new(T0,[{8,8},{8,9}]) end),t(fun() -> ets:lookup(T0,8) end),t(fun() -> ets:insert_new(T0,foo) end),
t(fun() -> ets:lookup_element(T0,1,1) end),t(fun() -> ets:lookup_element(T0,1,3) end),t(fun() -> ets:lookup_element(T0,1,0) end),t(fun() -> ets:lookup_element(T0,77,1) end),t(fun() -> ets:lookup_element(T0,77,x) end),
t(fun() -> ets:update_counter(T0,1,1) end),t(fun() -> ets:update_counter(T0,1,{2,5}) end),t(fun() -> ets:update_counter(T0,1,[{2,5},{2,1}]) end),t(fun() -> ets:update_counter(T0,1,{2,5,10,0}) end),t(fun() -> ets:update_counter(T0,1,{2,-5,-10,0}) end),t(fun() -> ets:update_counter(T0,1,{1,5}) end),t(fun() -> ets:update_counter(T0,1,{3,5}) end),t(fun() -> ets:update_counter(T0,1,{0,5}) end),t(fun() -> ets:update_counter(T0,2,{2,5}) end),t(fun() -> ets:update_counter(T0,2,{2,foo}) end),t(fun() -> ets:update_counter(T0,22,{2,1}) end),t(fun() -> ets:update_counter(T0,22,{2,1},{a,b}) end),t(fun() -> ets:update_counter(T0,22,{2,1},{a,5}) end),t(fun() -> ets:lookup(T0,22) end),t(fun() -> ets:update_counter(T0,23,{3,1},{x,1}) end),t(fun() -> ets:update_counter(T0,23,{2,1},foo) end),t(fun() -> ets:update_counter(T0,1,[]) end),t(fun() -> ets:update_counter(T0,1,foo) end),t(fun() -> ets:update_counter(T0,1,[{2,1},{2,x}]) end),t(fun() -> ets:lookup(T0,1) end),t(fun() -> ets:update_counter(T0,1,[{2,1}|x]) end),t(fun() -> ets:update_counter(T0,1,{2,1,x,1}) end),t(fun() -> ets:update_counter(T0,1,{2,1,0,x}) end),t(fun() -> ets:update_counter(O,1,2) end),
t(fun() -> ets:update_counter(T0,1,{2,1.0}) end),t(fun() -> ets:update_counter(T0,24,1,{x,1}) end),
t(fun() -> ets:update_element(T0,1,{2,x}) end),t(fun() -> ets:update_element(T0,1,{1,x}) end),t(fun() -> ets:update_element(T0,1,{3,x}) end),t(fun() -> ets:update_element(T0,1,[{2,x},{2,y}]) end),t(fun() -> ets:update_element(T0,1,[]) end),t(fun() -> ets:update_element(T0,99,{2,x}) end),t(fun() -> ets:update_element(T0,99,{1,x}) end),t(fun() -> ets:update_element(T0,99,{200,x}) end),t(fun() -> ets:update_element(T0,99,x) end),t(fun() -> ets:update_element(T0,1,{0,x}) end),t(fun() -> ets:lookup(T0,1) end),
B=ets:new(b,[bag]), ets:insert(B,[{1,a},{1,b},{1,a},{1.0,c},{2,d}]), t(fun() -> lists:sort(ets:tab2list(B)) end), t(fun() -> ets:update_counter(B,1,1) end),t(fun() -> ets:update_element(B,1,{2,1}) end),t(fun() -> ets:lookup_element(B,1,2) end),t(fun() -> ets:take(B,1) end),t(fun() -> ets:next(B,foo) end),t(fun() -> ets:select_replace(B,[{'_',[],['$_']}]) end),

t(fun() -> ets:rename(T0,foo3) end),t(fun() -> ets:rename(foo,foo4) end),t(fun() -> ets:rename(foo4,5) end),t(fun() -> ets:info(foo4,name) end),t(fun() -> ets:new(foo5,[named_table]),ets:rename(foo4,foo5) end),
t(fun() -> ets:give_away(T0,self(),x) end),t(fun() -> ets:give_away(T0,foo,x) end),t(fun() -> ets:give_away(T0,spawn(fun()->ok end),x) end),P=spawn(fun()->receive X->erlang:display(clean(X)) end end),t(fun() -> ets:give_away(T0,P,x) end),sleep(50),t(fun() -> ets:info(T0,size) end),
t(fun() -> ets:setopts(B,{heir,self(),x}) end),t(fun() -> ets:setopts(B,[{heir,none}]) end),t(fun() -> ets:setopts(B,[]) end),t(fun() -> ets:setopts(B,[{heir,none},{heir,none}]) end),t(fun() -> ets:setopts(B,[foo]) end),t(fun() -> ets:setopts(B,{heir,foo,x}) end),
t(fun() -> ets:whereis(foo5) end),t(fun() -> ets:whereis(1) end),t(fun() -> ets:whereis(fff) end),t(fun() -> ets:safe_fixtable(B,x) end),
t(fun() -> ets:delete(nope) end),t(fun() -> ets:delete(1) end),
t(fun() -> ets:match(B,'$1',0) end),t(fun() -> ets:match(B,'$1',x) end),t(fun() -> ets:match(foo) end),t(fun() -> ets:select('$end_of_table') end),t(fun() -> ets:match('$end_of_table') end),t(fun() -> ets:select({1,2}) end),t(fun() -> ets:select(B,foo) end),t(fun() -> ets:select(B,[{'$1',[],['$2']}],1) end),
ets:insert(O,[{x,I}||I<-lists:seq(1,5)]),t(fun() -> ets:select(O,[{'$1',[],['$1']}],2) end),t(fun() -> ets:select(O,[{'$1',[],['$1']}],5) end),t(fun() -> ets:select(O,[{'$1',[],['$1']}],6) end),t(fun() -> ets:select_reverse(O,[{'$1',[],['$1']}],2) end),t(fun() -> ets:select_reverse(O,[{'$1',[],['$1']}]) end),t(fun() -> ets:select(O,[{{'_',9},[],['$_']}],6) end),t(fun() -> ets:select(O,[{{'_',3},[],['$_']}],6) end),
ets:insert(B,[{I,I}||I<-lists:seq(1,5)]),t(fun() -> {A1,C1}=ets:select(B,[{'$1',[],['$1']}],2),{A2,C2}=ets:select(C1),{length(A1),length(A2),lists:sort(A1++A2++all(C2))} end),t(fun() -> {L1,E1x}=ets:select(B,[{'$1',[],['$1']}],200),{lists:sort(L1),E1x} end),t(fun() -> ets:select(B,[{{3,'$1'},[],['$1']}],2) end),t(fun() -> ets:match_object(B,{3,'$1'},1) end),t(fun() -> ets:match(B,{3,'$1'}) end),t(fun() -> lists:sort(ets:match(B,{'$2','$1'})) end),
t(fun() -> ets:select_count(O,[{{'_','$1'},[{'>','$1',2}],[true]}]) end),t(fun() -> ets:select_replace(O,[{{'$2','$1'},[{'>','$1',4}],[{{y,'$1'}}]}]) end),t(fun() -> ets:select_replace(O,[{{'$2','$1'},[{'>','$1',4}],[{{y,5}}]}]) end),t(fun() -> ets:select_replace(O,[{{'$2',5},[],[{{z,5}}]}]) end),t(fun() -> ets:tab2list(O) end),t(fun() -> ets:select_replace(O,[{{'$2','$1'},[],[{{z,{'+','$1',0}}}]}]) end),t(fun() -> ets:select_replace(O,[{'_',[],['$_']}]) end),t(fun() -> ets:select_replace(O,[{{'$2','$1'},[],[{{z,'$1',new}}]}]) end),t(fun() -> ets:tab2list(O) end),t(fun() -> ets:select_delete(O,[{{'_','$1','_'},[{'>','$1',2}],[true]}]) end),
t(fun() -> ets:next(O,0.5) end),t(fun() -> ets:prev(O,0.5) end),t(fun() -> ets:lookup(O,1.0) end),t(fun() -> ets:first(O) end),t(fun() -> ets:last(O) end),t(fun() -> ets:last(B) =:= ets:first(B) end),
t(fun() -> ets:delete_object(B,{3,3}) end),t(fun() -> ets:delete_object(B,foo) end),t(fun() -> ets:internal_select_delete(O,foo) end),t(fun() -> ets:match_object(O,{'_','$1','_'}) end),
t(fun() -> ets:member(1,1) end),
PP=ets:new(p,[private]), spawn(fun() -> t(fun() -> ets:lookup(PP,1) end), t(fun() -> ets:insert(B,{1}) end), t(fun() -> ets:delete(B) end),t(fun() -> ets:info(PP,size) end), t(fun() -> ets:give_away(B,self(),1) end),t(fun() -> ets:setopts(B,[]) end),t(fun() -> ets:rename(B,xx) end) end), sleep(100),
E1=ets:new(e,[{heir,self(),hd}]), spawn(fun()->ok end), t(fun() -> ets:info(E1,heir) end),
    ok.

more() ->
    N=ets:new(nn,[named_table,public,{heir,self(),hd}]), P=spawn(fun()->receive X->erlang:display(clean(X)) end,ets:delete(nn,1) end), t(fun() -> ets:give_away(N,P,gift) end), sleep(50), t(fun() -> receive X -> X after 100 -> none end end),
t(fun() -> lists:member(nn,ets:all()) end),
ets:insert(nn,[{1},{2},{3}]),
t(fun() -> ets:whereis(nn) end),t(fun() -> ets:rename(ets:whereis(nn),n2) end),t(fun() -> ets:info(n2,id) end),
spawn(fun() -> t(fun() -> ets:give_away(n2,self(),1) end),t(fun() -> ets:setopts(n2,{heir,none}) end),t(fun() -> ets:rename(n2,n3) end),t(fun() -> ets:safe_fixtable(n3,true) end), t(fun() -> ets:delete(n3) end) end), sleep(50),
t(fun() -> erlang:match_spec_test({1},[{'_',[],[true]}],table) end),t(fun() -> erlang:match_spec_test([1],foo,foo) end),t(fun() -> erlang:match_spec_test([1],foo,table) end),
S=ets:new(s,[]), ets:insert(S,[{I,x}||I<-lists:seq(1,10)]), ets:safe_fixtable(S,true), ets:delete(S,3), t(fun() -> is_integer(ets:next(S,3)) end), t(fun()->ets:info(S,size) end),ets:safe_fixtable(S,false),t(fun() -> ets:next(S,3) end),t(fun() -> ets:safe_fixtable(S,false) end),
D=ets:new(d,[duplicate_bag]), ets:insert(D,[{1,a},{1,a},{2,b},{1,c}]), t(fun() -> ets:lookup(D,1) end),t(fun() -> ets:delete_object(D,{1,a}) end),t(fun() -> ets:lookup(D,1) end), t(fun() -> ets:insert_new(D,{1,z}) end), t(fun() -> ets:insert_new(D,[{7,z},{7,z}]) end),t(fun() -> ets:lookup(D,7) end),t(fun() -> ets:select_delete(D,[{{7,'_'},[],[true]}]) end),t(fun() -> ets:match_delete(D,{1,'_'}) end),t(fun() -> ets:tab2list(D) end), t(fun() -> ets:internal_delete_all(D,undefined) end), t(fun() -> ets:internal_delete_all(D,undefinedx) end),
O=ets:new(o,[ordered_set]), ets:insert(O,[{1,a},{1.0,b},{2,c}]),t(fun() -> ets:tab2list(O) end),t(fun() -> ets:lookup(O,1) end),t(fun() -> ets:match(O,{1,'$1'}) end),t(fun() -> ets:match_object(O,{2.0,'$1'}) end),t(fun() -> ets:slot(O,2) end),t(fun() -> ets:slot(O,3) end),t(fun() -> ets:delete_object(O,{1,b}) end),t(fun() -> ets:delete_object(O,{1.0,b}) end),t(fun() -> ets:tab2list(O) end),
t(fun() -> ets:insert(O,[]) end),t(fun() -> ets:select(O,[{{'$1','_'},[],['$1']},{'_',[],[z]}]) end), t(fun() -> ets:match(O,'_') end), t(fun() -> ets:match(O,'$1') end),t(fun() -> ets:match_object(O,'_',10) end),
t(fun() -> ets:select(O,[{{2,'_'},[],['$_']}],1) end),
t(fun() -> ets:new(x,[named_table,named_table,public,private,bag,set,{keypos,3}]),lists:keydelete(memory,1,ets:info(x)) end),
t(fun() -> ets:update_counter(O,2.0,{2,1},{2.0,4}) end), t(fun() -> ets:update_counter(O,7.0,{2,1},{9,4}) end),t(fun() -> ets:tab2list(O) end),
t(fun() -> ets:new(x2,[{decentralized_counters,x}]) end),t(fun() -> ets:new(x2,[{write_concurrency,x}]) end),t(fun() -> lists:keydelete(memory,1,ets:info(ets:new(x2,[private,{write_concurrency,true}]))) end),
    ok.
