//! The internal operations: what the interpreter executes.
//!
//! Code is a stream of 64-bit words. The first word of an operation holds its number in the low 16 bits. Above come
//! either three 16-bit operands `a`, `b`, `c`, or `a` and a label `L`: a signed 32-bit distance in words from the
//! first word of the operation; 0 stands for "no label: raise an exception". Further words are `w1`, `w2`, ….
//!
//! | kind | meaning |
//! | --- | --- |
//! | `x`, `y` | number of an X or Y register |
//! | `r` | an X register (`2n`) or a Y register (`2n + 1`) |
//! | `n` | a number |
//! | `s` | (a whole word) a term; or a register: tagged as a header, which no operand is, with `8n` for X and `8n + 4` for Y |
//! | `p` | (a whole word) an address |
//! | `…` | as many words as an earlier number says |
//!
//! Decoding `r` and `s` costs branches. Where it pays there are operations for certain kinds of operands, with `x`, `y`, `s`
//! (a small integer) or `c` (any term) at the end of their names: same operands, same place ([`super::specialise`]).

use core::mem::transmute;

/// Calls a macro with the table of operations: `Variant handler "operands" "meaning";`. The handler is the method
/// of the interpreter that executes it. Behind `@fused` come those that do two operations at once ([`Operation::FUSED`]):
/// `Variant handler: First first words then Second second;` with the words that the first one takes.
macro_rules! operations {
    ($callback:ident) => {
        $callback! {
            ProcessEnd process_end "" "The first function returned: the process ends normally.";
            CallExportStub call_export_stub "- p1" "What an export without code points to: looks again, then calls the error handler.";
            BifStub bif_stub "an p1 p2" "Calls a BIF (function, export) and returns: what its export points to.";
            GlobalBreakpoint global_breakpoint "- p1" "What an export points to that is traced: tells of the call and goes to the code.";
            ReturnTrace return_trace "" "A traced function returns: tells of its value. The frame has its name and the tracer.";
            ReturnToTrace return_to_trace "" "A traced function returns: tells where to.";
            ReturnTimeTrace return_time_trace "" "A function returns whose time is counted.";
            FunctionClause function_clause "an" "No clause matched: raises with the arguments.";
            Jump jump "L" "Goes to the label.";
            Call call "an L" "Calls a local function.";
            CallLast call_last "an L n1" "Deallocates n1 slots and tail-calls a local function.";
            CallOnly call_only "an L" "Tail-calls a local function.";
            CallExternal call_external "an p1" "Calls an export.";
            CallExternalLast call_external_last "an bn p1" "Deallocates b slots and tail-calls an export.";
            CallExternalOnly call_external_only "an p1" "Tail-calls an export.";
            CallBif call_bif "an p1 p2" "Calls a BIF (function, export).";
            CallBifLast call_bif_last "an bn p1 p2" "Calls a BIF, deallocates b slots and returns.";
            CallBifOnly call_bif_only "an p1 p2" "Calls a BIF and returns.";
            CallFun call_fun "an" "Calls the fun in the X register behind a arguments.";
            CallFun2 call_fun2 "an s1" "Calls a fun with a arguments.";
            CallFunLast call_fun_last "an bn s1" "Calls a fun with a arguments as a tail call after deallocating b slots.";
            Apply apply "an" "Calls the module and function in the two X registers behind a arguments.";
            ApplyLast apply_last "an bn" "As apply, as a tail call after deallocating b slots.";
            Return return_ "" "Returns to the caller.";
            DeallocateReturn deallocate_return "an" "Deallocates a slots and returns.";
            Allocate allocate "an bn" "Allocates a slots; b registers are live.";
            AllocateHeap allocate_heap "an bn n1" "Allocates a slots and makes sure of n1 heap words; b registers are live.";
            Deallocate deallocate "an" "Deallocates a slots.";
            TestHeap test_heap "an n1" "Makes sure of n1 heap words; a registers are live.";
            Trim trim "an" "Drops the first a slots of the frame.";
            InitY init_y "an n1…" "Clears a Y registers.";
            MoveXX move_xx "ax bx" "Copies.";
            MoveXY move_xy "ax by" "Copies.";
            MoveYX move_yx "ay bx" "Copies.";
            MoveYY move_yy "ay by" "Copies.";
            MoveCX move_cx "ax s1" "Loads a term.";
            MoveCY move_cy "ay s1" "Loads a term.";
            Swap swap "ar br" "Exchanges.";
            GetList get_list "ar br cr" "Head and tail of a cons cell.";
            GetListXX get_list_xx "ar br cr" "As get_list, X registers.";
            GetListYX get_list_yx "ar br cr" "As get_list, from a Y register to X.";
            GetListXY get_list_xy "ar br cr" "As get_list, from an X register to Y.";
            GetHead get_head "ar br" "Head of a cons cell.";
            GetHeadXX get_head_xx "ar br" "As get_head, X registers.";
            GetHeadYX get_head_yx "ar br" "As get_head, from a Y register to X.";
            GetHeadXY get_head_xy "ar br" "As get_head, from an X register to Y.";
            GetTail get_tail "ar br" "Tail of a cons cell.";
            GetTailXX get_tail_xx "ar br" "As get_tail, X registers.";
            GetTailYX get_tail_yx "ar br" "As get_tail, from a Y register to X.";
            GetTailXY get_tail_xy "ar br" "As get_tail, from an X register to Y.";
            GetElement get_element "ar bn cr" "An element of a tuple, from 0.";
            GetElementXX get_element_xx "ar bn cr" "As get_element, X registers.";
            GetElementYX get_element_yx "ar bn cr" "As get_element, from a Y register to X.";
            GetElementXY get_element_xy "ar bn cr" "As get_element, from an X register to Y.";
            GetElementFar get_element_far "ar br n1" "As get_element, of any tuple.";
            SetElement set_element "s1 s2 n3" "Overwrites an element: value, tuple, position from 0.";
            PutList put_list "ar s1 s2" "Builds a cons cell.";
            PutListXX put_list_xx "ar s1 s2" "As put_list, of an X register and an X register, to an X register.";
            PutListYX put_list_yx "ar s1 s2" "As put_list, of a Y register and an X register, to an X register.";
            PutListXY put_list_xy "ar s1 s2" "As put_list, of an X register and a Y register, to an X register.";
            PutListXC put_list_xc "ar s1 s2" "As put_list, of an X register and a constant, to an X register.";
            PutListCX put_list_cx "ar s1 s2" "As put_list, of a constant and an X register, to an X register.";
            PutTuple put_tuple "ar n1 s2…" "Builds a tuple.";
            UpdateRecord update_record "ar s1 n2 (n s)…" "Copies a tuple with n2 elements (position from 1, value) replaced.";
            MakeFun make_fun "ar bn p1 s2…" "Builds a closure of b free variables.";
            IsInteger is_integer "ar L" "Type test.";
            IsIntegerX is_integer_x "ar L" "As is_integer, of an X register.";
            IsFloat is_float "ar L" "Type test.";
            IsFloatX is_float_x "ar L" "As is_float, of an X register.";
            IsNumber is_number "ar L" "Type test.";
            IsAtom is_atom "ar L" "Type test.";
            IsAtomX is_atom_x "ar L" "As is_atom, of an X register.";
            IsPid is_pid "ar L" "Type test.";
            IsReference is_reference "ar L" "Type test.";
            IsPort is_port "ar L" "Type test.";
            IsNil is_nil "ar L" "Type test.";
            IsNilX is_nil_x "ar L" "As is_nil, of an X register.";
            IsBinary is_binary "ar L" "Type test: whole bytes.";
            IsBinaryX is_binary_x "ar L" "As is_binary, of an X register.";
            IsBitstring is_bitstring "ar L" "Type test.";
            IsList is_list "ar L" "Type test.";
            IsListX is_list_x "ar L" "As is_list, of an X register.";
            IsNonemptyList is_nonempty_list "ar L" "Type test.";
            IsNonemptyListX is_nonempty_list_x "ar L" "As is_nonempty_list, of an X register.";
            IsTuple is_tuple "ar L" "Type test.";
            IsTupleX is_tuple_x "ar L" "As is_tuple, of an X register.";
            IsMap is_map "ar L" "Type test.";
            IsMapX is_map_x "ar L" "As is_map, of an X register.";
            IsAnyNativeRecord is_any_native_record "ar L" "Type test.";
            IsNativeRecord is_native_record "ar L s1 s2" "A native record of the module s1 and name s2.";
            IsRecordAccessible is_record_accessible "ar L s1" "A native record that is exported or of the module s1.";
            IsFunction is_function "ar L" "Type test.";
            IsFunction2 is_function2 "ar L s1" "Type test: a fun of that arity.";
            IsBoolean is_boolean "ar L" "Type test.";
            TestArity test_arity "ar L n1" "The tuple has n1 elements.";
            TestArityX test_arity_x "ar L n1" "As test_arity, of an X register.";
            IsTaggedTuple is_tagged_tuple "ar L n1 s2" "A tuple whose header is n1 and whose first element is s2.";
            IsTaggedTupleX is_tagged_tuple_x "ar L n1 s2" "As is_tagged_tuple, of an X register.";
            IsLess is_less "L s1 s2" "First < second.";
            IsLessXX is_less_xx "L s1 s2" "As is_less, of an X register and an X register.";
            IsLessXS is_less_xs "L s1 s2" "As is_less, of an X register and a small integer.";
            IsLessSX is_less_sx "L s1 s2" "As is_less, of a small integer and an X register.";
            IsGreaterEqual is_greater_equal "L s1 s2" "First >= second.";
            IsGreaterEqualXX is_greater_equal_xx "L s1 s2" "As is_greater_equal, of an X register and an X register.";
            IsGreaterEqualXS is_greater_equal_xs "L s1 s2" "As is_greater_equal, of an X register and a small integer.";
            IsGreaterEqualSX is_greater_equal_sx "L s1 s2" "As is_greater_equal, of a small integer and an X register.";
            IsEqual is_equal "L s1 s2" "First == second.";
            IsNotEqual is_not_equal "L s1 s2" "First /= second.";
            IsExactEqual is_exact_equal "L s1 s2" "First =:= second.";
            IsExactEqualXX is_exact_equal_xx "L s1 s2" "As is_exact_equal, of an X register and an X register.";
            IsNotExactEqual is_not_exact_equal "L s1 s2" "First =/= second.";
            IsNotExactEqualXX is_not_exact_equal_xx "L s1 s2" "As is_not_exact_equal, of an X register and an X register.";
            IsImmediate is_immediate "ar L s1" "Register =:= an immediate.";
            IsImmediateX is_immediate_x "ar L s1" "As is_immediate, of an X register.";
            IsNotImmediate is_not_immediate "ar L s1" "Register =/= an immediate.";
            IsNotImmediateX is_not_immediate_x "ar L s1" "As is_not_immediate, of an X register.";
            SelectImmediate select_immediate "L s1 n2 (s n)…" "Binary search of n2 immediates, sorted by word; distances follow the values.";
            SelectDense select_dense "L s1 n2 n3 n…" "n3 distances for the small integers from n2 on; 0 is the default.";
            SelectAny select_any "L s1 n2 (s n)…" "Tries n2 terms in turn.";
            SelectArity select_arity "L s1 n2 (s n)…" "As select_immediate, by the size of a tuple.";
            Bif bif "ar L n1 p2 p3 s4…" "Guard BIF: n1 is live registers (0xffff: unknown), argument count, and whether exceptions are the caller's; function, export, arguments.";
            Add add "ar L n1 p2 p3 s4 s5" "As bif, for +.";
            AddXX add_xx "ar L n1 p2 p3 s4 s5" "As add, of an X register and an X register, to an X register.";
            AddXS add_xs "ar L n1 p2 p3 s4 s5" "As add, of an X register and a small integer, to an X register.";
            AddYX add_yx "ar L n1 p2 p3 s4 s5" "As add, of a Y register and an X register, to an X register.";
            AddYS add_ys "ar L n1 p2 p3 s4 s5" "As add, of a Y register and a small integer, to an X register.";
            Subtract subtract "ar L n1 p2 p3 s4 s5" "As bif, for -.";
            SubtractXX subtract_xx "ar L n1 p2 p3 s4 s5" "As subtract, of an X register and an X register, to an X register.";
            SubtractXS subtract_xs "ar L n1 p2 p3 s4 s5" "As subtract, of an X register and a small integer, to an X register.";
            SubtractYS subtract_ys "ar L n1 p2 p3 s4 s5" "As subtract, of a Y register and a small integer, to an X register.";
            Multiply multiply "ar L n1 p2 p3 s4 s5" "As bif, for *.";
            MultiplyXX multiply_xx "ar L n1 p2 p3 s4 s5" "As multiply, of an X register and an X register, to an X register.";
            Quotient quotient "ar L n1 p2 p3 s4 s5" "As bif, for div.";
            QuotientXS quotient_xs "ar L n1 p2 p3 s4 s5" "As quotient, of an X register and a small integer, to an X register.";
            Remainder remainder "ar L n1 p2 p3 s4 s5" "As bif, for rem.";
            RemainderXX remainder_xx "ar L n1 p2 p3 s4 s5" "As remainder, of an X register and an X register, to an X register.";
            RemainderXS remainder_xs "ar L n1 p2 p3 s4 s5" "As remainder, of an X register and a small integer, to an X register.";
            Band band "ar L n1 p2 p3 s4 s5" "As bif, for band.";
            BandXS band_xs "ar L n1 p2 p3 s4 s5" "As band, of an X register and a small integer, to an X register.";
            Bor bor "ar L n1 p2 p3 s4 s5" "As bif, for bor.";
            Bxor bxor "ar L n1 p2 p3 s4 s5" "As bif, for bxor.";
            Bsl bsl "ar L n1 p2 p3 s4 s5" "As bif, for bsl.";
            BslXS bsl_xs "ar L n1 p2 p3 s4 s5" "As bsl, of an X register and a small integer, to an X register.";
            Bsr bsr "ar L n1 p2 p3 s4 s5" "As bif, for bsr.";
            BsrXS bsr_xs "ar L n1 p2 p3 s4 s5" "As bsr, of an X register and a small integer, to an X register.";
            Catch catch "ay s1" "Begins a catch or try; the word holds the handler's address.";
            CatchEnd catch_end "ay" "Ends a catch.";
            TryEnd try_end "ay" "Ends the protected part of a try.";
            TryCase try_case "ay" "Begins the handler.";
            RaiseValue raise_value "s1 s2" "Raises error {tag, value}.";
            IfEnd if_end "" "Raises if_clause.";
            Raise re_raise "s1 s2" "Raises again: raw trace, reason.";
            RawRaise raw_raise "" "Raises with class, reason and raw trace of x0 to x2.";
            BuildStacktrace build_stacktrace "" "x0 from raw trace to list.";
            Send send "p1 p2" "Sends x1 to x0 (function, export).";
            LoopReceive loop_receive "ar L" "Takes a look at the next message, or goes to the label.";
            LoopReceiveEnd loop_receive_end "L" "Passes over the current message.";
            RemoveMessage remove_message "" "Takes the current message out.";
            Wait wait "L" "Waits for a message.";
            WaitTimeout wait_timeout "an L s1" "Waits for a message, or s1 milliseconds; the first a registers are kept.";
            Timeout timeout "" "Ends a receive that timed out.";
            MarkerReserve marker_reserve "ar" "A marker at the end of the queue.";
            MarkerBind marker_bind "ar br" "Associates a marker with a reference.";
            MarkerClear marker_clear "ar" "Forgets the marker of a reference.";
            MarkerUse marker_use "ar" "Starts receiving at the marker of a reference.";
            PutMapAssoc put_map_assoc "ar L n1 s2 (s s)…" "Adds to a map; n1 is live registers and pairs.";
            PutMapExact put_map_exact "ar L n1 s2 (s s)…" "Replaces in a map; n1 is live registers and pairs.";
            GetMapElements get_map_elements "ar L n1 (s s)…" "n1 keys and the registers that their values go to.";
            HasMapFields has_map_fields "ar L n1 s…" "The map has n1 keys.";
            CreateRecord create_record "ar L n1 s2 s3 (s s)…" "A native record; n1 is live registers and pairs; definition, defaults.";
            CreateExternalRecord create_external_record "ar L n1 s2 s3 (s s)…" "As create_record, of another module: module, name.";
            UpdateNativeRecord update_native_record "ar L n1 s2 (s s)…" "Replaces in a native record; n1 is live registers and pairs.";
            GetRecordElements get_record_elements "ar L n1 (s s)…" "n1 fields of a native record, in the order of their indices, and the registers that their values go to.";
            GetRecordField get_record_field "ar L s1 s2 s3 s4" "A field of a native record: record, module (nil: any), name (_: any), field.";
            RecordLoaded record_loaded "" "A function returns that was to load the module of a record: makes that. The frame has the X registers.";
            FloatLoad float_load "an s1" "Float register from a float.";
            FloatStore float_store "an br" "Float from a float register.";
            FloatConvert float_convert "an s1" "Float register from a number.";
            FloatCopy float_copy "an bn" "Float register from a float register.";
            FloatAdd float_add "an bn cn" "Adds.";
            FloatSubtract float_subtract "an bn cn" "Subtracts.";
            FloatMultiply float_multiply "an bn cn" "Multiplies.";
            FloatDivide float_divide "an bn cn" "Divides.";
            FloatNegate float_negate "an bn" "Negates.";
            BitsStartMatch bits_start_match "ar L n1 s2" "A context for a bitstring; n1 registers are live.";
            BitsGetInteger bits_get_integer "ar L n1 s2 n3" "Context, live registers, flags; size; unit.";
            BitsGetFloat bits_get_float "ar L n1 s2 n3" "Context, live registers, flags; size; unit.";
            BitsGetBinary bits_get_binary "ar L n1 s2 n3" "Context, live registers, flags; size or all; unit.";
            BitsSkip bits_skip "ar L s1 n2" "Passes over bits: size or all, unit.";
            BitsTestTail bits_test_tail "ar L n1" "Exactly n1 bits are left.";
            BitsTestUnit bits_test_unit "ar L n1" "What is left is whole units.";
            BitsTestLeast bits_test_least "ar L n1 n2" "At least n1 bits are left, and behind them whole units of n2.";
            BitsMatchNumber bits_match_number "ar L n1 n2" "The next n1 bits, 64 at most, are the number n2.";
            BitsMatchString bits_match_string "ar L n1 p2" "The next n1 bits are those.";
            BitsGetUtf bits_get_utf "ar L n1" "Context, width, flags.";
            BitsSkipUtf bits_skip_utf "ar L n1" "Width and flags above the low 16 bits.";
            BitsGetTail bits_get_tail "ar br cn" "What is left as a bitstring; c registers are live.";
            BitsGetPosition bits_get_position "ar br" "The position of a context.";
            BitsSetPosition bits_set_position "ar s1" "Back to a position.";
            BitsInitWritable bits_init_writable "" "An empty binary with room for x0 bytes, in x0.";
            BitsAdd bits_add "ar L s1 s2 n3" "s1 + s2 * n3: a size in the making.";
            BitsUtfSize bits_utf_size "ar bn s1" "How many bytes the character takes in UTF-8 or UTF-16 (b).";
            BitsCreate bits_create "ar L n1 (n s s)…" "Live registers, segments: type, flags, number, unit; value; size.";

            @fused

            MoveXXThenMoveXX move_xx_then_move_xx: MoveXX move_xx 1 then MoveXX move_xx;
            MoveXXThenMoveCX move_xx_then_move_cx: MoveXX move_xx 1 then MoveCX move_cx;
            MoveXXThenMoveYX move_xx_then_move_yx: MoveXX move_xx 1 then MoveYX move_yx;
            MoveYXThenMoveXX move_yx_then_move_xx: MoveYX move_yx 1 then MoveXX move_xx;
            MoveYXThenMoveYX move_yx_then_move_yx: MoveYX move_yx 1 then MoveYX move_yx;
            MoveXYThenMoveXY move_xy_then_move_xy: MoveXY move_xy 1 then MoveXY move_xy;
            MoveXYThenMoveXX move_xy_then_move_xx: MoveXY move_xy 1 then MoveXX move_xx;
            MoveXYThenMoveCX move_xy_then_move_cx: MoveXY move_xy 1 then MoveCX move_cx;
            MoveXYThenMoveYX move_xy_then_move_yx: MoveXY move_xy 1 then MoveYX move_yx;
            MoveCXThenMoveCX move_cx_then_move_cx: MoveCX move_cx 2 then MoveCX move_cx;
            MoveCXThenMoveXX move_cx_then_move_xx: MoveCX move_cx 2 then MoveXX move_xx;
            MoveXXThenCall move_xx_then_call: MoveXX move_xx 1 then Call call;
            MoveXXThenCallOnly move_xx_then_call_only: MoveXX move_xx 1 then CallOnly call_only;
            MoveYXThenCall move_yx_then_call: MoveYX move_yx 1 then Call call;
            MoveYXThenCallLast move_yx_then_call_last: MoveYX move_yx 1 then CallLast call_last;
            MoveCXThenCall move_cx_then_call: MoveCX move_cx 2 then Call call;
            MoveCXThenCallOnly move_cx_then_call_only: MoveCX move_cx 2 then CallOnly call_only;
            MoveCXThenCallLast move_cx_then_call_last: MoveCX move_cx 2 then CallLast call_last;
            MoveXYThenCall move_xy_then_call: MoveXY move_xy 1 then Call call;
            MoveXXThenReturn move_xx_then_return: MoveXX move_xx 1 then Return return_;
            MoveCXThenReturn move_cx_then_return: MoveCX move_cx 2 then Return return_;
            MoveXXThenDeallocateReturn move_xx_then_deallocate_return: MoveXX move_xx 1 then DeallocateReturn deallocate_return;
            MoveYXThenDeallocateReturn move_yx_then_deallocate_return: MoveYX move_yx 1 then DeallocateReturn deallocate_return;
            MoveCXThenDeallocateReturn move_cx_then_deallocate_return: MoveCX move_cx 2 then DeallocateReturn deallocate_return;
            AllocateThenMoveXY allocate_then_move_xy: Allocate allocate 1 then MoveXY move_xy;
            AllocateThenMoveXYThenMoveXY allocate_then_move_xy_then_move_xy: AllocateThenMoveXY allocate_then_move_xy 2 then MoveXY move_xy;
            IsNonemptyListXThenGetListXX is_nonempty_list_x_then_get_list_xx: IsNonemptyListX is_nonempty_list_x 1 then GetListXX get_list_xx;
            IsNonemptyListXThenAllocate is_nonempty_list_x_then_allocate: IsNonemptyListX is_nonempty_list_x 1 then Allocate allocate;
            IsTupleXThenTestArityX is_tuple_x_then_test_arity_x: IsTupleX is_tuple_x 1 then TestArityX test_arity_x;
            TestArityXThenGetElementXX test_arity_x_then_get_element_xx: TestArityX test_arity_x 2 then GetElementXX get_element_xx;
            IsTaggedTupleXThenGetElementXX is_tagged_tuple_x_then_get_element_xx: IsTaggedTupleX is_tagged_tuple_x 3 then GetElementXX get_element_xx;
            GetElementXXThenGetElementXX get_element_xx_then_get_element_xx: GetElementXX get_element_xx 1 then GetElementXX get_element_xx;
            TestHeapThenPutListXX test_heap_then_put_list_xx: TestHeap test_heap 2 then PutListXX put_list_xx;
            TestHeapThenPutListXC test_heap_then_put_list_xc: TestHeap test_heap 2 then PutListXC put_list_xc;
            TestHeapThenPutListYX test_heap_then_put_list_yx: TestHeap test_heap 2 then PutListYX put_list_yx;
            TestHeapThenPutTuple test_heap_then_put_tuple: TestHeap test_heap 2 then PutTuple put_tuple;
            PutListXXThenCallOnly put_list_xx_then_call_only: PutListXX put_list_xx 3 then CallOnly call_only;
            PutListXXThenReturn put_list_xx_then_return: PutListXX put_list_xx 3 then Return return_;
            PutListYXThenDeallocateReturn put_list_yx_then_deallocate_return: PutListYX put_list_yx 3 then DeallocateReturn deallocate_return;
            SubtractXSThenCall subtract_xs_then_call: SubtractXS subtract_xs 6 then Call call;
            SubtractXSThenCallOnly subtract_xs_then_call_only: SubtractXS subtract_xs 6 then CallOnly call_only;
            AddXSThenCallOnly add_xs_then_call_only: AddXS add_xs 6 then CallOnly call_only;
            AddXSThenMoveXX add_xs_then_move_xx: AddXS add_xs 6 then MoveXX move_xx;
            SubtractXSThenMoveXX subtract_xs_then_move_xx: SubtractXS subtract_xs 6 then MoveXX move_xx;
        }
    };
}
pub(crate) use operations;

macro_rules! define_operations {
    (
        $($variant:ident $handler:ident $operands:literal $meaning:literal;)*
        @fused
        $($fused:ident $fused_handler:ident: $first:ident $_1:ident $_2:literal then $second:ident $_3:ident;)*
    ) => {
        /// An internal operation.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub enum Operation {
            /// `stop`: Leaves the dispatch loop: the slice is over. It has no handler.
            Stop,
            /// `breakpoint`: Tells of a call and goes on as the operation whose place it took, of which it has the
            /// operands.
            Breakpoint,
            $(
                #[doc = concat!("`", stringify!($handler), " ", $operands, "`: ", $meaning)]
                $variant,
            )*
            $(
                #[doc = concat!("`", stringify!($fused_handler), "`: two operations at once (see [`Operation::FUSED`]).")]
                $fused,
            )*
        }

        impl Operation {
            /// The number of operations.
            const COUNT: u16 = 2
                + [$(Operation::$variant),*].len() as u16
                + [$(Operation::$fused),*].len() as u16;

            /// Operations that are often followed by certain others, these, and what does both. It takes the place of
            /// the first, whose operands and length it has; the second stays behind it, for its operands and for what
            /// jumps there.
            pub const FUSED: &[(Operation, Operation, Operation)] =
                &[$((Operation::$first, Operation::$second, Operation::$fused),)*];

            /// The names of all operations, in the order of their numbers.
            pub const NAMES: [&'static str; Self::COUNT as usize] =
                [
                "stop",
                "breakpoint",
                $(stringify!($handler),)*
                $(stringify!($fused_handler),)*
            ];

            /// Its name, for listings.
            pub fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }
        }
    };
}
operations!(define_operations);

impl Operation {
    /// The operation with this number.
    ///
    /// # Safety
    ///
    /// `number` comes from a stream that the loader made.
    #[inline(always)]
    pub unsafe fn from_number(number: u16) -> Operation {
        debug_assert!(number < Self::COUNT);
        // SAFETY: the caller's contract: the numbers of a `repr(u16)` enum without gaps.
        unsafe { transmute(number) }
    }
}
