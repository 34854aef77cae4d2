//! Which operations take the place of others when all code is there: those for certain kinds of operands, then those that
//! do two at once.
//!
//! What replaces an operation has its operands and its length, so that labels, lines and addresses stay as they are.

use super::operation::Operation;

use Kind::{Constant, Small, X, Y};
use Operation as Op;
use Place::{A, B, C, Word};

/// Where an operand is.
#[derive(Clone, Copy)]
enum Place {
    /// In the first word, for any register.
    A,
    /// As `A`.
    B,
    /// As `A`.
    C,
    /// In this word: a source.
    Word(usize),
}

/// What an operand is.
#[derive(Clone, Copy)]
enum Kind {
    X,
    Y,
    Small,
    Constant,
}

type Rule = (Operation, &'static [(Place, Kind)], Operation);

/// Operations, what operands they must have, and what takes their places then. The first that fits counts.
const RULES: &[Rule] = &[
    (Op::GetList, &[(A, X), (B, X), (C, X)], Op::GetListXX),
    (Op::GetList, &[(A, Y), (B, X), (C, X)], Op::GetListYX),
    (Op::GetList, &[(A, X), (B, Y), (C, Y)], Op::GetListXY),
    (Op::GetHead, &[(A, X), (B, X)], Op::GetHeadXX),
    (Op::GetHead, &[(A, Y), (B, X)], Op::GetHeadYX),
    (Op::GetHead, &[(A, X), (B, Y)], Op::GetHeadXY),
    (Op::GetTail, &[(A, X), (B, X)], Op::GetTailXX),
    (Op::GetTail, &[(A, Y), (B, X)], Op::GetTailYX),
    (Op::GetTail, &[(A, X), (B, Y)], Op::GetTailXY),
    (Op::GetElement, &[(A, X), (C, X)], Op::GetElementXX),
    (Op::GetElement, &[(A, Y), (C, X)], Op::GetElementYX),
    (Op::GetElement, &[(A, X), (C, Y)], Op::GetElementXY),
    (
        Op::PutList,
        &[(A, X), (Word(1), X), (Word(2), X)],
        Op::PutListXX,
    ),
    (
        Op::PutList,
        &[(A, X), (Word(1), Y), (Word(2), X)],
        Op::PutListYX,
    ),
    (
        Op::PutList,
        &[(A, X), (Word(1), X), (Word(2), Y)],
        Op::PutListXY,
    ),
    (
        Op::PutList,
        &[(A, X), (Word(1), X), (Word(2), Constant)],
        Op::PutListXC,
    ),
    (
        Op::PutList,
        &[(A, X), (Word(1), Constant), (Word(2), X)],
        Op::PutListCX,
    ),
    (Op::IsInteger, &[(A, X)], Op::IsIntegerX),
    (Op::IsAtom, &[(A, X)], Op::IsAtomX),
    (Op::IsNil, &[(A, X)], Op::IsNilX),
    (Op::IsList, &[(A, X)], Op::IsListX),
    (Op::IsNonemptyList, &[(A, X)], Op::IsNonemptyListX),
    (Op::IsTuple, &[(A, X)], Op::IsTupleX),
    (Op::IsBinary, &[(A, X)], Op::IsBinaryX),
    (Op::IsMap, &[(A, X)], Op::IsMapX),
    (Op::IsFloat, &[(A, X)], Op::IsFloatX),
    (Op::TestArity, &[(A, X)], Op::TestArityX),
    (Op::IsTaggedTuple, &[(A, X)], Op::IsTaggedTupleX),
    (Op::IsImmediate, &[(A, X)], Op::IsImmediateX),
    (Op::IsNotImmediate, &[(A, X)], Op::IsNotImmediateX),
    (Op::IsLess, &[(Word(1), X), (Word(2), X)], Op::IsLessXX),
    (Op::IsLess, &[(Word(1), X), (Word(2), Small)], Op::IsLessXS),
    (Op::IsLess, &[(Word(1), Small), (Word(2), X)], Op::IsLessSX),
    (
        Op::IsGreaterEqual,
        &[(Word(1), X), (Word(2), X)],
        Op::IsGreaterEqualXX,
    ),
    (
        Op::IsGreaterEqual,
        &[(Word(1), X), (Word(2), Small)],
        Op::IsGreaterEqualXS,
    ),
    (
        Op::IsGreaterEqual,
        &[(Word(1), Small), (Word(2), X)],
        Op::IsGreaterEqualSX,
    ),
    (
        Op::IsExactEqual,
        &[(Word(1), X), (Word(2), X)],
        Op::IsExactEqualXX,
    ),
    (
        Op::IsNotExactEqual,
        &[(Word(1), X), (Word(2), X)],
        Op::IsNotExactEqualXX,
    ),
    (Op::Add, &[(A, X), (Word(4), X), (Word(5), X)], Op::AddXX),
    (
        Op::Add,
        &[(A, X), (Word(4), X), (Word(5), Small)],
        Op::AddXS,
    ),
    (Op::Add, &[(A, X), (Word(4), Y), (Word(5), X)], Op::AddYX),
    (
        Op::Add,
        &[(A, X), (Word(4), Y), (Word(5), Small)],
        Op::AddYS,
    ),
    (
        Op::Subtract,
        &[(A, X), (Word(4), X), (Word(5), X)],
        Op::SubtractXX,
    ),
    (
        Op::Subtract,
        &[(A, X), (Word(4), X), (Word(5), Small)],
        Op::SubtractXS,
    ),
    (
        Op::Subtract,
        &[(A, X), (Word(4), Y), (Word(5), Small)],
        Op::SubtractYS,
    ),
    (
        Op::Multiply,
        &[(A, X), (Word(4), X), (Word(5), X)],
        Op::MultiplyXX,
    ),
    (
        Op::Quotient,
        &[(A, X), (Word(4), X), (Word(5), Small)],
        Op::QuotientXS,
    ),
    (
        Op::Remainder,
        &[(A, X), (Word(4), X), (Word(5), X)],
        Op::RemainderXX,
    ),
    (
        Op::Remainder,
        &[(A, X), (Word(4), X), (Word(5), Small)],
        Op::RemainderXS,
    ),
    (
        Op::Band,
        &[(A, X), (Word(4), X), (Word(5), Small)],
        Op::BandXS,
    ),
    (
        Op::Bsl,
        &[(A, X), (Word(4), X), (Word(5), Small)],
        Op::BslXS,
    ),
    (
        Op::Bsr,
        &[(A, X), (Word(4), X), (Word(5), Small)],
        Op::BsrXS,
    ),
];

impl Kind {
    fn fits(self, words: &[u64], place: Place) -> bool {
        let (shift, index) = match place {
            A => (16, 0),
            B => (32, 0),
            C => (48, 0),
            Word(index) => (0, index),
        };
        let Some(word) = words.get(index) else {
            return false;
        };
        let operand = word >> shift;
        match (self, place) {
            (X, Word(_)) => operand & 7 == 0,
            (Y, Word(_)) => operand & 7 == 4,
            (Small, Word(_)) => operand & 15 == 15,
            (Constant, Word(_)) => operand & 3 != 0,
            (X, _) => operand & 1 == 0,
            (Y, _) => operand & 1 == 1,
            (Small | Constant, _) => false,
        }
    }
}

/// Replaces operations, which begin at `starts`.
pub(super) fn specialise(words: &mut [u64], starts: &[usize]) {
    let mut previous: Option<(usize, Operation)> = None;
    for &start in starts {
        // SAFETY: an operation begins there.
        let mut operation = unsafe { Operation::from_number(words[start] as u16) };
        let rule = RULES.iter().find(|(general, operands, _)| {
            *general == operation
                && operands
                    .iter()
                    .all(|&(place, kind)| kind.fits(&words[start..], place))
        });
        if let Some(&(_, _, special)) = rule {
            operation = special;
            renumber(&mut words[start], special);
        }
        let fused = previous.and_then(|(first, number)| {
            Operation::FUSED
                .iter()
                .find(|fused| (fused.0, fused.1) == (number, operation))
                .map(|&(_, _, fused)| (first, fused))
        });
        if let Some((first, both)) = fused {
            renumber(&mut words[first], both);
        }
        previous = Some(fused.unwrap_or((start, operation)));
    }
}

fn renumber(word: &mut u64, operation: Operation) {
    *word = (*word & !0xffff) | operation as u64;
}
