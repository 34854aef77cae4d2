use super::*;
use crate::error::CodeError;
use crate::operand::TypeIndex;
use crate::testing::*;

const ALLOCATE: u8 = 12;
const DEALLOCATE: u8 = 18;
const TEST_HEAP: u8 = 16;
const MOVE: u8 = 64;
const CALL: u8 = 4;
const CALL_LAST: u8 = 5;
const CALL_ONLY: u8 = 6;
const BIF0: u8 = 9;
const IS_ATOM: u8 = 48;
const JUMP: u8 = 61;
const TRY: u8 = 104;
const TRY_END: u8 = 105;
const TRY_CASE: u8 = 106;
const IF_END: u8 = 73;
const TRIM: u8 = 136;
const LOOP_REC: u8 = 23;
const WAIT: u8 = 25;

/// What the verifier says of a body of `run/1`; the index of the instruction counts from its first.
fn verify(body: &[u8]) -> Result<Clears, (usize, FlowError)> {
    let module = Module::parse(&container(&sample(body))).unwrap();
    module.verify().map_err(|error| match error {
        Error::Code {
            instruction,
            problem: CodeError::Flow(problem),
            ..
        } => (instruction - 3, problem),
        other => panic!("{other}"),
    })
}

fn fails(body: &[u8], instruction: usize, problem: FlowError) {
    assert_eq!(verify(body), Err((instruction, problem)));
}

#[test]
fn registers_hold_something_when_they_are_read() {
    assert_eq!(
        verify(&[MOVE, x(0), x(1), MOVE, x(1), x(0), RETURN]),
        Ok(Clears::new())
    );
    fails(&[MOVE, x(1), x(0), RETURN], 0, FlowError::EmptyX(1));
    fails(&[MOVE, y(0), x(0), RETURN], 0, FlowError::NoSuchSlot(0));
    fails(&[TEST_HEAP, u(1), u(2), RETURN], 0, FlowError::EmptyX(1));
    fails(&[TEST_HEAP, u(1), u(0), RETURN], 1, FlowError::EmptyX(0));
    let frame = [
        ALLOCATE,
        u(1),
        u(1),
        MOVE,
        y(0),
        x(0),
        DEALLOCATE,
        u(1),
        RETURN,
    ];
    fails(&frame, 1, FlowError::EmptyY(0));
    // Only one way here fills x1.
    let ways = [
        IS_ATOM,
        f(5),
        x(0),
        MOVE,
        i(1),
        x(1),
        LABEL,
        u(5),
        MOVE,
        x(1),
        x(0),
        RETURN,
    ];
    fails(&ways, 3, FlowError::EmptyX(1));
}

#[test]
fn frames_are_what_they_are_taken_for() {
    let found = FrameSize::None;
    fails(
        &[CALL, u(1), f(4), RETURN],
        0,
        FlowError::Frame {
            expected: FrameSize::Some,
            found,
        },
    );
    fails(
        &[DEALLOCATE, u(1), RETURN],
        0,
        FlowError::Frame {
            expected: FrameSize::Slots(1),
            found,
        },
    );
    let found = FrameSize::Slots(2);
    let expected = FrameSize::Slots(1);
    fails(
        &[ALLOCATE, u(2), u(1), CALL_LAST, u(1), f(4), u(1)],
        1,
        FlowError::Frame { expected, found },
    );
    let expected = FrameSize::None;
    fails(
        &[ALLOCATE, u(2), u(1), CALL_ONLY, u(1), f(4)],
        1,
        FlowError::Frame { expected, found },
    );
    fails(
        &[ALLOCATE, u(2), u(1), RETURN],
        1,
        FlowError::Frame { expected, found },
    );
    fails(
        &[ALLOCATE, u(2), u(1), CALL, u(1), f(4)],
        1,
        FlowError::EmptySlots,
    );
    let expected = FrameSize::Slots(3);
    fails(
        &[ALLOCATE, u(2), u(1), TRIM, u(1), u(2)],
        1,
        FlowError::Frame { expected, found },
    );
}

#[test]
fn functions_end_and_go_back_only_to_receive() {
    fails(&[MOVE, i(1), x(0)], 0, FlowError::RunsOn);
    fails(&[LABEL, u(5), JUMP, f(5)], 1, FlowError::JumpBack(5));
    let round = [
        JUMP,
        f(6),
        LABEL,
        u(5),
        JUMP,
        f(7),
        LABEL,
        u(6),
        JUMP,
        f(5),
        LABEL,
        u(7),
        RETURN,
    ];
    assert_eq!(verify(&round), Ok(Clears::new()));
    let circle = [JUMP, f(6), LABEL, u(5), JUMP, f(6), LABEL, u(6), JUMP, f(5)];
    fails(&circle, 4, FlowError::JumpBack(5));
    let receive = [
        LABEL,
        u(5),
        LOOP_REC,
        f(6),
        x(0),
        RETURN,
        LABEL,
        u(6),
        WAIT,
        f(5),
    ];
    assert_eq!(verify(&receive), Ok(Clears::new()));
}

#[test]
fn exceptions_arrive_at_handlers_alone() {
    let body = |handler: &[u8]| {
        let start = [
            ALLOCATE,
            u(1),
            u(1),
            TRY,
            y(0),
            f(5),
            CALL,
            u(1),
            f(4),
            TRY_END,
            y(0),
        ];
        let end = [DEALLOCATE, u(1), RETURN, LABEL, u(5)];
        verify(&[&start[..], &end, handler].concat())
    };
    assert_eq!(
        body(&[TRY_CASE, y(0), DEALLOCATE, u(1), RETURN]),
        Ok(Clears::new())
    );
    assert_eq!(
        body(&[MOVE, x(0), x(1), IF_END]),
        Err((7, FlowError::Handler))
    );
    let marker = [
        ALLOCATE,
        u(1),
        u(1),
        TRY,
        y(0),
        f(5),
        MOVE,
        y(0),
        x(0),
        LABEL,
        u(5),
        IF_END,
    ];
    fails(&marker, 2, FlowError::EmptyY(0));
    let nothing = [
        ALLOCATE,
        u(1),
        u(1),
        MOVE,
        x(0),
        y(0),
        TRY_CASE,
        y(0),
        IF_END,
    ];
    fails(&nothing, 2, FlowError::NoException);
}

#[test]
fn slots_that_an_exception_would_look_at_are_to_be_cleared() {
    let clears = |body: &[u8]| verify(body).unwrap();
    let slot = |number| Operand::Y(number, TypeIndex::ANY);
    let body = [ALLOCATE, u(2), u(1), MOVE, x(0), y(0), IF_END];
    assert_eq!(clears(&body), Clears::from([(5, vec![slot(1)])]));
    // `self/0` raises nothing.
    let body = [ALLOCATE, u(1), u(1), BIF0, u(0), y(0), IF_END];
    assert_eq!(clears(&body), Clears::new());
}
