//! Starts a machine from the package that `PACKAGE` in the environment names, with `ARGUMENTS`, and prints
//! what it prints; also to the file `OUTPUT`. The file `ARGUMENT` has the argument of a clone, such as `{boot, …}`. With `STRESS` it collects wherever it may.

mod support;

use std::cell::RefCell;
use std::rc::Rc;

use brood_machine::{Config, Machine};
use support::poison::Poison;
use support::{Over, TestPlatform};

#[global_allocator]
static ALLOCATOR: Poison = Poison;

#[test]
fn a_package_starts() {
    let Ok(path) = std::env::var("PACKAGE") else {
        println!("no PACKAGE to start");
        return;
    };
    let package = std::fs::read(path).expect("a readable package");
    let output = Rc::new(RefCell::new(Vec::new()));
    let config = Config {
        stress: std::env::var_os("STRESS").is_some(),
        ..Config::default()
    };
    let mut machine = Machine::new(config, Box::new(TestPlatform::new(&output)));
    machine.boot(&package).expect("a package that boots");
    let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| machine.run()));
    println!("{}", String::from_utf8_lossy(&output.borrow()));
    if let Ok(path) = std::env::var("OUTPUT") {
        std::fs::write(path, &*output.borrow()).expect("a writable file");
    }
    for mfa in machine.code.missing_bifs() {
        let text = |atom| machine.atoms.text(atom);
        println!(
            "missing: {}:{}/{}",
            text(mfa.module),
            text(mfa.function),
            mfa.arity
        );
    }
    match end {
        Err(payload) if payload.is::<Over>() => panic!("every process waits for ever"),
        Err(payload) => std::panic::resume_unwind(payload),
        Ok(halt) => println!("{halt:?}"),
    }
}
