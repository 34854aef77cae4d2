//! Reads the modules of the installed OTP, and compares with what it says about them.
//!
//! `BEAM_DIRS` may name more directories, colon-separated: other releases' installations, say.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use brood_beam::{Module, Opcode, Operand};

/// Evaluates Erlang expressions and gives what they print; `None`, with a reason printed, without `erl`.
fn erl(expressions: &str) -> Option<String> {
    let output = Command::new("erl")
        .args(["-noinput", "-eval", expressions, "-s", "erlang", "halt"])
        .output();
    match output {
        Ok(output) if output.status.success() => Some(String::from_utf8(output.stdout).unwrap()),
        Ok(output) => panic!("erl: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            println!("skipped: erl can't be run: {error}");
            None
        }
    }
}

fn beam_files(directory: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            beam_files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "beam")
        {
            found.push(path);
        }
    }
}

#[test]
fn reads_every_module() {
    let Some(root) = erl("io:put_chars(code:root_dir())") else {
        return;
    };
    let more = std::env::var_os("BEAM_DIRS").unwrap_or_default();
    // Splitting nothing gives one empty path.
    let more = std::env::split_paths(&more).filter(|directory| !directory.as_os_str().is_empty());
    let directories = std::iter::once(PathBuf::from(root)).chain(more);
    for directory in directories {
        let mut files = Vec::new();
        beam_files(&directory, &mut files);
        assert!(!files.is_empty(), "no modules in {}", directory.display());
        let mut failures = Vec::new();
        let mut instructions = 0;
        for path in &files {
            let file = fs::read(path).unwrap();
            match Module::parse(&file) {
                Ok(module) => {
                    instructions += module.code.len();
                    assert_eq!(module.name(), path.file_stem().unwrap().to_str().unwrap());
                    assert!(module.to_string().len() > module.code.len());
                    if let Err(error) = module.verify() {
                        failures.push(format!("{}: {error}", path.display()));
                    }
                }
                Err(error) => failures.push(format!("{}: {error}", path.display())),
            }
        }
        println!(
            "{}: {} modules, {instructions} instructions",
            directory.display(),
            files.len()
        );
        assert!(
            failures.is_empty(),
            "{} failures:\n{}",
            failures.len(),
            failures.join("\n")
        );
    }
}

/// What reading and verifying take, for the modules that a boot script of OTP's loads:
/// `cargo test --release -p brood-beam verifying -- --ignored --nocapture`.
#[test]
#[ignore = "it measures"]
fn verifying_takes_a_part_of_reading() {
    const LOADED: &str = r#"
        {ok, Script} = file:read_file(code:root_dir() ++ "/bin/start.boot"),
        {script, _, Steps} = binary_to_term(Script),
        [io:format("~ts~n", [code:which(M)]) || {primLoad, Ms} <- Steps, M <- Ms, is_list(code:which(M))]
    "#;
    let Some(paths) = erl(LOADED) else { return };
    let files: Vec<_> = paths.lines().map(|path| fs::read(path).unwrap()).collect();
    let least = |work: &dyn Fn()| {
        let once = || {
            let start = Instant::now();
            work();
            start.elapsed()
        };
        (0..9).map(|_| once()).min().unwrap()
    };
    let modules = || files.iter().map(|file| Module::parse(file).unwrap());
    let parsed: Vec<Module> = modules().collect();
    let reading = least(&|| drop(modules().collect::<Vec<_>>()));
    let verifying = least(&|| assert!(parsed.iter().all(|module| module.verify().is_ok())));
    println!(
        "{} modules: reading {reading:?}, verifying {verifying:?}",
        files.len()
    );
}

/// The digests of all modules on the code path, one `hex path` on each line.
const DIGESTS: &str = r#"
    [case beam_lib:md5(File) of
         {ok, {_, <<Digest:128>>}} -> io:format("~32.16.0b ~ts~n", [Digest, File]);
         _ -> ok
     end || Dir <- code:get_path(), File <- filelib:wildcard(Dir ++ "/*.beam")]
"#;

#[test]
fn digests_are_those_of_beam_lib() {
    let Some(digests) = erl(DIGESTS) else { return };
    let mut compared = 0;
    for line in digests.lines() {
        let (digest, path) = line.split_once(' ').unwrap();
        let module = Module::parse(&fs::read(path).unwrap()).unwrap();
        let ours: String = module
            .md5
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(ours, digest, "{path}");
        compared += 1;
    }
    assert!(compared > 50, "only {compared} digests");
}

/// What the disassembler of the compiler application finds in `lists`: exports, then function by function the number
/// of instructions and the tuple sizes that it tests for.
const DISASSEMBLY: &str = r#"
    {beam_file, _, Exports, _, _, Functions} = beam_disasm:file(code:which(lists)),
    [io:format("export ~ts ~w ~w~n", [F, A, L]) || {F, A, L} <- lists:sort(Exports)],
    [io:format("function ~ts ~w ~w ~w ~w~n",
               [F, A, L, length(Is), [Size || {test, test_arity, _, [_, Size]} <- Is]])
     || {function, F, A, L, Is} <- Functions]
"#;

#[test]
fn agrees_with_the_disassembler_of_otp() {
    let Some(theirs) = erl(DISASSEMBLY) else {
        return;
    };
    let Some(path) = erl("io:put_chars(code:which(lists))") else {
        return;
    };
    let module = Module::parse(&fs::read(path).unwrap()).unwrap();

    let mut exports: Vec<_> = module.exports.iter().collect();
    exports.sort_by_key(|export| (module.atom(export.function).unwrap(), export.arity));
    let mut ours = String::new();
    for export in exports {
        let name = module.atom(export.function).unwrap();
        ours += &format!("export {name} {} {}\n", export.arity, export.label);
    }
    for function in &module.code.functions {
        let sizes: Vec<u64> = module
            .code
            .instructions_of(function)
            .filter(|instruction| instruction.opcode == Opcode::TestArity)
            .filter_map(|instruction| match instruction.operands[2] {
                Operand::Unsigned(size) => Some(size),
                _ => None,
            })
            .collect();
        let name = module.atom(function.name).unwrap();
        let sizes = format!("{sizes:?}").replace(' ', "");
        let length = function.instructions.len();
        ours += &format!(
            "function {name} {} {} {length} {sizes}\n",
            function.arity, function.entry_label
        );
    }
    for (ours, theirs) in ours.lines().zip(theirs.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.lines().count(), theirs.lines().count());
}
