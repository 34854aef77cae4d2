use super::*;
use crate::Module;
use crate::testing::*;
use alloc::vec::Vec;
use std::string::ToString;

const MOVE: u8 = 64;
const CALL_ONLY: u8 = 6;
const JUMP: u8 = 61;

fn parse(chunks: &[RawChunk]) -> Result<Module, Error> {
    Module::parse(&container(chunks))
}

/// What is wrong with a body, and the index of the instruction in it.
fn problem(body: &[u8]) -> (usize, CodeError) {
    match parse(&sample(body)) {
        Err(Error::Code {
            instruction,
            problem,
            ..
        }) => (instruction - 3, problem),
        Err(other) => panic!("{other}"),
        Ok(module) => panic!("accepted: {module}"),
    }
}

fn operand(position: usize, expected: OperandKind, found: Operand) -> CodeError {
    CodeError::Operand {
        position,
        expected,
        found,
    }
}

fn index(table: &'static str, index: u64, count: usize) -> CodeError {
    CodeError::Index {
        table,
        index,
        count,
    }
}

#[test]
fn a_small_module() {
    let body = [153, u(1), LABEL, u(5), 9, u(0), x(1), CALL_ONLY, u(1), f(4)];
    let module = parse(&sample(&body)).unwrap();
    assert_eq!(module.name(), "sample");
    assert_eq!(module.code.len(), 12);
    let [run, help] = &module.code.functions[..] else {
        panic!()
    };
    assert_eq!(
        (run.name, run.arity, run.info_label, run.entry_label),
        (1, 1, 1, 2)
    );
    assert_eq!(
        (run.instructions.clone(), help.instructions.clone()),
        (0..7, 7..11)
    );
    assert_eq!(module.code.function_at(4), Some(help));
    assert_eq!(module.code.function_at(5), None);
    assert_eq!(module.code.label_position(5), Some(4));
    assert_eq!(module.code.label_position(6), None);
    let lines: Vec<_> = module
        .code
        .instructions()
        .map(|instruction| instruction.line)
        .collect();
    assert_eq!(lines, [0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
    let text = module.to_string();
    for line in [
        "  label 5\n",
        "    bif0 erlang:self/0 x1\n",
        "    line sample.erl:7\n",
        "    call_only 1 f4\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn operands_of_the_wrong_kind() {
    let found = Operand::Unsigned(1);
    assert_eq!(
        problem(&[MOVE, u(1), x(0)]),
        (0, operand(0, OperandKind::Source, found))
    );
    let found = Operand::Integer(1);
    assert_eq!(
        problem(&[RETURN, MOVE, i(1), i(1)]),
        (1, operand(1, OperandKind::Destination, found))
    );
    assert_eq!(
        problem(&[JUMP, f(0)]),
        (0, operand(0, OperandKind::Label, Operand::Label(0)))
    );
    let found = Operand::Atom(3);
    assert_eq!(
        problem(&[170, a(4), u(1), x(0), x(1)]),
        (0, operand(0, OperandKind::LabelOrAtom, found))
    );
    // put_tuple2 with a list in front, with one in a list, with a label in it.
    assert_eq!(problem(&[164, LIST, u(0), x(0)]), (0, CodeError::ListPlace));
    assert_eq!(
        problem(&[164, x(0), LIST, u(1), LIST, u(0)]),
        (0, CodeError::ListPlace)
    );
    let found = Operand::Label(2);
    assert_eq!(
        problem(&[164, x(0), LIST, u(1), f(2)]),
        (0, operand(2, OperandKind::Source, found))
    );
    let odd = CodeError::ListLength {
        length: 1,
        group: 2,
    };
    assert_eq!(problem(&[59, x(0), f(2), LIST, u(1), a(1)]), (0, odd));
}

#[test]
fn indices_out_of_range() {
    assert_eq!(problem(&[MOVE, a(6), x(0)]), (0, index("atom", 5, 5)));
    assert_eq!(
        problem(&[MOVE, 0x47, u(1), x(0)]),
        (0, index("literal", 1, 1))
    );
    assert_eq!(problem(&[9, u(1), x(0)]), (0, index("import", 1, 1)));
    assert_eq!(
        problem(&[171, u(1), x(0), LIST, u(0)]),
        (0, index("lambda", 1, 1))
    );
    assert_eq!(problem(&[153, u(2)]), (0, index("line", 2, 2)));
    assert_eq!(problem(&[JUMP, f(10)]), (0, index("label", 10, 10)));
    assert_eq!(problem(&[LABEL, u(10)]), (0, index("label", 10, 10)));
    // 9 bits from byte 5 of 6.
    assert_eq!(
        problem(&[132, f(1), x(0), u(9), u(5)]),
        (0, index("string byte", 7, 6))
    );
}

#[test]
fn strings_in_binaries() {
    let segment = |value, size| {
        let mut chunks = sample(&[
            177,
            f(0),
            u(0),
            u(1),
            u(8),
            x(0),
            LIST,
            u(6),
            a(6),
            u(1),
            u(8),
            a(0),
            value,
            size,
        ]);
        let atoms = chunk(&mut chunks, b"AtU8");
        atoms[3] += 1;
        atoms.extend(b"\x06string");
        parse(&chunks).map(|_| ())
    };
    assert_eq!(segment(u(2), i(4)), Ok(()));
    let error = |problem| {
        Err(Error::Code {
            offset: 28,
            instruction: 3,
            opcode: Some(Opcode::BsCreateBin),
            problem,
        })
    };
    assert_eq!(segment(u(3), i(4)), error(index("string byte", 7, 6)));
    assert_eq!(
        segment(x(0), i(4)),
        error(operand(
            10,
            OperandKind::Segments,
            Operand::X(0, Default::default())
        ))
    );
}

#[test]
fn arities_have_to_agree() {
    let arity = |expected, found| CodeError::Arity { expected, found };
    assert_eq!(problem(&[CALL_ONLY, u(2), f(4)]), (0, arity(2, 1)));
    assert_eq!(problem(&[78, u(3), u(0)]), (0, arity(3, 0)));
    assert_eq!(problem(&[10, f(0), u(0), x(0), x(0)]), (0, arity(1, 0)));
    assert_eq!(problem(&[171, u(0), x(0), LIST, u(0)]), (0, arity(1, 0)));
}

#[test]
fn labels_lead_where_they_may() {
    assert_eq!(problem(&[LABEL, u(2)]), (0, CodeError::LabelTwice(2)));
    assert_eq!(problem(&[JUMP, f(5)]), (0, CodeError::UndefinedLabel(5)));
    assert_eq!(problem(&[JUMP, f(4)]), (0, CodeError::ForeignLabel(4)));
    assert_eq!(
        problem(&[CALL_ONLY, u(1), f(3)]),
        (0, CodeError::NotAnEntry(3))
    );
    assert_eq!(
        problem(&[59, x(0), f(1), LIST, u(2), a(1), f(3)]),
        (0, CodeError::ForeignLabel(3))
    );
}

#[test]
fn functions_have_their_shape() {
    let code_problem = |labels, functions, instructions: &[u8]| {
        let mut chunks = sample(&[]);
        *chunk(&mut chunks, b"Code") = code(labels, functions, instructions);
        parse(&chunks).unwrap_err()
    };
    let at = |instruction, offset, opcode, problem| Error::Code {
        offset,
        instruction,
        opcode,
        problem,
    };
    assert_eq!(
        code_problem(10, 0, &[RETURN, END]),
        at(0, 20, Some(Opcode::Return), CodeError::OutsideFunction)
    );
    let info = [FUNC_INFO, a(1), a(2), u(1)];
    assert_eq!(
        code_problem(10, 1, &[&info[..], &[LABEL, u(1), END]].concat()),
        at(0, 20, Some(Opcode::FuncInfo), CodeError::FunctionShape)
    );
    assert_eq!(
        code_problem(10, 1, &[&[LABEL, u(1)], &info[..], &[END]].concat()),
        at(1, 22, Some(Opcode::FuncInfo), CodeError::FunctionShape)
    );
    assert_eq!(
        code_problem(
            10,
            1,
            &[&[LABEL, u(1)], &info[..], &[LABEL, u(2), END, 0]].concat()
        ),
        at(3, 28, Some(Opcode::IntCodeEnd), CodeError::AfterEnd(1))
    );
    assert_eq!(
        code_problem(10, 1, &[255]),
        at(0, 20, None, CodeError::UnknownOpcode(255))
    );
    assert_eq!(
        code_problem(10, 1, &[27, u(1), u(1), u(1), u(1)]),
        at(0, 20, Some(Opcode::MPlus), CodeError::Obsolete)
    );
    let count = TableError::FunctionCount { said: 2, found: 0 };
    assert_eq!(
        code_problem(10, 2, &[END]),
        Error::table(ChunkId::CODE, 16, count)
    );
    let labels = TableError::LabelCount(1 << 30);
    assert_eq!(
        code_problem(1 << 30, 0, &[END]),
        Error::table(ChunkId::CODE, 12, labels)
    );
}

#[test]
fn tables_point_to_their_functions() {
    let with = |id: &[u8; 4], contents: &[u32]| {
        let mut chunks = sample(&[]);
        *chunk(&mut chunks, id) = words(contents);
        parse(&chunks).map(|module| module.exports.len())
    };
    let wrong = |chunk, offset, label| {
        Err(Error::table(
            chunk,
            offset,
            TableError::NotThatFunction(label),
        ))
    };
    assert_eq!(with(b"ExpT", &[2, 2, 1, 2, 5, 1, 4]), Ok(2));
    assert_eq!(
        with(b"ExpT", &[2, 2, 1, 2, 5, 1, 2]),
        wrong(ChunkId::EXPORTS, 16, 2)
    );
    assert_eq!(with(b"ExpT", &[1, 2, 2, 2]), wrong(ChunkId::EXPORTS, 4, 2));
    assert_eq!(with(b"ExpT", &[1, 2, 1, 1]), wrong(ChunkId::EXPORTS, 4, 1));
    assert_eq!(
        with(b"LocT", &[1, 5, 1, u32::MAX]),
        wrong(ChunkId::LOCALS, 4, u32::MAX)
    );
    assert_eq!(
        with(b"FunT", &[1, 5, 1, 0, 0, 0, 0]),
        wrong(ChunkId::LAMBDAS, 4, 0)
    );
}

#[test]
fn chunks_that_may_be_missing() {
    for id in [*b"StrT", *b"LocT", *b"FunT", *b"LitT", *b"Line"] {
        let mut chunks = sample(&[153, u(15)]);
        if id != *b"Line" {
            chunks = sample(&[]);
        }
        chunks.retain(|(name, _)| *name != id);
        let module = parse(&chunks).unwrap();
        assert!(
            id != *b"Line"
                || module
                    .code
                    .instructions()
                    .all(|instruction| instruction.line == 0)
        );
    }
    for id in [*b"AtU8", *b"Code", *b"ImpT", *b"ExpT"] {
        let mut chunks = sample(&[]);
        chunks.retain(|(name, _)| *name != id);
        assert_eq!(
            parse(&chunks).unwrap_err(),
            Error::MissingChunk(ChunkId(id))
        );
    }
}
