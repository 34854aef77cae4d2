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
//! Registers are packed by kind where it pays (`move`); elsewhere `r` costs one conditional move.

use core::mem::transmute;

/// Calls a macro with the table of operations: `Variant handler "operands" "meaning";`. The handler is the method
/// of the interpreter that executes it.
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
            GetHead get_head "ar br" "Head of a cons cell.";
            GetTail get_tail "ar br" "Tail of a cons cell.";
            GetElement get_element "ar bn cr" "An element of a tuple, from 0.";
            GetElementFar get_element_far "ar br n1" "As get_element, of any tuple.";
            SetElement set_element "s1 s2 n3" "Overwrites an element: value, tuple, position from 0.";
            PutList put_list "ar s1 s2" "Builds a cons cell.";
            PutTuple put_tuple "ar n1 s2…" "Builds a tuple.";
            UpdateRecord update_record "ar s1 n2 (n s)…" "Copies a tuple with n2 elements (position from 1, value) replaced.";
            MakeFun make_fun "ar bn p1 s2…" "Builds a closure of b free variables.";
            IsInteger is_integer "ar L" "Type test.";
            IsFloat is_float "ar L" "Type test.";
            IsNumber is_number "ar L" "Type test.";
            IsAtom is_atom "ar L" "Type test.";
            IsPid is_pid "ar L" "Type test.";
            IsReference is_reference "ar L" "Type test.";
            IsPort is_port "ar L" "Type test.";
            IsNil is_nil "ar L" "Type test.";
            IsBinary is_binary "ar L" "Type test: whole bytes.";
            IsBitstring is_bitstring "ar L" "Type test.";
            IsList is_list "ar L" "Type test.";
            IsNonemptyList is_nonempty_list "ar L" "Type test.";
            IsTuple is_tuple "ar L" "Type test.";
            IsMap is_map "ar L" "Type test.";
            IsFunction is_function "ar L" "Type test.";
            IsFunction2 is_function2 "ar L s1" "Type test: a fun of that arity.";
            IsBoolean is_boolean "ar L" "Type test.";
            TestArity test_arity "ar L n1" "The tuple has n1 elements.";
            IsTaggedTuple is_tagged_tuple "ar L n1 s2" "A tuple whose header is n1 and whose first element is s2.";
            IsLess is_less "L s1 s2" "First < second.";
            IsGreaterEqual is_greater_equal "L s1 s2" "First >= second.";
            IsEqual is_equal "L s1 s2" "First == second.";
            IsNotEqual is_not_equal "L s1 s2" "First /= second.";
            IsExactEqual is_exact_equal "L s1 s2" "First =:= second.";
            IsNotExactEqual is_not_exact_equal "L s1 s2" "First =/= second.";
            IsImmediate is_immediate "ar L s1" "Register =:= an immediate.";
            IsNotImmediate is_not_immediate "ar L s1" "Register =/= an immediate.";
            SelectImmediate select_immediate "L s1 n2 (s n)…" "Binary search of n2 immediates, sorted by word; distances follow the values.";
            SelectDense select_dense "L s1 n2 n3 n…" "n3 distances for the small integers from n2 on; 0 is the default.";
            SelectAny select_any "L s1 n2 (s n)…" "Tries n2 terms in turn.";
            SelectArity select_arity "L s1 n2 (s n)…" "As select_immediate, by the size of a tuple.";
            Bif bif "ar L n1 p2 p3 s4…" "Guard BIF: n1 is live registers (0xffff: unknown), argument count, and whether exceptions are the caller's; function, export, arguments.";
            Add add "ar L n1 p2 p3 s4 s5" "As bif, for +.";
            Subtract subtract "ar L n1 p2 p3 s4 s5" "As bif, for -.";
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
        }
    };
}
pub(crate) use operations;

macro_rules! define_operations {
    ($($variant:ident $handler:ident $operands:literal $meaning:literal;)*) => {
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
        }

        impl Operation {
            /// The number of operations.
            const COUNT: u16 = 2 + [$(Operation::$variant),*].len() as u16;

            /// The names of all operations, in the order of their numbers.
            pub const NAMES: [&'static str; Self::COUNT as usize] =
                ["stop", "breakpoint", $(stringify!($handler)),*];

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
