//! Which generic operation, with which operands, becomes which internal operation.

use alloc::vec::Vec;

use brood_beam::{Instruction, LabelNumber, Opcode, Operand};
use brood_term::boxed::{FunEntry, Header};
use brood_term::{Mfa, Subtag, Term, known};

use super::emit::{LIVE_UNKNOWN, Tables, Translated, Translation, Translator};
use super::export::Export;
use super::module::Function;
use super::operation::Operation;

/// Translates the code of a module.
pub(super) fn translate(tables: Tables<'_>) -> Translation<Translated> {
    let module = tables.module;
    let mut translator = Translator::new(tables);
    for function in &module.code.functions {
        translator.function(function)?;
    }
    translator.emit(Operation::FunctionClause, 0, 0, 0);
    Ok(translator.finish())
}

impl<'a> Translator<'a> {
    fn function(&mut self, function: &brood_beam::Function) -> Translation {
        let name = self.tables.atoms[function.name as usize];
        let start = self.position() as u32;
        self.functions.push(Function {
            start,
            entry: start,
            name,
            arity: function.arity,
        });
        let module = self.tables.module;
        let mfa = Mfa {
            module: self.tables.atoms[0],
            function: name,
            arity: u32::from(function.arity),
        };
        if let Some(bif) = self.tables.code.bif(&mfa) {
            let export = self.tables.code.export(mfa);
            self.labels[function.info_label as usize] = start;
            self.emit(Operation::FunctionClause, u16::from(function.arity), 0, 0);
            self.labels[function.entry_label as usize] = self.position() as u32;
            self.note_entry(function);
            self.emit(Operation::BifStub, u16::from(function.arity), 0, 0);
            self.word(bif as usize as u64);
            self.word(export as *const Export as u64);
            return Ok(());
        }
        for instruction in module.code.instructions_of(function) {
            let offset = self.position() as u32;
            if self.lines.last().map_or(0, |&(_, line)| line) != instruction.line {
                match self.lines.last_mut() {
                    Some(last) if last.0 == offset => last.1 = instruction.line,
                    _ => self.lines.push((offset, instruction.line)),
                }
            }
            for register in self
                .tables
                .clears
                .get(&instruction.index)
                .into_iter()
                .flatten()
            {
                self.clear(*register);
            }
            self.instruction(&instruction)?;
            if instruction.opcode == Opcode::OnLoad {
                self.on_load = Some(self.labels[function.entry_label as usize]);
            }
        }
        self.note_entry(function);
        Ok(())
    }

    /// Notes where calls of the function lead that was begun last.
    fn note_entry(&mut self, function: &brood_beam::Function) {
        let entry = self.labels[function.entry_label as usize];
        if let Some(last) = self.functions.last_mut() {
            last.entry = entry;
        }
    }

    fn clear_frame(&mut self, slots: u64) {
        self.emit(Operation::InitY, slots as u16, 0, 0);
        for slot in 0..slots {
            self.word(slot);
        }
    }

    fn clear(&mut self, register: Operand) {
        match register {
            Operand::X(register, _) => self.emit(Operation::MoveCX, register, 0, 0),
            Operand::Y(register, _) => self.emit(Operation::MoveCY, register, 0, 0),
            _ => return,
        }
        self.word(Term::NIL.raw());
    }

    pub(super) fn instruction(&mut self, instruction: &Instruction<'_>) -> Translation {
        use Operand::{FloatRegister, Label, Unsigned, X, Y};
        use Operation as Op;
        let opcode = instruction.opcode;
        let list = instruction.list;
        match (opcode, instruction.operands) {
            (Opcode::Label, &[Unsigned(label)]) => {
                self.labels[label as usize] = self.position() as u32;
            }
            (
                Opcode::Line
                | Opcode::IntCodeEnd
                | Opcode::NifStart
                | Opcode::OnLoad
                | Opcode::ExecutableLine
                | Opcode::DebugLine
                // An overflow raises where it happens, and without marks all messages are looked at.
                | Opcode::Fclearerror
                | Opcode::Fcheckerror
                | Opcode::RecvMark
                | Opcode::RecvSet,
                _,
            ) => {}
            (Opcode::FuncInfo, &[_, _, Unsigned(arity)]) => {
                self.emit(Op::FunctionClause, arity as u16, 0, 0);
            }

            (Opcode::Jump, &[Label(label)]) => self.emit_label(Op::Jump, 0, label),
            (Opcode::Call, &[Unsigned(arity), Label(label)]) => {
                self.emit_label(Op::Call, arity as u16, label);
            }
            (Opcode::CallLast, &[Unsigned(arity), Label(label), Unsigned(slots)]) => {
                self.emit_label(Op::CallLast, arity as u16, label);
                self.word(slots);
            }
            (Opcode::CallOnly, &[Unsigned(arity), Label(label)]) => {
                self.emit_label(Op::CallOnly, arity as u16, label);
            }
            (Opcode::CallExt, &[Unsigned(arity), Unsigned(import)]) => {
                self.call_import(Op::CallExternal, Op::CallBif, arity, 0, import);
            }
            (Opcode::CallExtLast, &[Unsigned(arity), Unsigned(import), Unsigned(slots)]) => {
                self.call_import(Op::CallExternalLast, Op::CallBifLast, arity, slots, import);
            }
            (Opcode::CallExtOnly, &[Unsigned(arity), Unsigned(import)]) => {
                self.call_import(Op::CallExternalOnly, Op::CallBifOnly, arity, 0, import);
            }
            (Opcode::CallFun, &[Unsigned(arity)]) => match self.tail_slots(instruction.index) {
                Some(slots) => {
                    self.emit(Op::CallFunLast, arity as u16, slots, 0);
                    self.word(arity << 3);
                }
                None => self.emit(Op::CallFun, arity as u16, 0, 0),
            },
            (Opcode::CallFun2, &[_, Unsigned(arity), fun]) => {
                match self.tail_slots(instruction.index) {
                    Some(slots) => self.emit(Op::CallFunLast, arity as u16, slots, 0),
                    None => self.emit(Op::CallFun2, arity as u16, 0, 0),
                }
                self.source_word(fun)?;
            }
            (Opcode::Apply, &[Unsigned(arity)]) => self.emit(Op::Apply, arity as u16, 0, 0),
            (Opcode::ApplyLast, &[Unsigned(arity), Unsigned(slots)]) => {
                self.emit(Op::ApplyLast, arity as u16, slots as u16, 0);
            }
            (Opcode::Return, _) => self.emit(Op::Return, 0, 0, 0),
            (Opcode::Allocate | Opcode::AllocateZero, &[Unsigned(slots), Unsigned(live)]) => {
                self.emit(Op::Allocate, slots as u16, live as u16, 0);
                if opcode == Opcode::AllocateZero {
                    self.clear_frame(slots);
                }
            }
            (
                Opcode::AllocateHeap | Opcode::AllocateHeapZero,
                &[Unsigned(slots), heap, Unsigned(live)],
            ) => {
                self.emit(Op::AllocateHeap, slots as u16, live as u16, 0);
                self.word(Self::heap_words(heap));
                if opcode == Opcode::AllocateHeapZero {
                    self.clear_frame(slots);
                }
            }
            (Opcode::Init, &[register]) => self.clear(register),
            (Opcode::Deallocate, &[Unsigned(slots)]) => {
                let next = self.next_opcode(instruction.index);
                if next == Some(Opcode::Return) {
                    // The return that follows is emitted, too: it may be labelled.
                    self.emit(Op::DeallocateReturn, slots as u16, 0, 0);
                } else {
                    self.emit(Op::Deallocate, slots as u16, 0, 0);
                }
            }
            (Opcode::TestHeap, &[heap, Unsigned(live)]) => {
                self.emit(Op::TestHeap, live as u16, 0, 0);
                self.word(Self::heap_words(heap));
            }
            (Opcode::Trim, &[Unsigned(slots), _]) => self.emit(Op::Trim, slots as u16, 0, 0),
            (Opcode::InitYregs, _) => {
                self.emit(Op::InitY, list.len() as u16, 0, 0);
                for &slot in list {
                    if let Y(register, _) = slot {
                        self.word(u64::from(register));
                    }
                }
            }

            (Opcode::Move, &[X(from, _), X(to, _)]) => self.emit(Op::MoveXX, from, to, 0),
            (Opcode::Move, &[X(from, _), Y(to, _)]) => self.emit(Op::MoveXY, from, to, 0),
            (Opcode::Move, &[Y(from, _), X(to, _)]) => self.emit(Op::MoveYX, from, to, 0),
            (Opcode::Move, &[Y(from, _), Y(to, _)]) => self.emit(Op::MoveYY, from, to, 0),
            (Opcode::Move, &[term, X(to, _)]) => {
                self.emit(Op::MoveCX, to, 0, 0);
                self.source_word(term)?;
            }
            (Opcode::Move, &[term, Y(to, _)]) => {
                self.emit(Op::MoveCY, to, 0, 0);
                self.source_word(term)?;
            }
            (Opcode::Swap, &[a, b]) => self.registers(Op::Swap, &[a, b])?,
            (Opcode::GetList, &[list, head, tail]) => {
                self.registers(Op::GetList, &[list, head, tail])?;
            }
            (Opcode::GetHd, &[list, head]) => self.registers(Op::GetHead, &[list, head])?,
            (Opcode::GetTl, &[list, tail]) => self.registers(Op::GetTail, &[list, tail])?,
            (Opcode::GetTupleElement, &[tuple, Unsigned(index), to])
                if index <= u64::from(u16::MAX) =>
            {
                let tuple = self.register(tuple, 0)?;
                let to = self.register(to, 1)?;
                self.emit(Op::GetElement, tuple, index as u16, to);
            }
            (Opcode::GetTupleElement, &[tuple, Unsigned(index), to]) => {
                let tuple = self.register(tuple, 0)?;
                let to = self.register(to, 1)?;
                self.emit(Op::GetElementFar, tuple, to, 0);
                self.word(index);
            }
            (Opcode::SetTupleElement, &[value, tuple, Unsigned(index)]) => {
                self.emit(Op::SetElement, 0, 0, 0);
                self.source_word(value)?;
                self.source_word(tuple)?;
                self.word(index);
            }
            (Opcode::PutList, &[head, tail, to]) => {
                let to = self.register(to, 0)?;
                self.emit(Op::PutList, to, 0, 0);
                self.source_word(head)?;
                self.source_word(tail)?;
            }
            (Opcode::PutTuple2, &[to, _]) => {
                let to = self.register(to, 0)?;
                self.emit(Op::PutTuple, to, 0, 0);
                self.word(list.len() as u64);
                self.sources(list)?;
            }
            (Opcode::UpdateRecord, &[_, Unsigned(_), tuple, to, _]) => {
                let to = self.register(to, 0)?;
                self.emit(Op::UpdateRecord, to, 0, 0);
                self.source_word(tuple)?;
                self.word(list.len() as u64 / 2);
                for update in list.chunks_exact(2) {
                    if let Unsigned(position) = update[0] {
                        self.word(position);
                    }
                    self.source_word(update[1])?;
                }
            }
            (Opcode::MakeFun3, &[Unsigned(lambda), to, _]) => {
                let to = self.register(to, 0)?;
                self.emit(Op::MakeFun, to, list.len() as u16, 0);
                self.word(self.tables.lambdas[lambda as usize] as *const FunEntry as u64);
                self.sources(list)?;
            }

            (Opcode::MakeFun2, &[Unsigned(lambda)]) => {
                let entry = self.tables.lambdas[lambda as usize];
                self.emit(Op::MakeFun, 0, entry.free_count as u16, 0);
                self.word(entry as *const FunEntry as u64);
                (0..entry.free_count).for_each(|register| self.word(u64::from(register) << 3));
            }

            (Opcode::TestArity, &[Label(label), tuple, Unsigned(arity)]) => {
                let tuple = self.register(tuple, 0)?;
                self.emit_label(Op::TestArity, tuple, label);
                self.word(arity);
            }
            (Opcode::IsTaggedTuple, &[Label(label), tuple, Unsigned(arity), tag]) => {
                let tuple = self.register(tuple, 0)?;
                self.emit_label(Op::IsTaggedTuple, tuple, label);
                self.word(Header::new(Subtag::Tuple, arity as usize).0);
                self.source_word(tag)?;
            }
            (Opcode::IsFunction2, &[Label(label), fun, arity]) => {
                let fun = self.register(fun, 0)?;
                self.emit_label(Op::IsFunction2, fun, label);
                self.source_word(arity)?;
            }
            (Opcode::IsEqExact, &[Label(label), a, b]) => {
                self.exact(Op::IsExactEqual, Op::IsImmediate, label, a, b)?;
            }
            (Opcode::IsNeExact, &[Label(label), a, b]) => {
                self.exact(Op::IsNotExactEqual, Op::IsNotImmediate, label, a, b)?;
            }
            (Opcode::SelectVal, &[value, Label(default), _]) => {
                self.select_value(value, default, list)?;
            }
            (Opcode::SelectTupleArity, &[tuple, Label(default), _]) => {
                let mut pairs = Vec::new();
                for pair in list.chunks_exact(2) {
                    if let [Unsigned(arity), Label(label)] = *pair
                        && let Some(arity) = i64::try_from(arity).ok().and_then(Term::try_small)
                    {
                        pairs.push((arity, label));
                    }
                }
                self.select(Op::SelectArity, tuple, default, pairs)?;
            }
            (Opcode::Bif0, &[Unsigned(import), to]) => {
                self.guard_bif(to, 0, LIVE_UNKNOWN, import, &[])?;
            }
            (
                Opcode::Bif1 | Opcode::Bif2 | Opcode::Bif3,
                &[Label(label), Unsigned(import), ref arguments @ .., to],
            ) => self.guard_bif(to, label, LIVE_UNKNOWN, import, arguments)?,
            (
                Opcode::GcBif1 | Opcode::GcBif2 | Opcode::GcBif3,
                &[
                    Label(label),
                    Unsigned(live),
                    Unsigned(import),
                    ref arguments @ ..,
                    to,
                ],
            ) => self.guard_bif(to, label, live, import, arguments)?,

            (Opcode::Catch | Opcode::Try, &[Y(slot, _), Label(label)]) => {
                self.emit(Op::Catch, slot, 0, 0);
                self.catch_word(label);
            }
            (Opcode::CatchEnd, &[Y(slot, _)]) => self.emit(Op::CatchEnd, slot, 0, 0),
            (Opcode::TryEnd, &[Y(slot, _)]) => self.emit(Op::TryEnd, slot, 0, 0),
            (Opcode::TryCase, &[Y(slot, _)]) => self.emit(Op::TryCase, slot, 0, 0),
            (Opcode::TryCaseEnd, &[value]) => self.raise_value(known::TRY_CLAUSE, value)?,
            (Opcode::Badmatch, &[value]) => self.raise_value(known::BADMATCH, value)?,
            (Opcode::CaseEnd, &[value]) => self.raise_value(known::CASE_CLAUSE, value)?,
            (Opcode::Badrecord, &[value]) => self.raise_value(known::BADRECORD, value)?,
            (Opcode::IfEnd, _) => self.emit(Op::IfEnd, 0, 0, 0),
            (Opcode::Raise, &[trace, reason]) => {
                self.emit(Op::Raise, 0, 0, 0);
                self.source_word(trace)?;
                self.source_word(reason)?;
            }
            (Opcode::RawRaise, _) => self.emit(Op::RawRaise, 0, 0, 0),
            (Opcode::BuildStacktrace, _) => self.emit(Op::BuildStacktrace, 0, 0, 0),

            (Opcode::Send, _) => {
                let mfa = Mfa {
                    module: known::ERLANG,
                    function: known::SEND,
                    arity: 2,
                };
                let export = self.tables.code.export(mfa);
                self.emit(Op::Send, 2, 0, 0);
                self.word(export.bif.map_or(0, |bif| bif as usize as u64));
                self.word(export as *const Export as u64);
            }
            (Opcode::LoopRec, &[Label(label), to]) => {
                let to = self.register(to, 0)?;
                self.emit_label(Op::LoopReceive, to, label);
            }
            (Opcode::LoopRecEnd, &[Label(label)]) => self.emit_label(Op::LoopReceiveEnd, 0, label),
            (Opcode::RemoveMessage, _) => self.emit(Op::RemoveMessage, 0, 0, 0),
            (Opcode::Wait, &[Label(label)]) => self.emit_label(Op::Wait, 0, label),
            (Opcode::WaitTimeout, &[Label(label), time]) => {
                let kept = match time {
                    X(register, _) => register + 1,
                    _ => 0,
                };
                self.emit_label(Op::WaitTimeout, kept, label);
                self.source_word(time)?;
            }
            (Opcode::Timeout, _) => self.emit(Op::Timeout, 0, 0, 0),
            (Opcode::RecvMarkerReserve, &[to]) => self.registers(Op::MarkerReserve, &[to])?,
            (Opcode::RecvMarkerBind, &[marker, reference]) => {
                self.registers(Op::MarkerBind, &[marker, reference])?;
            }
            (Opcode::RecvMarkerClear, &[reference]) => {
                self.registers(Op::MarkerClear, &[reference])?;
            }
            (Opcode::RecvMarkerUse, &[reference]) => {
                self.registers(Op::MarkerUse, &[reference])?;
            }

            (Opcode::PutMapAssoc, &[Label(label), map, to, Unsigned(live), _]) => {
                self.put_map(Op::PutMapAssoc, label, map, to, live, list)?;
            }
            (Opcode::PutMapExact, &[Label(label), map, to, Unsigned(live), _]) => {
                self.put_map(Op::PutMapExact, label, map, to, live, list)?;
            }
            (Opcode::GetMapElements, &[Label(label), map, _]) => {
                let map = self.register(map, 0)?;
                self.emit_label(Op::GetMapElements, map, label);
                self.word(list.len() as u64 / 2);
                self.sources(list)?;
            }
            (Opcode::HasMapFields, &[Label(label), map, _]) => {
                let map = self.register(map, 0)?;
                self.emit_label(Op::HasMapFields, map, label);
                self.word(list.len() as u64);
                self.sources(list)?;
            }

            (Opcode::Fmove, &[FloatRegister(from), FloatRegister(to)]) => {
                self.emit(Op::FloatCopy, from, to, 0);
            }
            (Opcode::Fmove, &[FloatRegister(from), to]) => {
                let to = self.register(to, 0)?;
                self.emit(Op::FloatStore, from, to, 0);
            }
            (Opcode::Fmove, &[from, FloatRegister(to)]) => {
                self.emit(Op::FloatLoad, to, 0, 0);
                self.source_word(from)?;
            }
            (Opcode::Fconv, &[FloatRegister(from), FloatRegister(to)]) => {
                self.emit(Op::FloatCopy, from, to, 0);
            }
            (Opcode::Fconv, &[from, FloatRegister(to)]) => {
                self.emit(Op::FloatConvert, to, 0, 0);
                self.source_word(from)?;
            }
            (
                Opcode::Fadd | Opcode::Fsub | Opcode::Fmul | Opcode::Fdiv,
                &[_, FloatRegister(a), FloatRegister(b), FloatRegister(to)],
            ) => {
                let operation = match opcode {
                    Opcode::Fadd => Op::FloatAdd,
                    Opcode::Fsub => Op::FloatSubtract,
                    Opcode::Fmul => Op::FloatMultiply,
                    _ => Op::FloatDivide,
                };
                self.emit(operation, a, b, to);
            }
            (Opcode::Fnegate, &[_, FloatRegister(from), FloatRegister(to)]) => {
                self.emit(Op::FloatNegate, from, to, 0);
            }

            (
                Opcode::IsNativeRecord
                | Opcode::IsRecordAccessible
                | Opcode::GetRecordElements
                | Opcode::GetRecordField
                | Opcode::PutRecord,
                _,
            ) => return self.native_record(instruction),

            (_, &[Label(label), a]) => match type_test(opcode) {
                Some(operation) => {
                    let a = self.register(a, 0)?;
                    self.emit_label(operation, a, label);
                }
                None => return self.bits(instruction),
            },
            (_, &[Label(label), a, b]) => match comparison(opcode) {
                Some(operation) => {
                    self.emit_label(operation, 0, label);
                    self.source_word(a)?;
                    self.source_word(b)?;
                }
                None => return self.bits(instruction),
            },
            _ => return self.bits(instruction),
        }
        Ok(())
    }

    fn next_opcode(&self, index: usize) -> Option<Opcode> {
        Some(self.tables.module.code.instruction(index + 1)?.opcode)
    }

    /// The slots to be deallocated if `deallocate` and `return` follow: there is no generic operation for a tail call of
    /// a fun.
    fn tail_slots(&self, index: usize) -> Option<u16> {
        let code = &self.tables.module.code;
        let (next, last) = (code.instruction(index + 1)?, code.instruction(index + 2)?);
        match (next.opcode, next.operands, last.opcode) {
            (Opcode::Deallocate, &[Operand::Unsigned(slots)], Opcode::Return) => Some(slots as u16),
            _ => None,
        }
    }

    fn call_import(
        &mut self,
        function: Operation,
        bif: Operation,
        arity: u64,
        slots: u64,
        import: u64,
    ) {
        let export = self.tables.imports[import as usize];
        match export.bif {
            None => self.emit(function, arity as u16, slots as u16, 0),
            Some(address) => {
                self.emit(bif, arity as u16, slots as u16, 0);
                self.word(address as usize as u64);
            }
        }
        self.word(export as *const Export as u64);
        if export.bif.is_some() && bif != Operation::CallBif {
            // Where a BIF returns to that is traced.
            self.emit(Operation::DeallocateReturn, slots as u16, 0, 0);
        }
    }

    fn exact(
        &mut self,
        general: Operation,
        immediate: Operation,
        label: LabelNumber,
        a: Operand,
        b: Operand,
    ) -> Translation {
        let register = |operand| matches!(operand, Operand::X(..) | Operand::Y(..));
        let (a, b) = if register(a) { (a, b) } else { (b, a) };
        if register(a)
            && let Some(term) = self.constant(b)
            && term.is_immediate()
        {
            let a = self.register(a, 0)?;
            self.emit_label(immediate, a, label);
            self.word(term.raw());
            return Ok(());
        }
        self.emit_label(general, 0, label);
        self.source_word(a)?;
        self.source_word(b)
    }

    fn select_value(
        &mut self,
        value: Operand,
        default: LabelNumber,
        list: &[Operand],
    ) -> Translation {
        let mut pairs = Vec::with_capacity(list.len() / 2);
        for pair in list.chunks_exact(2) {
            if let (Some(term), Operand::Label(label)) = (self.constant(pair[0]), pair[1]) {
                pairs.push((term, label));
            }
        }
        let small = |&(term, _): &(Term, LabelNumber)| term.as_small();
        if let Some(values) = pairs.iter().map(small).collect::<Option<Vec<i64>>>()
            && let (Some(&least), Some(&greatest)) = (values.iter().min(), values.iter().max())
            && (greatest - least) as usize <= 2 * values.len()
            && values.len() > 2
        {
            let operation = self.position();
            self.emit_label(Operation::SelectDense, 0, default);
            self.source_word(value)?;
            self.word(least as u64);
            self.word((greatest - least + 1) as u64);
            for candidate in least..=greatest {
                let found = values.iter().position(|&value| value == candidate);
                self.distance(operation, found.map_or(0, |index| pairs[index].1));
            }
            return Ok(());
        }
        let immediate = pairs.iter().all(|(term, _)| term.is_immediate());
        let operation = if immediate {
            Operation::SelectImmediate
        } else {
            Operation::SelectAny
        };
        self.select(operation, value, default, pairs)
    }

    fn select(
        &mut self,
        operation: Operation,
        value: Operand,
        default: LabelNumber,
        mut pairs: Vec<(Term, LabelNumber)>,
    ) -> Translation {
        if operation != Operation::SelectAny {
            pairs.sort_by_key(|(term, _)| term.raw());
        }
        let start = self.position();
        self.emit_label(operation, 0, default);
        self.source_word(value)?;
        self.word(pairs.len() as u64);
        for (term, _) in &pairs {
            self.word(term.raw());
        }
        for &(_, label) in &pairs {
            self.distance(start, label);
        }
        Ok(())
    }

    fn guard_bif(
        &mut self,
        to: Operand,
        label: LabelNumber,
        live: u64,
        import: u64,
        arguments: &[Operand],
    ) -> Translation {
        let to = self.register(to, 0)?;
        let export = self.tables.imports[import as usize];
        self.emit_label(guard_operation(&export.mfa), to, label);
        let unnamed = u64::from(raises_unnamed(&export.mfa, arguments));
        self.word(live | (arguments.len() as u64) << 16 | unnamed << 32);
        self.word(export.bif.map_or(0, |bif| bif as usize as u64));
        self.word(export as *const Export as u64);
        self.sources(arguments)
    }

    fn raise_value(&mut self, tag: Term, value: Operand) -> Translation {
        self.emit(Operation::RaiseValue, 0, 0, 0);
        self.word(tag.raw());
        self.source_word(value)
    }

    fn put_map(
        &mut self,
        operation: Operation,
        label: LabelNumber,
        map: Operand,
        to: Operand,
        live: u64,
        list: &[Operand],
    ) -> Translation {
        let to = self.register(to, 0)?;
        self.emit_label(operation, to, label);
        self.word(live | (list.len() as u64 / 2) << 16);
        self.source_word(map)?;
        self.sources(list)
    }
}

/// Guard BIFs that have an operation of their own.
fn guard_operation(mfa: &Mfa) -> Operation {
    match (mfa.module, mfa.function, mfa.arity) {
        (known::ERLANG, known::PLUS, 2) => Operation::Add,
        (known::ERLANG, known::MINUS, 2) => Operation::Subtract,
        (known::ERLANG, known::TIMES, 2) => Operation::Multiply,
        (known::ERLANG, known::DIV, 2) => Operation::Quotient,
        (known::ERLANG, known::REM, 2) => Operation::Remainder,
        (known::ERLANG, known::BAND, 2) => Operation::Band,
        (known::ERLANG, known::BOR, 2) => Operation::Bor,
        (known::ERLANG, known::BXOR, 2) => Operation::Bxor,
        (known::ERLANG, known::BSL, 2) => Operation::Bsl,
        (known::ERLANG, known::BSR, 2) => Operation::Bsr,
        _ => Operation::Bif,
    }
}

/// Whether an exception in a guard BIF counts as one of the function that uses it: so it is with OTP, where adding a
/// constant, dividing and the unary plus are instructions.
fn raises_unnamed(mfa: &Mfa, arguments: &[Operand]) -> bool {
    let small = |operand: &Operand| match operand {
        Operand::Integer(value) => Term::try_small(*value).is_some(),
        _ => false,
    };
    match (mfa.module, mfa.function, arguments) {
        (known::ERLANG, known::PLUS, [_]) | (known::ERLANG, known::DIVIDE, _) => true,
        (known::ERLANG, known::PLUS, [a, b]) => small(a) || small(b),
        (known::ERLANG, known::MINUS, [_, b]) => small(b),
        _ => false,
    }
}

fn type_test(opcode: Opcode) -> Option<Operation> {
    Some(match opcode {
        Opcode::IsInteger => Operation::IsInteger,
        Opcode::IsFloat => Operation::IsFloat,
        Opcode::IsNumber => Operation::IsNumber,
        Opcode::IsAtom => Operation::IsAtom,
        Opcode::IsPid => Operation::IsPid,
        Opcode::IsReference => Operation::IsReference,
        Opcode::IsPort => Operation::IsPort,
        Opcode::IsNil => Operation::IsNil,
        Opcode::IsBinary => Operation::IsBinary,
        Opcode::IsBitstr => Operation::IsBitstring,
        Opcode::IsList => Operation::IsList,
        Opcode::IsNonemptyList => Operation::IsNonemptyList,
        Opcode::IsTuple => Operation::IsTuple,
        Opcode::IsMap => Operation::IsMap,
        Opcode::IsAnyNativeRecord => Operation::IsAnyNativeRecord,
        Opcode::IsFunction => Operation::IsFunction,
        Opcode::IsBoolean => Operation::IsBoolean,
        _ => return None,
    })
}

fn comparison(opcode: Opcode) -> Option<Operation> {
    Some(match opcode {
        Opcode::IsLt => Operation::IsLess,
        Opcode::IsGe => Operation::IsGreaterEqual,
        Opcode::IsEq => Operation::IsEqual,
        Opcode::IsNe => Operation::IsNotEqual,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
