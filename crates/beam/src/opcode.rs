//! The table of generic operations: the instruction set of `.beam` files.

/// What an operation takes in one place.
///
/// "Source" below is a register or a term: [`X`](crate::Operand::X), [`Y`](crate::Operand::Y),
/// [`Integer`](crate::Operand::Integer), [`BigInteger`](crate::Operand::BigInteger), [`Atom`](crate::Operand::Atom),
/// [`Nil`](crate::Operand::Nil) or [`Literal`](crate::Operand::Literal).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperandKind {
    /// Anything but a list.
    Any,
    /// The number of the label that is defined here (`Unsigned`).
    LabelDefinition,
    /// A label of the same function.
    Label,
    /// A label of the same function to go to on failure, or 0: raise an exception.
    Fail,
    /// As `Label`, or one of the atoms `no_fail` and `resume`.
    LabelOrAtom,
    /// The entry label of a function.
    Entry,
    /// A number whose meaning is the operation's.
    Unsigned,
    /// A number of bits (`Unsigned`), or `Overflow`: more than there can be.
    Bits,
    /// A number of arguments, at most 255.
    Arity,
    /// How many X registers are alive, at most 1024.
    Live,
    /// A number of stack slots, at most 1024.
    Slots,
    /// A need for heap words: `Unsigned` (at most 32 bits) or `AllocationList`.
    Heap,
    /// An index into the imports.
    Import,
    /// An index into the lambdas.
    Lambda,
    /// As `Lambda`, or one of the atoms `safe` and `unsafe`.
    LambdaOrAtom,
    /// An index into the line table.
    Line,
    /// An offset into the string table; what it refers to is in range.
    StringOffset,
    /// An atom.
    Atom,
    /// A register or a term.
    Source,
    /// As `Source`; or a constant as `Unsigned`, or `Overflow`.
    Size,
    /// An X or Y register that is read.
    Register,
    /// An X or Y register that is written, after all others were read.
    Destination,
    /// A Y register for or of a `catch` or `try`.
    Slot,
    /// A Y register that is cleared.
    ClearedSlot,
    /// A floating-point register.
    FloatRegister,
    /// A floating-point register or a source.
    FloatOrSource,
    /// A floating-point register, or an X or Y register that is written.
    FloatOrDestination,
    /// The list's elements are sources.
    Sources,
    /// The list's elements are Y registers that are cleared.
    ClearedSlots,
    /// The list's elements come as `Source` and `Label`.
    ValueLabels,
    /// The list's elements come as `Unsigned` and `Label`.
    ArityLabels,
    /// The list's elements come as two sources, key and value.
    SourcePairs,
    /// The list's elements come as a source and the register that what it selects is written to.
    SourceRegisters,
    /// The list's elements come as an element's position in a tuple, from 1 (`Unsigned`), and a source.
    Updates,
    /// The list's elements come as segments of six: type (atom), sequence number, unit (both `Unsigned`), flags
    /// (source), value, size (sources). Of a segment of type `string` the value is a string-table offset (`Unsigned`).
    Segments,
    /// The list's elements are commands, each led by an atom: see [`commands`](crate::commands).
    Commands,
}

use OperandKind::*;

/// Generates [`Opcode`] and what is known about each, from lines of number, variant, name, operands and meaning.
/// Lines with `-` are operations that OTP 25 and later refuse to load.
macro_rules! operations {
    ($($number:literal $variant:ident $name:literal $status:tt $operands:expr, $meaning:literal;)*) => {
        /// A generic operation. Its number is what files hold; its name is OTP's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Opcode {
            $(
                #[doc = concat!("`", $name, "`: ", $meaning)]
                $variant = $number,
            )*
        }

        impl Opcode {
            /// All operations, by number; the first is number 1.
            pub const ALL: &[Opcode] = &[$(Opcode::$variant),*];
        }

        struct Entry {
            name: &'static str,
            obsolete: bool,
            operands: &'static [OperandKind],
        }

        static ENTRIES: &[Entry] = &[
            $(Entry { name: $name, obsolete: operations!(@obsolete $status), operands: &$operands },)*
        ];
    };
    (@obsolete +) => { false };
    (@obsolete -) => { true };
}

operations! {
    1 Label "label" + [LabelDefinition], "Defines a label; begins a basic block.";
    2 FuncInfo "func_info" + [Atom, Atom, Arity], "Names the function (module, function, arity) that begins; raises `function_clause` when executed.";
    3 IntCodeEnd "int_code_end" + [], "Ends the code.";
    4 Call "call" + [Arity, Entry], "Calls a local function.";
    5 CallLast "call_last" + [Arity, Entry, Slots], "Deallocates the frame of that size and tail-calls a local function.";
    6 CallOnly "call_only" + [Arity, Entry], "Tail-calls a local function; there is no frame.";
    7 CallExt "call_ext" + [Arity, Import], "Calls an imported function.";
    8 CallExtLast "call_ext_last" + [Arity, Import, Slots], "Deallocates the frame of that size and tail-calls an imported function.";
    9 Bif0 "bif0" + [Import, Destination], "Calls a guard BIF without arguments.";
    10 Bif1 "bif1" + [Fail, Import, Source, Destination], "Calls a guard BIF that doesn't allocate.";
    11 Bif2 "bif2" + [Fail, Import, Source, Source, Destination], "Calls a guard BIF that doesn't allocate.";
    12 Allocate "allocate" + [Slots, Live], "Allocates a frame.";
    13 AllocateHeap "allocate_heap" + [Slots, Heap, Live], "Allocates a frame and makes sure of heap space.";
    14 AllocateZero "allocate_zero" + [Slots, Live], "Allocates a cleared frame; of OTP 23, not loadable from 27 on.";
    15 AllocateHeapZero "allocate_heap_zero" + [Slots, Heap, Live], "Allocates a cleared frame and makes sure of heap space; of OTP 23, not loadable from 27 on.";
    16 TestHeap "test_heap" + [Heap, Live], "Makes sure of heap space.";
    17 Init "init" + [ClearedSlot], "Clears a Y register; of OTP 23, not loadable from 27 on.";
    18 Deallocate "deallocate" + [Slots], "Deallocates the frame of that size.";
    19 Return "return" + [], "Returns x(0) to the caller.";
    20 Send "send" + [], "Sends x(1) to x(0); the message is the result, in x(0).";
    21 RemoveMessage "remove_message" + [], "Takes the current message out of the queue and clears the timeout.";
    22 Timeout "timeout" + [], "Rewinds the queue's save pointer after a timeout.";
    23 LoopRec "loop_rec" + [Label, Destination], "Takes a look at the next message, or goes to the label when there is none.";
    24 LoopRecEnd "loop_rec_end" + [Label], "Passes over the current message and goes back to the label.";
    25 Wait "wait" + [Label], "Waits for a message, then goes on at the label.";
    26 WaitTimeout "wait_timeout" + [Label, Source], "As `wait`, for so many milliseconds at most; on timeout goes on behind.";
    27 MPlus "m_plus" - [Any; 4], "Added.";
    28 MMinus "m_minus" - [Any; 4], "Subtracted.";
    29 MTimes "m_times" - [Any; 4], "Multiplied.";
    30 MDiv "m_div" - [Any; 4], "Divided.";
    31 IntDiv "int_div" - [Any; 4], "Divided integers.";
    32 IntRem "int_rem" - [Any; 4], "Took the remainder.";
    33 IntBand "int_band" - [Any; 4], "Bitwise and.";
    34 IntBor "int_bor" - [Any; 4], "Bitwise or.";
    35 IntBxor "int_bxor" - [Any; 4], "Bitwise exclusive or.";
    36 IntBsl "int_bsl" - [Any; 4], "Shifted left.";
    37 IntBsr "int_bsr" - [Any; 4], "Shifted right.";
    38 IntBnot "int_bnot" - [Any; 3], "Bitwise not.";
    39 IsLt "is_lt" + [Label, Source, Source], "Fails unless the first is less than the second.";
    40 IsGe "is_ge" + [Label, Source, Source], "Fails unless the first is greater than or equal to the second.";
    41 IsEq "is_eq" + [Label, Source, Source], "Fails unless both are equal (`==`).";
    42 IsNe "is_ne" + [Label, Source, Source], "Fails unless both differ (`/=`).";
    43 IsEqExact "is_eq_exact" + [Label, Source, Source], "Fails unless both are the same (`=:=`).";
    44 IsNeExact "is_ne_exact" + [Label, Source, Source], "Fails unless both aren't the same (`=/=`).";
    45 IsInteger "is_integer" + [Label, Source], "Fails unless it is an integer.";
    46 IsFloat "is_float" + [Label, Source], "Fails unless it is a float.";
    47 IsNumber "is_number" + [Label, Source], "Fails unless it is a number.";
    48 IsAtom "is_atom" + [Label, Source], "Fails unless it is an atom.";
    49 IsPid "is_pid" + [Label, Source], "Fails unless it is a process identifier.";
    50 IsReference "is_reference" + [Label, Source], "Fails unless it is a reference.";
    51 IsPort "is_port" + [Label, Source], "Fails unless it is a port.";
    52 IsNil "is_nil" + [Label, Source], "Fails unless it is the empty list.";
    53 IsBinary "is_binary" + [Label, Source], "Fails unless it is a binary (whole bytes).";
    54 IsConstant "is_constant" - [Any; 2], "Tested for a constant.";
    55 IsList "is_list" + [Label, Source], "Fails unless it is a list, empty or not.";
    56 IsNonemptyList "is_nonempty_list" + [Label, Source], "Fails unless it is a cons cell.";
    57 IsTuple "is_tuple" + [Label, Source], "Fails unless it is a tuple.";
    58 TestArity "test_arity" + [Label, Source, Unsigned], "Fails unless the tuple has that many elements.";
    59 SelectVal "select_val" + [Source, Label, ValueLabels], "Goes to the label beside the same value, else fails.";
    60 SelectTupleArity "select_tuple_arity" + [Source, Label, ArityLabels], "Goes to the label beside the tuple's size, else fails.";
    61 Jump "jump" + [Label], "Goes to the label.";
    62 Catch "catch" + [Slot, Label], "Begins a `catch` whose handler is at the label; the Y register holds it.";
    63 CatchEnd "catch_end" + [Slot], "Ends a `catch`, normally or after an exception.";
    64 Move "move" + [Source, Destination], "Copies.";
    65 GetList "get_list" + [Source, Destination, Destination], "Takes head and tail of a cons cell.";
    66 GetTupleElement "get_tuple_element" + [Source, Unsigned, Destination], "Takes an element of a tuple, counted from 0.";
    67 SetTupleElement "set_tuple_element" + [Source, Source, Unsigned], "Overwrites an element (new value, tuple, position from 0).";
    68 PutString "put_string" - [Any; 3], "Built a string.";
    69 PutList "put_list" + [Source, Source, Destination], "Builds a cons cell from head and tail.";
    70 PutTuple "put_tuple" - [Any; 2], "Built a tuple from the `put`s that followed.";
    71 Put "put" - [Any; 1], "Gave an element to `put_tuple`.";
    72 Badmatch "badmatch" + [Source], "Raises `{badmatch, Source}`.";
    73 IfEnd "if_end" + [], "Raises `if_clause`.";
    74 CaseEnd "case_end" + [Source], "Raises `{case_clause, Source}`.";
    75 CallFun "call_fun" + [Arity], "Calls the fun in the X register behind the arguments.";
    76 MakeFun "make_fun" - [Any; 3], "Made a fun.";
    77 IsFunction "is_function" + [Label, Source], "Fails unless it is a fun.";
    78 CallExtOnly "call_ext_only" + [Arity, Import], "Tail-calls an imported function; there is no frame.";
    79 BsStartMatch "bs_start_match" - [Any; 2], "Binary matching before R11.";
    80 BsGetInteger "bs_get_integer" - [Any; 5], "Binary matching before R11.";
    81 BsGetFloat "bs_get_float" - [Any; 5], "Binary matching before R11.";
    82 BsGetBinary "bs_get_binary" - [Any; 5], "Binary matching before R11.";
    83 BsSkipBits "bs_skip_bits" - [Any; 4], "Binary matching before R11.";
    84 BsTestTail "bs_test_tail" - [Any; 2], "Binary matching before R11.";
    85 BsSave "bs_save" - [Any; 1], "Binary matching before R11.";
    86 BsRestore "bs_restore" - [Any; 1], "Binary matching before R11.";
    87 BsInit "bs_init" - [Any; 2], "Binary construction before R10.";
    88 BsFinal "bs_final" - [Any; 2], "Binary construction before R10.";
    89 BsPutInteger "bs_put_integer" + [Fail, Source, Unsigned, Unsigned, Source], "Appends an integer (size, unit, flags, value); of OTP 24, not loadable from 29 on.";
    90 BsPutBinary "bs_put_binary" + [Fail, Source, Unsigned, Unsigned, Source], "Appends a binary (size, unit, flags, value); of OTP 24, not loadable from 29 on.";
    91 BsPutFloat "bs_put_float" + [Fail, Source, Unsigned, Unsigned, Source], "Appends a float (size, unit, flags, value); of OTP 24, not loadable from 29 on.";
    92 BsPutString "bs_put_string" + [Unsigned, StringOffset], "Appends so many bytes of the string table; of OTP 24, not loadable from 29 on.";
    93 BsNeedBuf "bs_need_buf" - [Any; 1], "Binary construction before R10.";
    94 Fclearerror "fclearerror" + [], "Cleared the floating-point error flag; of OTP 23, not loadable from 27 on.";
    95 Fcheckerror "fcheckerror" + [Fail], "Raised if the floating-point error flag was set; of OTP 23, not loadable from 27 on.";
    96 Fmove "fmove" + [FloatOrSource, FloatOrDestination], "Moves a float between a term and a floating-point register.";
    97 Fconv "fconv" + [FloatOrSource, FloatRegister], "Converts a number to a float.";
    98 Fadd "fadd" + [Fail, FloatRegister, FloatRegister, FloatRegister], "Adds floats.";
    99 Fsub "fsub" + [Fail, FloatRegister, FloatRegister, FloatRegister], "Subtracts floats.";
    100 Fmul "fmul" + [Fail, FloatRegister, FloatRegister, FloatRegister], "Multiplies floats.";
    101 Fdiv "fdiv" + [Fail, FloatRegister, FloatRegister, FloatRegister], "Divides floats.";
    102 Fnegate "fnegate" + [Fail, FloatRegister, FloatRegister], "Negates a float.";
    103 MakeFun2 "make_fun2" + [Lambda], "Makes a fun with the first X registers as its environment, in x(0); of OTP 23, not loadable from 27 on.";
    104 Try "try" + [Slot, Label], "Begins a `try` whose handler is at the label; the Y register holds it.";
    105 TryEnd "try_end" + [Slot], "Ends the protected part of a `try`.";
    106 TryCase "try_case" + [Slot], "Begins the handler: class, reason and stack trace are in x(0) to x(2).";
    107 TryCaseEnd "try_case_end" + [Source], "Raises `{try_clause, Source}`.";
    108 Raise "raise" + [Source, Source], "Raises again (stack trace, reason).";
    109 BsInit2 "bs_init2" + [Fail, Size, Heap, Live, Unsigned, Destination], "Begins a binary of so many bytes; of OTP 24, not loadable from 29 on.";
    110 BsBitsToBytes "bs_bits_to_bytes" - [Any; 3], "Converted a size.";
    111 BsAdd "bs_add" + [Fail, Source, Source, Unsigned, Destination], "Adds to a size: first + second * unit; of OTP 24, not loadable from 29 on.";
    112 Apply "apply" + [Arity], "Calls the module and function in the two X registers behind the arguments.";
    113 ApplyLast "apply_last" + [Arity, Slots], "Deallocates the frame of that size and does `apply` as a tail call.";
    114 IsBoolean "is_boolean" + [Label, Source], "Fails unless it is `true` or `false`.";
    115 IsFunction2 "is_function2" + [Label, Source, Source], "Fails unless it is a fun of that arity.";
    116 BsStartMatch2 "bs_start_match2" - [Any; 5], "Began binary matching before OTP 22.";
    117 BsGetInteger2 "bs_get_integer2" + [Label, Register, Live, Source, Unsigned, Unsigned, Destination], "Matches an integer (context, live, size, unit, flags, destination).";
    118 BsGetFloat2 "bs_get_float2" + [Label, Register, Live, Source, Unsigned, Unsigned, Destination], "Matches a float (context, live, size, unit, flags, destination).";
    119 BsGetBinary2 "bs_get_binary2" + [Label, Register, Live, Source, Unsigned, Unsigned, Destination], "Matches a binary (context, live, size, unit, flags, destination).";
    120 BsSkipBits2 "bs_skip_bits2" + [Label, Register, Source, Unsigned, Unsigned], "Passes over bits (context, size, unit, flags).";
    121 BsTestTail2 "bs_test_tail2" + [Label, Register, Bits], "Fails unless exactly so many bits are left.";
    122 BsSave2 "bs_save2" - [Any; 2], "Saved the position before OTP 22.";
    123 BsRestore2 "bs_restore2" - [Any; 2], "Restored the position before OTP 22.";
    124 GcBif1 "gc_bif1" + [Fail, Live, Import, Source, Destination], "Calls a guard BIF that may collect garbage.";
    125 GcBif2 "gc_bif2" + [Fail, Live, Import, Source, Source, Destination], "Calls a guard BIF that may collect garbage.";
    126 BsFinal2 "bs_final2" - [Any; 2], "Never came into use.";
    127 BsBitsToBytes2 "bs_bits_to_bytes2" - [Any; 2], "Never came into use.";
    128 PutLiteral "put_literal" - [Any; 2], "Loaded a literal.";
    129 IsBitstr "is_bitstr" + [Label, Source], "Fails unless it is a bit string.";
    130 BsContextToBinary "bs_context_to_binary" - [Any; 1], "Turned a match context back into a binary.";
    131 BsTestUnit "bs_test_unit" + [Label, Register, Unsigned], "Fails unless the bits left are a multiple of the unit; of OTP 24, not loadable from 29 on.";
    132 BsMatchString "bs_match_string" + [Label, Register, Unsigned, StringOffset], "Fails unless so many bits follow that are those of the string table.";
    133 BsInitWritable "bs_init_writable" + [], "Makes an empty binary with room for the bytes in x(0), in x(0).";
    134 BsAppend "bs_append" + [Fail, Source, Heap, Live, Unsigned, Source, Unsigned, Destination], "Begins appending to a binary (size, heap, live, unit, binary, flags, destination); of OTP 24, not loadable from 29 on.";
    135 BsPrivateAppend "bs_private_append" + [Fail, Source, Unsigned, Source, Unsigned, Destination], "As `bs_append`, to a binary that nobody else has; of OTP 24, not loadable from 29 on.";
    136 Trim "trim" + [Slots, Slots], "Drops so many slots of the frame, leaving so many.";
    137 BsInitBits "bs_init_bits" + [Fail, Size, Heap, Live, Unsigned, Destination], "Begins a bit string of so many bits; of OTP 24, not loadable from 29 on.";
    138 BsGetUtf8 "bs_get_utf8" + [Label, Register, Live, Unsigned, Destination], "Matches a UTF-8 character.";
    139 BsSkipUtf8 "bs_skip_utf8" + [Label, Register, Live, Unsigned], "Passes over a UTF-8 character.";
    140 BsGetUtf16 "bs_get_utf16" + [Label, Register, Live, Unsigned, Destination], "Matches a UTF-16 character.";
    141 BsSkipUtf16 "bs_skip_utf16" + [Label, Register, Live, Unsigned], "Passes over a UTF-16 character.";
    142 BsGetUtf32 "bs_get_utf32" + [Label, Register, Live, Unsigned, Destination], "Matches a UTF-32 character.";
    143 BsSkipUtf32 "bs_skip_utf32" + [Label, Register, Live, Unsigned], "Passes over a UTF-32 character.";
    144 BsUtf8Size "bs_utf8_size" + [Fail, Source, Destination], "The bytes that a character takes in UTF-8; of OTP 24, not loadable from 29 on.";
    145 BsPutUtf8 "bs_put_utf8" + [Fail, Unsigned, Source], "Appends a character in UTF-8; of OTP 24, not loadable from 29 on.";
    146 BsUtf16Size "bs_utf16_size" + [Fail, Source, Destination], "The bytes that a character takes in UTF-16; of OTP 24, not loadable from 29 on.";
    147 BsPutUtf16 "bs_put_utf16" + [Fail, Unsigned, Source], "Appends a character in UTF-16; of OTP 24, not loadable from 29 on.";
    148 BsPutUtf32 "bs_put_utf32" + [Fail, Unsigned, Source], "Appends a character in UTF-32; of OTP 24, not loadable from 29 on.";
    149 OnLoad "on_load" + [], "Marks the function that runs when the module is loaded.";
    150 RecvMark "recv_mark" + [Label], "Marks the end of the message queue for the receive at the label; of OTP 23, not loadable from 27 on.";
    151 RecvSet "recv_set" + [Label], "Goes to the mark if it is that of the label; of OTP 23, not loadable from 27 on.";
    152 GcBif3 "gc_bif3" + [Fail, Live, Import, Source, Source, Source, Destination], "Calls a guard BIF that may collect garbage.";
    153 Line "line" + [Line], "The source position of what follows.";
    154 PutMapAssoc "put_map_assoc" + [Fail, Source, Destination, Live, SourcePairs], "Adds to or updates a map (map, destination, live, pairs).";
    155 PutMapExact "put_map_exact" + [Fail, Source, Destination, Live, SourcePairs], "Updates keys that the map has (map, destination, live, pairs).";
    156 IsMap "is_map" + [Label, Source], "Fails unless it is a map.";
    157 HasMapFields "has_map_fields" + [Label, Source, Sources], "Fails unless the map has all the keys.";
    158 GetMapElements "get_map_elements" + [Label, Source, SourceRegisters], "Takes the keys' values out of the map; fails when one is missing.";
    159 IsTaggedTuple "is_tagged_tuple" + [Label, Source, Unsigned, Atom], "Fails unless it is a tuple of that size whose first element is the atom.";
    160 BuildStacktrace "build_stacktrace" + [], "Turns the raw stack trace in x(0) into a term.";
    161 RawRaise "raw_raise" + [], "Raises with class, reason and raw stack trace of x(0) to x(2).";
    162 GetHd "get_hd" + [Source, Destination], "Takes the head of a cons cell.";
    163 GetTl "get_tl" + [Source, Destination], "Takes the tail of a cons cell.";
    164 PutTuple2 "put_tuple2" + [Destination, Sources], "Builds a tuple.";
    165 BsGetTail "bs_get_tail" + [Register, Destination, Live], "Takes what is left of a match context as a bit string.";
    166 BsStartMatch3 "bs_start_match3" + [Label, Source, Live, Destination], "Makes a match context.";
    167 BsGetPosition "bs_get_position" + [Register, Destination, Live], "Takes the position of a match context.";
    168 BsSetPosition "bs_set_position" + [Register, Source], "Sets the position of a match context.";
    169 Swap "swap" + [Register, Register], "Exchanges two registers.";
    170 BsStartMatch4 "bs_start_match4" + [LabelOrAtom, Live, Source, Destination], "Makes a match context, or goes on with one (`resume`), or can't fail (`no_fail`).";
    171 MakeFun3 "make_fun3" + [Lambda, Destination, Sources], "Makes a fun with that environment.";
    172 InitYregs "init_yregs" + [ClearedSlots], "Clears Y registers.";
    173 RecvMarkerBind "recv_marker_bind" + [Register, Register], "Associates a receive marker with a reference.";
    174 RecvMarkerClear "recv_marker_clear" + [Register], "Forgets the receive marker of a reference.";
    175 RecvMarkerReserve "recv_marker_reserve" + [Destination], "Reserves a receive marker at the queue's end.";
    176 RecvMarkerUse "recv_marker_use" + [Register], "Starts receiving at the marker of a reference.";
    177 BsCreateBin "bs_create_bin" + [Fail, Heap, Live, Unsigned, Destination, Segments], "Builds a binary (heap, live, unit, destination, segments); from OTP 25 on.";
    178 CallFun2 "call_fun2" + [LambdaOrAtom, Arity, Source], "Calls a fun that is known to be that lambda, to be a fun of that arity (`safe`), or neither (`unsafe`); from OTP 25 on.";
    179 NifStart "nif_start" + [], "Marks a function whose body a NIF may replace; from OTP 25 on.";
    180 Badrecord "badrecord" + [Source], "Raises `{badrecord, Source}`; from OTP 25 on.";
    181 UpdateRecord "update_record" + [Atom, Unsigned, Source, Destination, Updates], "Copies a tuple with updates (hint, size, tuple, destination); from OTP 26 on.";
    182 BsMatch "bs_match" + [Label, Register, Commands], "Matches several segments at once; from OTP 26 on.";
    183 ExecutableLine "executable_line" + [Line, Unsigned], "A line that coverage counts, and its counter; from OTP 27 on.";
    184 DebugLine "debug_line" + [Atom, Line, Unsigned, Live], "A place to stop at when debugging (kind, line, debug entry, live); from OTP 28 on.";
    185 Bif3 "bif3" + [Fail, Import, Source, Source, Source, Destination], "Calls a guard BIF that doesn't allocate; from OTP 29 on.";
    186 IsAnyNativeRecord "is_any_native_record" + [Label, Source], "Fails unless it is a native record; from OTP 29 on.";
    187 IsNativeRecord "is_native_record" + [Label, Source, Atom, Atom], "Fails unless it is that native record (module, name); from OTP 29 on.";
    188 GetRecordElements "get_record_elements" + [Label, Source, SourceRegisters], "Takes fields out of a native record; from OTP 29 on.";
    189 PutRecord "put_record" + [Fail, Source, Source, Destination, Live, SourcePairs], "Makes or updates a native record (name, record, destination, live, pairs); from OTP 29 on.";
    190 IsRecordAccessible "is_record_accessible" + [Label, Source, Atom], "Fails unless code of that scope may look into the native record; from OTP 29 on.";
    191 GetRecordField "get_record_field" + [Fail, Source, Source, Atom, Destination], "Takes a field out of a native record (record, name, field, destination); from OTP 29 on.";
}

impl Opcode {
    /// The operation of that number, obsolete ones included.
    pub fn from_u8(number: u8) -> Option<Opcode> {
        let position = usize::from(number).checked_sub(1)?;
        Opcode::ALL.get(position).copied()
    }

    fn entry(self) -> &'static Entry {
        &ENTRIES[self as usize - 1]
    }

    /// OTP's name of it.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// How many operands it takes; a list is one.
    pub fn arity(self) -> usize {
        self.operands().len()
    }

    /// Whether it is no longer loadable, by OTP 25 or later: [`Module::parse`](crate::Module::parse) refuses it.
    pub fn is_obsolete(self) -> bool {
        self.entry().obsolete
    }

    /// What it takes.
    pub fn operands(self) -> &'static [OperandKind] {
        self.entry().operands
    }
}

impl OperandKind {
    /// The kinds that the elements of a list come in, over and over; `None` if it isn't a list.
    ///
    /// For [`Segments`](OperandKind::Segments) and [`Commands`](OperandKind::Commands), where kinds depend on values, this is what all have in common.
    pub fn elements(self) -> Option<&'static [OperandKind]> {
        Some(match self {
            Sources => &[Source],
            ClearedSlots => &[ClearedSlot],
            ValueLabels => &[Source, Label],
            ArityLabels => &[Unsigned, Label],
            SourcePairs => &[Source, Source],
            SourceRegisters => &[Source, Destination],
            Updates => &[Unsigned, Source],
            Segments => &[Atom, Unsigned, Unsigned, Source, Any, Source],
            Commands => &[Any],
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn numbers_are_consecutive_and_names_unique() {
        let mut names = HashSet::new();
        for (position, &opcode) in Opcode::ALL.iter().enumerate() {
            assert_eq!(opcode as usize, position + 1, "{opcode:?}");
            assert_eq!(Opcode::from_u8(opcode as u8), Some(opcode));
            assert!(names.insert(opcode.name()), "{} twice", opcode.name());
        }
        assert_eq!(Opcode::ALL.len(), ENTRIES.len());
        assert_eq!(Opcode::from_u8(0), None);
        assert_eq!(Opcode::from_u8(Opcode::ALL.len() as u8 + 1), None);
        assert_eq!(Opcode::from_u8(255), None);
    }

    #[test]
    fn names_are_the_variants_names() {
        for opcode in Opcode::ALL {
            let camel: std::string::String = opcode
                .name()
                .split('_')
                .flat_map(|word| {
                    let (first, rest) = word.split_at(1);
                    [first.to_ascii_uppercase(), rest.into()]
                })
                .collect();
            assert_eq!(camel, std::format!("{opcode:?}"));
        }
    }

    #[test]
    fn lists_come_last_and_obsolete_operations_take_anything() {
        for &opcode in Opcode::ALL {
            let operands = opcode.operands();
            let lists = operands
                .iter()
                .filter(|kind| kind.elements().is_some())
                .count();
            assert!(
                lists == 0
                    || lists == 1
                        && operands
                            .last()
                            .is_some_and(|kind| kind.elements().is_some()),
                "{}",
                opcode.name()
            );
            let untyped = operands.contains(&Any);
            assert_eq!(
                untyped,
                opcode.is_obsolete() && opcode.arity() > 0,
                "{}",
                opcode.name()
            );
        }
    }

    #[test]
    fn well_known_operations() {
        assert_eq!(Opcode::Move as u8, 64);
        assert_eq!(Opcode::Move.name(), "move");
        assert_eq!(Opcode::GcBif2.arity(), 6);
        assert!(Opcode::PutTuple.is_obsolete());
        assert!(!Opcode::BsCreateBin.is_obsolete());
    }
}
