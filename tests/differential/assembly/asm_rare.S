%% Instructions that compilers rarely emit, or that only those before OTP 25 emitted.
%% tier: 1
{module, asm_rare}.
{exports, [{main,0},{module_info,0},{module_info,1}]}.
{attributes, []}.
{labels, 90}.

{function, main, 0, 2}.
  {label,1}.
    {func_info,{atom,asm_rare},{atom,main},0}.
  {label,2}.
    {allocate_zero,1,0}.
    {call,0,{f,4}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {call,0,{f,6}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {call,0,{f,8}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {call,0,{f,10}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {call,0,{f,12}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {call,0,{f,14}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {call,0,{f,16}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {'catch',{y,0},{f,3}}.
    {call,0,{f,18}}.
  {label,3}.
    {catch_end,{y,0}}.
    {test,is_tuple,{f,80},[{x,0}]}.
    {get_tuple_element,{x,0},1,{x,0}}.
    {test,is_tuple,{f,80},[{x,0}]}.
    {get_tuple_element,{x,0},0,{x,0}}.
  {label,80}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {call,0,{f,22}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {move,{atom,ok},{x,0}}.
    {deallocate,1}.
    return.

%% allocate_heap_zero, init
{function, frames, 0, 4}.
  {label,81}.
    {func_info,{atom,asm_rare},{atom,frames},0}.
  {label,4}.
    {allocate_heap_zero,3,4,0}.
    {move,{atom,kept},{y,1}}.
    {init,{y,0}}.
    {call_ext,0,{extfunc,erlang,self,0}}.
    {test_heap,4,0}.
    {put_tuple2,{x,0},{list,[{y,1},{y,0}]}}.
    {move,{y,1},{x,0}}.
    {deallocate,3}.
    return.

%% make_fun2 with an environment, call_fun
{function, funs, 0, 6}.
  {label,82}.
    {func_info,{atom,asm_rare},{atom,funs},0}.
  {label,6}.
    {allocate,0,0}.
    {move,{integer,40},{x,0}}.
    {move,{integer,1},{x,1}}.
    {make_fun2,{f,20},0,0,2}.
    {move,{x,0},{x,1}}.
    {move,{integer,100},{x,0}}.
    {call_fun,1}.
    {deallocate,0}.
    return.

%% bs_init2, bs_put_*
{function, construct, 0, 8}.
  {label,83}.
    {func_info,{atom,asm_rare},{atom,construct},0}.
  {label,8}.
    {move,{integer,8364},{x,1}}.
    {bs_utf8_size,{f,0},{x,1},{x,2}}.
    {bs_utf16_size,{f,0},{x,1},{x,3}}.
    {bs_add,{f,0},[{x,2},{x,3},1],{x,2}}.
    {bs_add,{f,0},[{x,2},{integer,17},1],{x,2}}.
    {move,{literal,<<"tail">>},{x,4}}.
    {move,nil,{x,0}}.
    {bs_init2,{f,0},{x,2},0,5,{field_flags,[]},{x,0}}.
    {bs_put_utf8,{f,0},{field_flags,[]},{x,1}}.
    {bs_put_utf16,{f,0},{field_flags,[little]},{x,1}}.
    {bs_put_utf32,{f,0},{field_flags,[]},{x,1}}.
    {bs_put_integer,{f,0},{integer,16},1,{field_flags,[little,signed]},{integer,-2}}.
    {bs_put_string,3,{string,<<"abc">>}}.
    {bs_put_float,{f,0},{integer,32},1,{field_flags,[]},{float,1.5}}.
    {bs_put_binary,{f,0},{atom,all},8,{field_flags,[]},{x,4}}.
    return.

%% bs_init_bits, bs_append, bs_private_append
{function, append, 0, 10}.
  {label,84}.
    {func_info,{atom,asm_rare},{atom,append},0}.
  {label,10}.
    {bs_init_bits,{f,0},12,0,0,{field_flags,[]},{x,0}}.
    {bs_put_integer,{f,0},{integer,12},1,{field_flags,[]},{integer,2748}}.
    {bs_append,{f,0},{integer,20},0,1,1,{x,0},{field_flags,[]},{x,1}}.
    {bs_put_integer,{f,0},{integer,20},1,{field_flags,[]},{integer,-1}}.
    {bs_private_append,{f,0},{integer,8},1,{x,1},{field_flags,[]},{x,0}}.
    {bs_put_integer,{f,0},{integer,8},1,{field_flags,[]},{integer,7}}.
    return.

%% fclearerror, fcheckerror
{function, floats, 0, 12}.
  {label,85}.
    {func_info,{atom,asm_rare},{atom,floats},0}.
  {label,12}.
    fclearerror.
    {fconv,{integer,3},{fr,0}}.
    {fmove,{float,0.25},{fr,1}}.
    {bif,fadd,{f,0},[{fr,0},{fr,1}],{fr,2}}.
    {bif,fnegate,{f,0},[{fr,2}],{fr,3}}.
    {fcheckerror,{f,0}}.
    {test_heap,{alloc,[{words,0},{floats,1}]},0}.
    {fmove,{fr,3},{x,0}}.
    return.

%% recv_mark, recv_set
{function, marks, 0, 14}.
  {label,86}.
    {func_info,{atom,asm_rare},{atom,marks},0}.
  {label,14}.
    {allocate,1,0}.
    {init_yregs,{list,[{y,0}]}}.
    {recv_mark,{f,40}}.
    {call_ext,0,{extfunc,erlang,make_ref,0}}.
    {move,{x,0},{y,0}}.
    {bif,self,{f,0},[],{x,0}}.
    {move,{y,0},{x,1}}.
    send.
    {recv_set,{f,40}}.
  {label,40}.
    {loop_rec,{f,42},{x,0}}.
    {test,is_eq_exact,{f,41},[{x,0},{y,0}]}.
    remove_message.
    {move,{atom,received},{x,0}}.
    {deallocate,1}.
    return.
  {label,41}.
    {loop_rec_end,{f,40}}.
  {label,42}.
    {wait,{f,40}}.

%% receive with a time in an X register and no clauses
{function, pause, 0, 16}.
  {label,87}.
    {func_info,{atom,asm_rare},{atom,pause},0}.
  {label,16}.
    {allocate,0,0}.
    {move,{integer,5},{x,2}}.
  {label,43}.
    {wait_timeout,{f,43},{x,2}}.
    timeout.
    {move,{atom,rested},{x,0}}.
    {deallocate,0}.
    return.

%% an old construction that fails
{function, failing, 0, 18}.
  {label,88}.
    {func_info,{atom,asm_rare},{atom,failing},0}.
  {label,18}.
    {bs_init2,{f,0},1,0,0,{field_flags,[]},{x,0}}.
    {bs_put_integer,{f,0},{integer,8},1,{field_flags,[]},{atom,no_integer}}.
    return.

{function, '-funs/0-fun-0-', 3, 20}.
  {label,89}.
    {func_info,{atom,asm_rare},{atom,'-funs/0-fun-0-'},3}.
  {label,20}.
    {gc_bif,'+',{f,0},3,[{x,0},{x,1}],{x,0}}.
    {gc_bif,'+',{f,0},3,[{x,0},{x,2}],{x,0}}.
    return.

%% set_tuple_element, raw_raise without a class
{function, others, 0, 22}.
  {label,21}.
    {func_info,{atom,asm_rare},{atom,others},0}.
  {label,22}.
    {allocate,0,0}.
    {move,{integer,3},{x,0}}.
    {move,{atom,old},{x,1}}.
    {call_ext,2,{extfunc,erlang,make_tuple,2}}.
    {set_tuple_element,{atom,new},{x,0},1}.
    {deallocate,0}.
    return.

{function, module_info, 0, 24}.
  {label,23}.
    {func_info,{atom,asm_rare},{atom,module_info},0}.
  {label,24}.
    {move,{atom,asm_rare},{x,0}}.
    {call_ext_only,1,{extfunc,erlang,get_module_info,1}}.

{function, module_info, 1, 26}.
  {label,25}.
    {func_info,{atom,asm_rare},{atom,module_info},1}.
  {label,26}.
    {move,{x,0},{x,1}}.
    {move,{atom,asm_rare},{x,0}}.
    {call_ext_only,2,{extfunc,erlang,get_module_info,2}}.
