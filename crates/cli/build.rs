//! Builds the guest program, which the command carries inside itself.
//!
//! With `BROOD_GUEST` set, the program at that path is taken instead.

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
    match std::env::var("BROOD_GUEST") {
        Ok(path) => println!("cargo:rustc-env=BROOD_GUEST={path}"),
        Err(_) => embed::embed_guest(PROGRAM)
            .unwrap_or_else(|error| panic!("the guest program does not build:\n{error}")),
    }
}
