//! Compiles the cell, the small program that instances of the `process` backend run in. It has no
//! dependencies, so this asks the compiler directly.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    for source in ["build.rs", "cell/main.rs", "src/process/plan.rs"] {
        println!("cargo:rerun-if-changed={source}");
    }
    let variable = |name: &str| env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}"));
    let output = PathBuf::from(variable("OUT_DIR")).join("cell");
    let status = Command::new(variable("RUSTC"))
        .current_dir(variable("CARGO_MANIFEST_DIR"))
        .args([
            "cell/main.rs",
            "--crate-name=cell",
            "--crate-type=bin",
            "--edition=2024",
        ])
        .args([
            "--target=x86_64-unknown-linux-gnu",
            "-Copt-level=s",
            "-Cpanic=abort",
        ])
        .args([
            "-Crelocation-model=static",
            "-Cstrip=symbols",
            "-Clink-arg=-nostartfiles",
        ])
        .args(["-Clink-arg=-nostdlib", "-Clink-arg=-static"])
        // Below guest memory, which begins at 0x10000000.
        .args([
            "-Clink-arg=-Wl,--build-id=none",
            "-Clink-arg=-Wl,--image-base=0x1000000",
        ])
        .arg("-o")
        .arg(&output)
        .status()
        .unwrap_or_else(|error| panic!("the compiler cannot be run: {error}"));
    assert!(status.success(), "the cell does not compile");
    println!("cargo:rustc-env=BROOD_CELL={}", output.display());
}
