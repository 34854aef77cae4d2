//! Builds the guest program, which the command carries inside itself.
//!
//! With `BROOD_GUEST` set, the program at that path is taken instead. `BROOD_GUEST_DIGEST` is what tells
//! one guest from another.

#[path = "../guest/embed.rs"]
mod embed;

/// The Erlang side, which is embedded too.
const ERLANG: [&str; 2] = ["../../lib/brood/src", "../../lib/brood_release/src"];

/// The guest program that is the machine.
const PROGRAM: &str = "brood-guest";

fn main() {
    for directory in ERLANG {
        println!("cargo:rerun-if-changed={directory}");
    }
    println!("cargo:rerun-if-env-changed=BROOD_GUEST");
    let guest = match std::env::var("BROOD_GUEST") {
        Ok(path) => {
            println!("cargo:rustc-env=BROOD_GUEST={path}");
            path.into()
        }
        Err(_) => embed::embed_guest(PROGRAM)
            .unwrap_or_else(|error| panic!("the guest program does not build:\n{error}")),
    };
    let bytes = std::fs::read(&guest)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", guest.display()));
    println!(
        "cargo:rustc-env=BROOD_GUEST_DIGEST={}",
        blake3::hash(&bytes).to_hex()
    );
}
