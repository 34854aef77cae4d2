//! What is known of registers and frame at a place in the code.

use alloc::vec;
use alloc::vec::Vec;

use crate::MAX_REGISTERS;
use crate::error::{FlowError, FrameSize};
use crate::operand::LabelNumber;

const WORDS: usize = MAX_REGISTERS as usize / 64;

/// A set of X registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Registers([u64; WORDS]);

impl Registers {
    /// The first `count`.
    fn first(count: u16) -> Registers {
        let mut all = Registers([u64::MAX; WORDS]);
        all.truncate(count);
        all
    }

    fn contains(&self, register: u16) -> bool {
        self.0[usize::from(register / 64)] >> (register % 64) & 1 != 0
    }

    fn insert(&mut self, register: u16) {
        self.0[usize::from(register / 64)] |= 1 << (register % 64);
    }

    /// Keeps those below `count`.
    fn truncate(&mut self, count: u16) {
        for (word, first) in self.0.iter_mut().zip((0u16..).step_by(64)) {
            *word &= match count.saturating_sub(first) {
                kept @ 0..64 => (1 << kept) - 1,
                _ => u64::MAX,
            };
        }
    }

    /// The first that is missing.
    fn first_missing(&self) -> u16 {
        let full = self.0.iter().take_while(|word| **word == u64::MAX).count();
        let rest = self.0.get(full).map_or(0, |word| word.trailing_ones());
        full as u16 * 64 + rest as u16
    }

    /// Keeps those that `other` has, too.
    fn intersect(&mut self, other: &Registers) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }
}

/// A slot of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Maybe what the memory held before.
    Empty,
    /// A term or the marker of a `catch` or `try`.
    Either,
    /// A marker.
    Marker,
    /// A term.
    Term,
}

impl Slot {
    fn meet(self, other: Slot) -> Slot {
        match (self, other) {
            _ if self == other => self,
            (Slot::Empty, _) | (_, Slot::Empty) => Slot::Empty,
            _ => Slot::Either,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Frame {
    None,
    Slots(Vec<Slot>),
    /// It depends on the way here.
    Unknown {
        /// Slots that it has in any case.
        common: Vec<Slot>,
        /// Whether one of the others may be empty.
        empty: bool,
    },
}

/// Whether an exception arrives here: X registers then aren't what they are elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Never,
    Sometimes,
    Always,
}

/// What holds on all ways to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// What holds a term.
    x: Registers,
    frame: Frame,
    /// Markers that slots may hold: slot, and label of the handler. Sorted.
    handlers: Vec<(u16, LabelNumber)>,
    pub(super) arrival: Arrival,
}

type Checked<T = ()> = Result<T, FlowError>;

impl State {
    /// At the entry of a function.
    pub(super) fn entry(arity: u8) -> State {
        State {
            x: Registers::first(u16::from(arity)),
            frame: Frame::None,
            handlers: Vec::new(),
            arrival: Arrival::Never,
        }
    }

    /// What holds at a handler that an exception here leads to.
    pub(super) fn at_handler(&self) -> State {
        State {
            x: Registers::first(1),
            arrival: Arrival::Always,
            ..self.clone()
        }
    }

    /// The labels that an exception here may lead to: it goes to the first marker of the frame.
    pub(super) fn handler_labels(&self) -> Vec<LabelNumber> {
        let first = self.slots().iter().position(|&slot| slot == Slot::Marker);
        let handlers = self.handlers.iter();
        handlers
            .take_while(|&&(slot, _)| first.is_none_or(|first| usize::from(slot) <= first))
            .map(|&(_, label)| label)
            .collect()
    }

    /// Only what holds here and in `other`, too. Gives whether that is less than before.
    pub(super) fn meet(&mut self, other: &State) -> bool {
        if *self == *other {
            return false;
        }
        let before = self.clone();
        self.x.intersect(&other.x);
        let common = self
            .slots()
            .iter()
            .zip(other.slots())
            .map(|(a, b)| a.meet(*b))
            .collect();
        self.frame = match (&self.frame, &other.frame) {
            (Frame::None, Frame::None) => Frame::None,
            (Frame::Slots(a), Frame::Slots(b)) if a.len() == b.len() => Frame::Slots(common),
            _ => Frame::Unknown {
                common,
                empty: self.has_empty_slots() || other.has_empty_slots(),
            },
        };
        self.handlers.extend(&other.handlers);
        self.handlers.sort_unstable();
        self.handlers.dedup();
        if self.arrival != other.arrival {
            self.arrival = Arrival::Sometimes;
        }
        *self != before
    }

    pub(super) fn read_x(&self, register: u16) -> Checked {
        if self.x.contains(register) {
            Ok(())
        } else {
            Err(FlowError::EmptyX(register))
        }
    }

    pub(super) fn holds_x(&self, register: u16) -> bool {
        self.x.contains(register)
    }

    pub(super) fn write_x(&mut self, register: u16) {
        self.x.insert(register);
    }

    /// The first `count` X registers are read.
    pub(super) fn read_first_x(&self, count: u16) -> Checked {
        match self.x.first_missing() {
            missing if missing < count => Err(FlowError::EmptyX(missing)),
            _ => Ok(()),
        }
    }

    /// Only the first `count` X registers are kept.
    pub(super) fn keep_first_x(&mut self, count: u16) {
        self.x.truncate(count);
    }

    /// The first `count` X registers hold terms, and no others.
    pub(super) fn only_first_x(&mut self, count: u16) {
        self.x = Registers::first(count);
    }

    /// Only an X register that holds a term is kept.
    pub(super) fn only_x(&mut self, register: u16) {
        self.x = Registers::first(0);
        self.x.insert(register);
    }

    /// The slots that the frame has in any case.
    fn slots(&self) -> &[Slot] {
        match &self.frame {
            Frame::None => &[],
            Frame::Slots(slots) | Frame::Unknown { common: slots, .. } => slots,
        }
    }

    /// What a Y register holds.
    pub(super) fn slot(&self, register: u16) -> Checked<Slot> {
        let slot = self.slots().get(usize::from(register)).copied();
        slot.ok_or(FlowError::NoSuchSlot(register))
    }

    pub(super) fn read_y(&self, register: u16) -> Checked {
        match self.slot(register)? {
            Slot::Term => Ok(()),
            _ => Err(FlowError::EmptyY(register)),
        }
    }

    pub(super) fn write_y(&mut self, register: u16) -> Checked {
        self.set_slot(register, Slot::Term)
    }

    fn set_slot(&mut self, register: u16, value: Slot) -> Checked {
        let slot = match &mut self.frame {
            Frame::None => None,
            Frame::Slots(slots) | Frame::Unknown { common: slots, .. } => {
                slots.get_mut(usize::from(register))
            }
        };
        *slot.ok_or(FlowError::NoSuchSlot(register))? = value;
        self.handlers.retain(|&(slot, _)| slot != register);
        Ok(())
    }

    /// A Y register gets the marker of a `catch` or `try`.
    pub(super) fn mark(&mut self, register: u16, handler: LabelNumber) -> Checked {
        self.set_slot(register, Slot::Marker)?;
        self.handlers.push((register, handler));
        self.handlers.sort_unstable();
        Ok(())
    }

    /// A Y register that holds a marker is cleared.
    pub(super) fn unmark(&mut self, register: u16) -> Checked {
        match self.slot(register)? {
            Slot::Marker => self.write_y(register),
            _ => Err(FlowError::NoHandler(register)),
        }
    }

    fn has_empty_slots(&self) -> bool {
        let unknown = matches!(self.frame, Frame::Unknown { empty: true, .. });
        unknown || self.slots().contains(&Slot::Empty)
    }

    /// The slots that hold nothing.
    pub(super) fn empty_slots(&self) -> Checked<Vec<u16>> {
        if matches!(self.frame, Frame::Unknown { empty: true, .. }) {
            return Err(FlowError::EmptySlots);
        }
        let slots = (0..).zip(self.slots());
        Ok(slots
            .filter_map(|(register, &slot)| (slot == Slot::Empty).then_some(register))
            .collect())
    }

    /// Whether the stack may be looked at.
    pub(super) fn no_empty_slots(&self) -> Checked {
        if self.has_empty_slots() {
            Err(FlowError::EmptySlots)
        } else {
            Ok(())
        }
    }

    fn frame_size(&self) -> FrameSize {
        match &self.frame {
            Frame::None => FrameSize::None,
            Frame::Slots(slots) => FrameSize::Slots(slots.len()),
            Frame::Unknown { .. } => FrameSize::Unknown,
        }
    }

    /// The frame has to be as `expected`.
    pub(super) fn expect_frame(&self, expected: FrameSize) -> Checked {
        let found = self.frame_size();
        match (expected, found) {
            (FrameSize::Some, FrameSize::Slots(_)) => Ok(()),
            _ if expected == found => Ok(()),
            _ => Err(FlowError::Frame { expected, found }),
        }
    }

    pub(super) fn push_frame(&mut self, slots: usize, cleared: bool) -> Checked {
        self.expect_frame(FrameSize::None)?;
        let value = if cleared { Slot::Term } else { Slot::Empty };
        self.frame = Frame::Slots(vec![value; slots]);
        Ok(())
    }

    pub(super) fn pop_frame(&mut self, slots: usize) -> Checked {
        self.expect_frame(FrameSize::Slots(slots))?;
        self.frame = Frame::None;
        self.handlers.clear();
        Ok(())
    }

    /// Drops the first slots of the frame, which leaves `left`.
    pub(super) fn trim(&mut self, dropped: u16, left: u16) -> Checked {
        self.expect_frame(FrameSize::Slots(usize::from(dropped) + usize::from(left)))?;
        if let Frame::Slots(slots) = &mut self.frame {
            slots.drain(..usize::from(dropped));
        }
        self.handlers.retain(|&(slot, _)| slot >= dropped);
        for (slot, _) in &mut self.handlers {
            *slot -= dropped;
        }
        Ok(())
    }
}
