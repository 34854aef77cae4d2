//! The functions that OTP's emulator has and this machine has not, and why.
//!
//! Every BIF of OTP 25 and every NIF that is linked into its emulator is either in the table of an area or in [`ABSENT`]: a test
//! compares them with OTP's own lists, which are beside this file.

/// OTP's BIFs, one a line: kind, module, function and arity (`bif erlang:atom_to_list/1`), and perhaps a name in C.
const BIFS: &str = include_str!("otp/bifs_25.txt");

/// OTP's BIFs: module, function, arity.
pub fn otp_bifs() -> impl Iterator<Item = (&'static str, &'static str, u32)> {
    BIFS.lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .filter_map(function)
}

/// Module, function and arity of `module:function/arity`, where the function may be quoted.
fn function(name: &str) -> Option<(&str, &str, u32)> {
    let (module, rest) = name.split_once(':')?;
    let (function, arity) = rest.rsplit_once('/')?;
    Some((module, function.trim_matches('\''), arity.parse().ok()?))
}

/// A function that is not here.
#[derive(Clone, Copy, Debug)]
pub struct Absent {
    /// Its module.
    pub module: &'static str,
    /// Its name and arity, `name/arity`; `*` for all of the module that OTP lists.
    pub function: &'static str,
    /// What a call of it answers.
    pub answer: &'static str,
    /// Why it has no meaning here.
    pub reason: &'static str,
}

const fn absent(
    module: &'static str,
    function: &'static str,
    answer: &'static str,
    reason: &'static str,
) -> Absent {
    Absent {
        module,
        function,
        answer,
        reason,
    }
}

const NO_SOCKETS: &str =
    "there are no sockets and no network interfaces: the module is not part of an image";
const NO_WAY_IN: &str =
    "it walks a table behind its access rights, to say which binaries are held by it";

/// All of them.
pub const ABSENT: &[Absent] = &[
    absent("prim_socket", "*", "error undef", NO_SOCKETS),
    absent("prim_net", "*", "error undef", NO_SOCKETS),
    absent(
        "erts_debug",
        "interpreter_size/0",
        "error undef",
        "how large the interpreter's loop is, the machine can't know of itself",
    ),
    absent(
        "erts_internal",
        "ets_super_user/1",
        "error undef",
        NO_WAY_IN,
    ),
    absent(
        "erts_internal",
        "ets_lookup_binary_info/2",
        "error undef",
        NO_WAY_IN,
    ),
    absent("erts_internal", "ets_raw_first/1", "error undef", NO_WAY_IN),
    absent("erts_internal", "ets_raw_next/2", "error undef", NO_WAY_IN),
];

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;
    use std::collections::HashSet;

    use super::*;
    use crate::bif::AREAS;

    const NIFS: &str = include_str!("otp/nifs_25.txt");

    #[test]
    fn what_otp_has_is_either_here_or_said_to_be_absent() {
        let here: HashSet<String> = AREAS
            .iter()
            .flat_map(|area| area.iter())
            .map(|entry| format!("{}:{}/{}", entry.module, entry.function, entry.arity))
            .collect();
        let otp: Vec<(&str, &str, u32)> = otp_bifs()
            .chain(NIFS.lines().filter_map(function))
            .collect();
        assert!(otp.len() > 600, "OTP's lists are complete");
        let said = |module: &str, name: &str| {
            let matches = |absent: &&Absent| {
                absent.module == module && (absent.function == name || absent.function == "*")
            };
            ABSENT.iter().any(|absent| matches(&absent))
        };
        let mut wrong: Vec<String> = Vec::new();
        let mut names: HashSet<String> = HashSet::new();
        for (module, function, arity) in otp {
            let name = format!("{function}/{arity}");
            let full = format!("{module}:{name}");
            match (here.contains(&full), said(module, &name)) {
                (true, true) => wrong.push(format!("{full} is here and said to be absent")),
                (false, false) => {
                    wrong.push(format!("{full} is neither here nor said to be absent"))
                }
                _ => {}
            }
            names.insert(format!("{module}:*"));
            names.insert(full);
        }
        for absent in ABSENT {
            let full = format!("{}:{}", absent.module, absent.function);
            if !names.contains(&full) {
                wrong.push(format!("{full} is said to be absent, but OTP has none"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
