// Builds a guest program, for those who carry it inside themselves (the CLI) or run it (tests).
//
// Not part of the crate: build scripts and tests bring it in with `#[path = ".../guest/embed.rs"]
// mod embed;`. It runs cargo once more, with the flags that make a static program at the addresses
// of the contract, in a target directory of its own so that the two runs don't wait for each other;
// one for all profiles of a checkout, so that each guest program is compiled once.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the program is linked: `brood_abi::layout::PROGRAM_BASE`.
const IMAGE_BASE: &str = "0x10200000";

/// Flags of the compiler. Frame pointers are for backtraces in crash reports.
const FLAGS: [&str; 9] = [
    "-Cpanic=abort",
    "-Crelocation-model=static",
    "-Cforce-frame-pointers=yes",
    "-Ctarget-cpu=x86-64",
    "-Clink-arg=-nostartfiles",
    "-Clink-arg=-nostdlib",
    "-Clink-arg=-static",
    "-Clink-arg=-Wl,--build-id=none,-z,norelro,-z,separate-code",
    "-Clink-arg=-Wl,-z,max-page-size=4096",
];

/// The crates that a guest program is made of: it is built again when one of them changes.
const CRATES: [&str; 6] = ["abi", "pcre", "term", "beam", "machine", "guest"];

/// For build scripts: builds the guest program `name` and gives its path to the crate as the
/// environment variable `BROOD_GUEST`, for `include_bytes!(env!("BROOD_GUEST"))`. Returns the path.
pub fn embed_guest(name: &str) -> Result<PathBuf, String> {
    let variable =
        |name: &str| std::env::var_os(name).ok_or_else(|| format!("no {name}: not a build script"));
    let workspace = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../..");
    for directory in CRATES.map(|name| workspace.join("crates").join(name)) {
        println!("cargo:rerun-if-changed={}", directory.join("src").display());
        println!(
            "cargo:rerun-if-changed={}",
            directory.join("Cargo.toml").display()
        );
    }
    for file in ["Cargo.toml", "Cargo.lock", "crates/guest/embed.rs"] {
        println!("cargo:rerun-if-changed={}", workspace.join(file).display());
    }
    // TARGET/PROFILE/build/PACKAGE-HASH/out
    let output = PathBuf::from(variable("OUT_DIR")?);
    let target = output.ancestors().nth(4).unwrap_or(&output).join("guest");
    let path = build_guest(&workspace, &target, name)?;
    println!("cargo:rustc-env=BROOD_GUEST={}", path.display());
    Ok(path)
}

/// Builds the guest program `name` of the workspace at `workspace`, below `target_dir`. Returns the
/// program's path, or what cargo said.
pub fn build_guest(workspace: &Path, target_dir: &Path, name: &str) -> Result<PathBuf, String> {
    let mut flags = FLAGS.map(str::to_owned).to_vec();
    flags.push(format!("-Clink-arg=-Wl,--image-base={IMAGE_BASE}"));
    // The test guest must build whatever state the machine is in.
    let features = if name == "test-guest" {
        "bare"
    } else {
        "machine"
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(workspace)
        .args([
            "build",
            "--release",
            "--package",
            "brood-guest",
            "--bin",
            name,
        ])
        .args(["--features", features])
        .arg("--target-dir")
        .arg(target_dir)
        // Flags with a target given apply to the program only, not to build scripts.
        .args(["--target", "x86_64-unknown-linux-gnu"])
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env("CARGO_PROFILE_RELEASE_PANIC", "abort");
    // What the outer cargo tells build scripts and tests is not for the inner one.
    for (key, _) in std::env::vars_os() {
        let is_outer = key.to_str().is_some_and(|key| {
            key.starts_with("CARGO_FEATURE_")
                || key.starts_with("CARGO_CFG_")
                || key.starts_with("DEP_")
        });
        if is_outer {
            command.env_remove(key);
        }
    }
    let output = command
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(target_dir
        .join("x86_64-unknown-linux-gnu/release")
        .join(name))
}
