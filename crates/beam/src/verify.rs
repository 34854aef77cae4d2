//! The verifier: what can only be checked along the control flow.
//!
//! It follows each function from its entry and keeps, for each place, what holds on all ways there ([`state`]): which X
//! registers hold terms, the size of the frame and what its slots hold, and where exceptions lead. Code that can't be
//! reached isn't looked at. The types of values are not followed: they cross calls.
//!
//! What an instruction reads and writes is what its table line says; only frames, calls, receiving and exceptions are
//! special. Little but receiving jumps back, so walking through a function again until nothing changes is cheap.

mod state;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use crate::code::{Code, Function, Instruction};
use crate::commands::commands;
use crate::error::{Error, FlowError, FrameSize};
use crate::module::Module;
use crate::opcode::{Opcode, OperandKind};
use crate::operand::{LabelNumber, Operand, TypeIndex};
use state::{Arrival, State};

/// How often a function is walked through at most. What compilers emit takes four times.
const MOST_WALKS: usize = 64;

/// Functions of `erlang` that don't return: execution need not go on behind a call of one, and the frame stays.
const NEVER_RETURNING: [(&str, u8); 7] = [
    ("error", 1),
    ("error", 2),
    ("error", 3),
    ("exit", 1),
    ("nif_error", 1),
    ("nif_error", 2),
    ("throw", 1),
];

/// Guard BIFs of `erlang` that never raise an exception.
const NEVER_RAISING: [(&str, u8); 3] = [("get", 1), ("node", 0), ("self", 0)];

impl Module {
    /// Checks that on all ways through the code registers hold something when they are read or said to be alive, that
    /// frames are what instructions take them for, and that no function runs on into the next.
    ///
    /// # Errors
    ///
    /// Says the first instruction that is wrong.
    pub fn verify(&self) -> Result<Clears, Error> {
        let mut verifier = Verifier {
            module: self,
            code: &self.code,
            states: vec![None; self.code.label_count as usize],
            clears: Clears::default(),
            position: 0,
            again: false,
            trusting: true,
            block: 0,
            edges: Vec::new(),
            back: None,
        };
        for function in &self.code.functions {
            verifier.function(function)?;
        }
        Ok(verifier.clears)
    }
}

/// Registers to be cleared before some instructions, by the instruction's index.
///
/// The compiler leaves them empty since it knows that no exception will be raised there that would look at the frame, or
/// that a guard BIF won't fail. Nobody else knows.
pub type Clears = BTreeMap<usize, Vec<Operand>>;

struct Verifier<'a> {
    module: &'a Module,
    code: &'a Code,
    /// What holds at each label, as far as known.
    states: Vec<Option<Box<State>>>,
    clears: Clears,
    /// The instruction at hand.
    position: usize,
    /// Whether something changed before it.
    again: bool,
    /// Whether guard BIFs that fail may leave their result empty.
    trusting: bool,
    /// The label of the code at hand.
    block: LabelNumber,
    /// Where execution goes on, other than by receiving: from label to label.
    edges: Vec<(LabelNumber, LabelNumber)>,
    /// The first jump back that is no receiving: the instruction, and where to.
    back: Option<(usize, LabelNumber)>,
}

type Checked<T = ()> = Result<T, FlowError>;

/// Whether no way leads back to where it began.
fn is_acyclic(edges: &[(LabelNumber, LabelNumber)]) -> bool {
    let mut incoming = BTreeMap::<LabelNumber, usize>::new();
    let mut outgoing = BTreeMap::<LabelNumber, Vec<LabelNumber>>::new();
    for &(from, to) in edges {
        incoming.entry(from).or_default();
        *incoming.entry(to).or_default() += 1;
        outgoing.entry(from).or_default().push(to);
    }
    let unreached = incoming.iter().filter(|(_, count)| **count == 0);
    let mut free: Vec<LabelNumber> = unreached.map(|(label, _)| *label).collect();
    let mut done = 0;
    while let Some(label) = free.pop() {
        done += 1;
        for to in outgoing.remove(&label).unwrap_or_default() {
            if let Some(count) = incoming.get_mut(&to) {
                *count -= 1;
                if *count == 0 {
                    free.push(to);
                }
            }
        }
    }
    done == incoming.len()
}

impl Verifier<'_> {
    fn function(&mut self, function: &Function) -> Result<(), Error> {
        self.trusting = true;
        if self.walk(function).is_ok() {
            return Ok(());
        }
        // The compiler may know that guard BIFs of this function don't fail.
        self.trusting = false;
        for instruction in self.code.instructions_of(function) {
            self.clears.remove(&instruction.index);
            if let (Opcode::Label, &[Operand::Unsigned(label)]) =
                (instruction.opcode, instruction.operands)
            {
                self.states[label as usize] = None;
            }
        }
        self.walk(function)
    }

    /// Walks through a function until nothing changes.
    fn walk(&mut self, function: &Function) -> Result<(), Error> {
        self.states[function.entry_label as usize] = Some(Box::new(State::entry(function.arity)));
        for _ in 0..MOST_WALKS {
            self.again = false;
            self.edges.clear();
            self.back = None;
            let mut current: Option<Box<State>> = None;
            for instruction in self.code.instructions_of(function) {
                self.position = instruction.index;
                self.step(function, &instruction, &mut current)
                    .map_err(|problem| self.code.error(instruction.index, problem.into()))?;
            }
            if current.is_some() {
                return Err(self.code.error(self.position, FlowError::RunsOn.into()));
            }
            if !self.again {
                return match self.back {
                    Some((at, label)) if !is_acyclic(&self.edges) => {
                        Err(self.code.error(at, FlowError::JumpBack(label).into()))
                    }
                    _ => Ok(()),
                };
            }
        }
        Err(self.code.error(self.position, FlowError::JumpsBack.into()))
    }

    /// Clears what a guard BIF would leave empty if it failed.
    fn clear_result(&mut self, instruction: &Instruction<'_>, state: &mut State) {
        if let (
            Opcode::Bif1
            | Opcode::Bif2
            | Opcode::Bif3
            | Opcode::GcBif1
            | Opcode::GcBif2
            | Opcode::GcBif3,
            &[Operand::Label(1..), .., Operand::X(number, _)],
        ) = (instruction.opcode, instruction.operands)
            && !state.holds_x(number)
        {
            let register = Operand::X(number, TypeIndex::ANY);
            self.clears
                .entry(instruction.index)
                .or_default()
                .push(register);
            state.write_x(number);
        }
    }

    /// Whether an instruction may raise an exception at this place.
    fn raises(&self, instruction: &Instruction<'_>) -> bool {
        let import = match (instruction.opcode, instruction.operands) {
            (Opcode::Bif0, &[Operand::Unsigned(import), _]) => Some(import),
            (Opcode::Bif1, &[_, Operand::Unsigned(import), ..]) => Some(import),
            _ => None,
        };
        if import.is_some_and(|import| self.import_is(import, &NEVER_RAISING)) {
            return false;
        }
        let kinds = instruction.opcode.operands();
        let fails = |(&kind, &operand): (&OperandKind, &Operand)| match kind {
            OperandKind::Fail => operand == Operand::Label(0),
            OperandKind::LabelOrAtom => matches!(operand, Operand::Atom(_)),
            _ => false,
        };
        kinds.iter().zip(instruction.operands).any(fails)
            || matches!(
                instruction.opcode,
                Opcode::Call
                    | Opcode::CallExt
                    | Opcode::CallExtLast
                    | Opcode::CallExtOnly
                    | Opcode::CallFun
                    | Opcode::CallFun2
                    | Opcode::Apply
                    | Opcode::ApplyLast
                    | Opcode::Bif0
                    | Opcode::Send
                    | Opcode::WaitTimeout
                    | Opcode::Badmatch
                    | Opcode::IfEnd
                    | Opcode::CaseEnd
                    | Opcode::TryCaseEnd
                    | Opcode::Badrecord
                    | Opcode::Raise
                    | Opcode::RawRaise
                    | Opcode::Fconv
                    | Opcode::Fadd
                    | Opcode::Fsub
                    | Opcode::Fmul
                    | Opcode::Fdiv
                    | Opcode::Fnegate
                    | Opcode::BsGetTail
                    | Opcode::BsGetPosition
                    | Opcode::BsSetPosition
                    | Opcode::BsMatch
                    | Opcode::UpdateRecord
            )
    }

    /// Execution may go on at a label, without pausing.
    fn branch(&mut self, function: &Function, label: LabelNumber, state: &State) -> Checked {
        self.edge(function, label);
        self.flow(function, label, state)
    }

    /// Notes where execution may go on. Without receiving it must not come back to where it was, so that nothing goes on for
    /// ever without pausing. Compilers seldom emit jumps back, and never such.
    fn edge(&mut self, function: &Function, label: LabelNumber) {
        if label == function.info_label {
            return;
        }
        self.edges.push((self.block, label));
        let position = self.code.label_position(label);
        if position.is_none_or(|at| at <= self.position) {
            self.back.get_or_insert((self.position, label));
        }
    }

    /// Execution may go on at a label.
    fn flow(&mut self, function: &Function, label: LabelNumber, state: &State) -> Checked {
        if label == function.info_label {
            // Nothing changes there, so nothing is kept.
            if state.arrival != Arrival::Never {
                return Err(FlowError::Handler);
            }
            state.expect_frame(FrameSize::None)?;
            return state.read_first_x(u16::from(function.arity));
        }
        let changed = match &mut self.states[label as usize] {
            Some(known) => known.meet(state),
            unknown => {
                *unknown = Some(Box::new(state.clone()));
                true
            }
        };
        if changed
            && self
                .code
                .label_position(label)
                .is_some_and(|at| at <= self.position)
        {
            self.again = true;
        }
        Ok(())
    }

    /// Executes an instruction on what is known before it; leaves what is known behind it, nothing if it isn't reached.
    fn step(
        &mut self,
        function: &Function,
        instruction: &Instruction<'_>,
        current: &mut Option<Box<State>>,
    ) -> Checked {
        let opcode = instruction.opcode;
        if let (Opcode::Label, &[Operand::Unsigned(label)]) = (opcode, instruction.operands) {
            // Labels are below `label_count`, which is of 32 bits.
            let label = label as LabelNumber;
            if let Some(state) = current.take() {
                self.edges.push((self.block, label));
                self.flow(function, label, &state)?;
            }
            self.block = label;
            current.clone_from(&self.states[label as usize]);
            return Ok(());
        }
        let Some(state) = current.as_deref_mut() else {
            return Ok(());
        };
        if state.arrival != Arrival::Never
            && !matches!(
                opcode,
                Opcode::Line
                    | Opcode::ExecutableLine
                    | Opcode::DebugLine
                    | Opcode::CatchEnd
                    | Opcode::TryCase
            )
        {
            return Err(FlowError::Handler);
        }
        if self.raises(instruction) {
            let empty = state.empty_slots()?;
            if !empty.is_empty() {
                let slots = empty
                    .into_iter()
                    .map(|slot| Operand::Y(slot, TypeIndex::ANY));
                self.clears.insert(instruction.index, slots.collect());
            }
            for label in state.handler_labels() {
                self.edge(function, label);
                self.flow(function, label, &state.at_handler())?;
            }
        }
        if self.instruction(function, instruction, state)? {
            *current = None;
        }
        Ok(())
    }

    /// As `step`, for what is reached and no label. Gives whether execution never goes on behind it.
    fn instruction(
        &mut self,
        function: &Function,
        instruction: &Instruction<'_>,
        state: &mut State,
    ) -> Checked<bool> {
        use Operand::{Label, Unsigned, Y};
        let operands = instruction.operands;
        // Arities, slots and numbers of registers are at most 1024.
        match (instruction.opcode, operands) {
            (Opcode::FuncInfo, _) => return Err(FlowError::FunctionInfo),
            (Opcode::DebugLine, _) => {}
            (
                Opcode::Allocate
                | Opcode::AllocateHeap
                | Opcode::AllocateZero
                | Opcode::AllocateHeapZero,
                &[Unsigned(slots), ..],
            ) => {
                self.generic(function, instruction, state)?;
                let cleared = matches!(
                    instruction.opcode,
                    Opcode::AllocateZero | Opcode::AllocateHeapZero
                );
                state.push_frame(slots as usize, cleared)?;
            }
            (Opcode::Deallocate, &[Unsigned(slots)]) => state.pop_frame(slots as usize)?,
            (Opcode::Trim, &[Unsigned(dropped), Unsigned(left)]) => {
                state.trim(dropped as u16, left as u16)?;
            }
            (Opcode::Return, _) => {
                state.expect_frame(FrameSize::None)?;
                state.read_x(0)?;
                return Ok(true);
            }

            (
                Opcode::CallExt | Opcode::CallExtLast | Opcode::CallExtOnly,
                &[Unsigned(arity), Unsigned(import), ..],
            ) if self.import_is(import, &NEVER_RETURNING) => {
                state.read_first_x(arity as u16)?;
                return Ok(true);
            }
            (Opcode::Call | Opcode::CallExt, &[Unsigned(arity), ..]) => {
                Self::call(state, arity, &[])?;
            }
            (Opcode::CallFun, &[Unsigned(arity)]) => Self::call(state, arity + 1, &[])?,
            (Opcode::CallFun2, &[_, Unsigned(arity), fun]) => Self::call(state, arity, &[fun])?,
            (Opcode::Apply, &[Unsigned(arity)]) => Self::call(state, arity + 2, &[])?,
            (Opcode::CallLast | Opcode::CallExtLast, &[Unsigned(arity), _, Unsigned(slots)]) => {
                state.pop_frame(slots as usize)?;
                state.read_first_x(arity as u16)?;
                return Ok(true);
            }
            (Opcode::ApplyLast, &[Unsigned(arity), Unsigned(slots)]) => {
                state.pop_frame(slots as usize)?;
                state.read_first_x(arity as u16 + 2)?;
                return Ok(true);
            }
            (Opcode::CallOnly | Opcode::CallExtOnly, &[Unsigned(arity), _]) => {
                state.expect_frame(FrameSize::None)?;
                state.read_first_x(arity as u16)?;
                return Ok(true);
            }

            (Opcode::Catch | Opcode::Try, &[Y(slot, _), Label(handler)]) => {
                state.mark(slot, handler)?;
            }
            (Opcode::TryEnd, &[Y(slot, _)]) => state.unmark(slot)?,
            (Opcode::CatchEnd, &[Y(slot, _)]) => {
                state.unmark(slot)?;
                state.arrival = Arrival::Never;
                Self::become_first_x(state, 1, 1)?;
            }
            (Opcode::TryCase, &[Y(slot, _)]) => {
                if state.arrival == Arrival::Never {
                    return Err(FlowError::NoException);
                }
                state.unmark(slot)?;
                state.arrival = Arrival::Never;
                state.read_x(0)?;
                state.only_first_x(3);
            }
            (Opcode::BuildStacktrace | Opcode::BsInitWritable, _) => {
                Self::become_first_x(state, 1, 1)?
            }
            (Opcode::RawRaise, _) => Self::become_first_x(state, 3, 1)?,
            (Opcode::Send, _) => Self::become_first_x(state, 2, 1)?,
            (Opcode::MakeFun2, &[Unsigned(lambda)]) => {
                let lambda = self.module.lambdas.get(lambda as usize);
                state.read_first_x(lambda.map_or(0, |lambda| u16::from(lambda.free_count)))?;
                state.write_x(0);
            }

            (Opcode::LoopRecEnd | Opcode::Wait, &[Label(label)]) => {
                state.no_empty_slots()?;
                state.only_first_x(0);
                self.flow(function, label, state)?;
                return Ok(true);
            }
            (Opcode::WaitTimeout, &[Label(label), time]) => {
                read(state, time)?;
                // The time is kept while waiting.
                match time {
                    Operand::X(register, _) => state.only_x(register),
                    _ => state.only_first_x(0),
                }
                self.flow(function, label, state)?;
            }
            (Opcode::RecvMark | Opcode::RecvSet, _) => {}

            _ => self.generic(function, instruction, state)?,
        }
        Ok(matches!(
            instruction.opcode,
            Opcode::Jump
                | Opcode::SelectVal
                | Opcode::SelectTupleArity
                | Opcode::Badmatch
                | Opcode::IfEnd
                | Opcode::CaseEnd
                | Opcode::TryCaseEnd
                | Opcode::Badrecord
                | Opcode::Raise
        ))
    }

    /// Whether an import is one of those functions of `erlang`.
    fn import_is(&self, import: u64, functions: &[(&str, u8)]) -> bool {
        let import = usize::try_from(import)
            .ok()
            .and_then(|import| self.module.imports.get(import));
        import.is_some_and(|import| {
            let name = self.module.atom(import.function).unwrap_or_default();
            self.module.atom(import.module) == Some("erlang")
                && functions.contains(&(name, import.arity))
        })
    }

    /// A call that returns: it takes the first `count` X registers and leaves x(0).
    fn call(state: &mut State, count: u64, more: &[Operand]) -> Checked {
        state.expect_frame(FrameSize::Some)?;
        more.iter().try_for_each(|&source| read(state, source))?;
        Self::become_first_x(state, count as u16, 1)
    }

    /// Takes the first `before` X registers and leaves the first `after`. Memory may be collected.
    fn become_first_x(state: &mut State, before: u16, after: u16) -> Checked {
        state.no_empty_slots()?;
        state.read_first_x(before)?;
        state.only_first_x(after);
        Ok(())
    }

    /// An instruction that does what its table line says: reads, keeps what is alive, maybe goes elsewhere, writes.
    fn generic(
        &mut self,
        function: &Function,
        instruction: &Instruction<'_>,
        state: &mut State,
    ) -> Checked {
        let kinds = instruction.opcode.operands();
        let last = kinds.last().copied();
        let elements = last.and_then(OperandKind::elements).unwrap_or_default();
        let all = || {
            let listed = elements.iter().cycle().zip(instruction.list);
            kinds
                .iter()
                .zip(instruction.operands)
                .chain(listed)
                .map(|(&kind, &operand)| (kind, operand))
        };
        if last == Some(OperandKind::Commands) {
            return self.match_commands(function, instruction, state);
        }
        all().try_for_each(|(kind, operand)| before(state, kind, operand))?;
        all().for_each(|(kind, operand)| collect(state, kind, operand));
        if !self.trusting {
            self.clear_result(instruction, state);
        }
        all().try_for_each(|(kind, operand)| match (kind, operand) {
            (
                OperandKind::Label | OperandKind::Fail | OperandKind::LabelOrAtom,
                Operand::Label(label @ 1..),
            ) => self.branch(function, label, state),
            _ => Ok(()),
        })?;
        all().try_for_each(|(kind, operand)| after(state, kind, operand))
    }

    /// Each command of `bs_match` is like an instruction.
    fn match_commands(
        &mut self,
        function: &Function,
        instruction: &Instruction<'_>,
        state: &mut State,
    ) -> Checked {
        let &[Operand::Label(label), context, _] = instruction.operands else {
            return Ok(());
        };
        let module = self.module;
        for (command, operands) in commands(instruction.list, |index| module.atom(index)).flatten()
        {
            read(state, context)?;
            let all = || command.operands().iter().zip(operands);
            all().try_for_each(|(&kind, &operand)| before(state, kind, operand))?;
            all().for_each(|(&kind, &operand)| collect(state, kind, operand));
            if command.may_fail() {
                self.branch(function, label, state)?;
            }
            all().try_for_each(|(&kind, &operand)| after(state, kind, operand))?;
        }
        Ok(())
    }
}

fn read(state: &State, operand: Operand) -> Checked {
    match operand {
        Operand::X(register, _) => state.read_x(register),
        Operand::Y(register, _) => state.read_y(register),
        _ => Ok(()),
    }
}

/// What an operand takes.
fn before(state: &State, kind: OperandKind, operand: Operand) -> Checked {
    match (kind, operand) {
        (
            OperandKind::Source
            | OperandKind::Size
            | OperandKind::Register
            | OperandKind::FloatOrSource
            | OperandKind::Any,
            _,
        ) => read(state, operand),
        (OperandKind::Live, Operand::Unsigned(live)) => {
            state.no_empty_slots()?;
            state.read_first_x(live as u16)
        }
        (OperandKind::Destination | OperandKind::FloatOrDestination, Operand::Y(register, _)) => {
            state.slot(register).map(drop)
        }
        _ => Ok(()),
    }
}

/// Memory may be collected where an operand says what is alive: nothing else is afterwards.
fn collect(state: &mut State, kind: OperandKind, operand: Operand) {
    if let (OperandKind::Live, Operand::Unsigned(live)) = (kind, operand) {
        state.keep_first_x(live as u16);
    }
}

/// What an operand does if the instruction doesn't go elsewhere.
fn after(state: &mut State, kind: OperandKind, operand: Operand) -> Checked {
    match (kind, operand) {
        (
            OperandKind::Destination | OperandKind::FloatOrDestination | OperandKind::ClearedSlot,
            _,
        ) => match operand {
            Operand::X(register, _) => {
                state.write_x(register);
                Ok(())
            }
            Operand::Y(register, _) => state.write_y(register),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
