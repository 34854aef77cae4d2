use alloc::vec;

use brood_beam::{Clears, Module, OperandKind, TypeIndex};
use brood_term::heap::Chunks;

use super::*;
use crate::code::CodeServer;

const X: Operand = Operand::X(0, TypeIndex::ANY);

/// Where `bs_init2` is in [`module`].
const CONSTRUCTION: usize = 3;
/// Atoms of [`module`], and the one that names a segment's type, and that names a command.
const ATOMS: [&str; 4] = ["m", "f", "binary", "ensure_exactly"];
const SEGMENT_TYPE: u32 = 2;
const COMMAND: u32 = 3;

/// `f/0`, which begins to construct a binary: `bs_init2 0 1 0 0 0 x0`, then returns.
fn module() -> Module {
    let words =
        |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|word| word.to_be_bytes()).collect() };
    let mut atoms = words(&[ATOMS.len() as u32]);
    for atom in ATOMS {
        atoms.push(atom.len() as u8);
        atoms.extend(atom.bytes());
    }
    let mut code = words(&[16, 0, 191, 3, 1]);
    code.extend([
        1, 0x10, 2, 0x12, 0x22, 0, 1, 0x20, 109, 5, 0x10, 0, 0, 0, 3, 19, 3,
    ]);
    let chunks = [
        (b"AtU8", atoms),
        (b"Code", code),
        (b"StrT", b"string".to_vec()),
        (b"ImpT", words(&[0])),
        (b"ExpT", words(&[0])),
    ];
    let mut form = b"BEAM".to_vec();
    for (name, contents) in chunks {
        form.extend(name);
        form.extend((contents.len() as u32).to_be_bytes());
        form.extend(&contents);
        form.resize(form.len().next_multiple_of(4), 0);
    }
    let mut file = b"FOR1".to_vec();
    file.extend((form.len() as u32).to_be_bytes());
    file.extend(form);
    Module::parse(&file).expect("a module")
}

fn sample(kind: OperandKind) -> Operand {
    use OperandKind as Kind;
    match kind {
        Kind::Label | Kind::Fail | Kind::LabelOrAtom | Kind::Entry => Operand::Label(1),
        Kind::Import | Kind::Lambda | Kind::Line | Kind::StringOffset => Operand::Unsigned(0),
        Kind::LambdaOrAtom | Kind::Atom => Operand::Atom(0),
        Kind::Slot | Kind::ClearedSlot => Operand::Y(0, TypeIndex::ANY),
        Kind::FloatRegister | Kind::FloatOrSource => Operand::FloatRegister(0),
        Kind::Any
        | Kind::Source
        | Kind::Register
        | Kind::Destination
        | Kind::FloatOrDestination => X,
        _ if kind.elements().is_some() => Operand::List(0),
        _ => Operand::Unsigned(1),
    }
}

fn sample_list(kind: OperandKind) -> Vec<Operand> {
    use Operand::{Atom, Integer, Nil, Unsigned};
    match kind {
        OperandKind::Segments => vec![
            Atom(SEGMENT_TYPE),
            Unsigned(1),
            Unsigned(1),
            Nil,
            X,
            Integer(8),
        ],
        OperandKind::Commands => vec![Atom(COMMAND), Unsigned(8)],
        OperandKind::ValueLabels => vec![Integer(1), Operand::Label(1)],
        _ => kind
            .elements()
            .unwrap_or_default()
            .iter()
            .map(|&kind| sample(kind))
            .collect(),
    }
}

#[test]
fn every_operation_that_can_be_read_can_be_translated() {
    let module = module();
    let mut code = CodeServer::new(&mut brood_term::Atoms::default());
    let atoms: Vec<Term> = vec![known::ERLANG; ATOMS.len()];
    let (function, arity) = (known::APPLY, 1);
    let imports = [code.export(Mfa {
        module: known::ERLANG,
        function,
        arity,
    })];
    let lambdas = [code.fun_entry(known::ERLANG, [0; 16], 0, function, 1, 0, 0)];
    let mut area = Chunks::new();
    let clears = Clears::new();
    for &opcode in Opcode::ALL.iter().filter(|opcode| !opcode.is_obsolete()) {
        let kinds = opcode.operands();
        let mut operands: Vec<Operand> = kinds.iter().map(|&kind| sample(kind)).collect();
        let mut list = kinds
            .last()
            .map(|&kind| sample_list(kind))
            .unwrap_or_default();
        // Names of native records and of their fields are constants.
        match opcode {
            Opcode::PutRecord => operands[1] = Operand::Atom(0),
            Opcode::GetRecordField => operands[2] = Operand::Atom(0),
            _ => {}
        }
        if matches!(opcode, Opcode::PutRecord | Opcode::GetRecordElements) {
            list = vec![Operand::Atom(0), X];
        }
        let instruction = Instruction {
            index: CONSTRUCTION + 1,
            opcode,
            operands: &operands,
            list: &list,
            line: 0,
            offset: 0,
        };
        let mut translator = Translator::new(Tables {
            module: &module,
            clears: &clears,
            atoms: &atoms,
            literals: &[],
            integers: &[],
            imports: &imports,
            lambdas: &lambdas,
            records: &[],
            strings: &module.strings,
            area: &mut area,
            code: &mut code,
        });
        let translated = translator.instruction(&instruction);
        assert!(translated.is_ok(), "{}: {translated:?}", opcode.name());
    }
}
