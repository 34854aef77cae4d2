//! The functions that OTP's emulator has and this machine has not, and why.
//!
//! Every BIF of OTP 25, 27 and 29 and every NIF that is linked into their emulators is either in the table of an area or in
//! [`ABSENT`]: a test compares them with OTP's own lists, which are beside this file.

/// OTP 25's BIFs, one a line: kind, module, function and arity (`bif erlang:atom_to_list/1`), and perhaps a name in C.
const BIFS: &str = include_str!("otp/bifs_25.txt");

/// OTP 25's BIFs: module, function, arity.
pub fn otp_bifs() -> impl Iterator<Item = (&'static str, &'static str, u32)> {
    bifs(BIFS)
}

fn bifs(list: &'static str) -> impl Iterator<Item = (&'static str, &'static str, u32)> {
    list.lines()
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

const NO_COVERAGE: &str =
    "code is never made so that it counts what of it runs, as code:coverage_support/0 tells";
const NO_DEBUGGER: &str =
    "code has no places where a debugger could stop it, as erl_debugger:supported/0 tells";
const NO_SESSIONS: &str = "a process has one tracer: there is the session without a name alone";
const NO_PRIORITY: &str = "signals of priority would need a second order of signals";
const NO_ZSTD: &str = "there is no Zstandard here";
const NO_TERMINAL: &str =
    "OTP 29 asks the terminal otherwise than the releases before it, whose functions are here";

/// All of them.
pub const ABSENT: &[Absent] = &[
    absent("prim_socket", "*", "error undef", NO_SOCKETS),
    absent("prim_net", "*", "error undef", NO_SOCKETS),
    absent("code", "get_coverage/2", "error undef", NO_COVERAGE),
    absent("code", "get_coverage_mode/1", "error undef", NO_COVERAGE),
    absent("code", "reset_coverage/1", "error undef", NO_COVERAGE),
    absent("code", "set_coverage_mode/1", "error undef", NO_COVERAGE),
    absent("code", "get_debug_info/1", "error undef", NO_DEBUGGER),
    absent("erl_debugger", "breakpoint/3", "error undef", NO_DEBUGGER),
    absent("erl_debugger", "breakpoints/1", "error undef", NO_DEBUGGER),
    absent("erl_debugger", "breakpoints/3", "error undef", NO_DEBUGGER),
    absent(
        "erl_debugger",
        "instrumentations/0",
        "error undef",
        NO_DEBUGGER,
    ),
    absent(
        "erl_debugger",
        "peek_stack_frame_slot/4",
        "error undef",
        NO_DEBUGGER,
    ),
    absent("erl_debugger", "peek_xreg/3", "error undef", NO_DEBUGGER),
    absent("erl_debugger", "register/1", "error undef", NO_DEBUGGER),
    absent("erl_debugger", "stack_frames/2", "error undef", NO_DEBUGGER),
    absent(
        "erl_debugger",
        "toggle_instrumentations/1",
        "error undef",
        NO_DEBUGGER,
    ),
    absent("erl_debugger", "unregister/2", "error undef", NO_DEBUGGER),
    absent("erl_debugger", "whereis/0", "error undef", NO_DEBUGGER),
    absent("erl_debugger", "xregs_count/1", "error undef", NO_DEBUGGER),
    absent(
        "erts_internal",
        "notify_breakpoint_hit/3",
        "error undef",
        NO_DEBUGGER,
    ),
    absent("erts_internal", "trace/4", "error undef", NO_SESSIONS),
    absent("erts_internal", "trace_info/3", "error undef", NO_SESSIONS),
    absent(
        "erts_internal",
        "trace_pattern/4",
        "error undef",
        NO_SESSIONS,
    ),
    absent(
        "erts_internal",
        "trace_session_create/3",
        "error undef",
        NO_SESSIONS,
    ),
    absent(
        "erts_internal",
        "trace_session_destroy/1",
        "error undef",
        NO_SESSIONS,
    ),
    absent(
        "erts_trace_cleaner",
        "send_trace_clean_signal/1",
        "error undef",
        NO_SESSIONS,
    ),
    absent("erlang", "exit/3", "error undef", NO_PRIORITY),
    absent("erlang", "exit_signal/3", "error undef", NO_PRIORITY),
    absent("erlang", "link/2", "error undef", NO_PRIORITY),
    absent("prim_tty", "read_nif/3", "error undef", NO_TERMINAL),
    absent("prim_tty", "setupterm_nif/0", "error undef", NO_TERMINAL),
    absent("prim_tty", "tigetflag_nif/1", "error undef", NO_TERMINAL),
    absent("prim_tty", "tigetnum_nif/1", "error undef", NO_TERMINAL),
    absent("prim_tty", "tigetstr_nif/1", "error undef", NO_TERMINAL),
    absent("prim_tty", "tinfo_nif/0", "error undef", NO_TERMINAL),
    absent("prim_tty", "tputs_nif/2", "error undef", NO_TERMINAL),
    absent("prim_tty", "tty_create/1", "error undef", NO_TERMINAL),
    absent("prim_tty", "tty_init/2", "error undef", NO_TERMINAL),
    absent("prim_tty", "tty_is_open/2", "error undef", NO_TERMINAL),
    absent("prim_tty", "tty_select/2", "error undef", NO_TERMINAL),
    absent("zstd", "*", "error undef", NO_ZSTD),
    absent(
        "erts_debug",
        "unaligned_bitstring/2",
        "error undef",
        "it makes what only tests of OTP 29's own bit strings need",
    ),
    absent(
        "re",
        "import/1",
        "error undef",
        "patterns are compiled for the machine that compiles them",
    ),
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
    use std::collections::{BTreeSet, HashSet};

    use super::*;
    use crate::bif::AREAS;

    const OTHER_BIFS: [&str; 2] = [
        include_str!("otp/bifs_27.txt"),
        include_str!("otp/bifs_29.txt"),
    ];
    const NIFS: [&str; 3] = [
        include_str!("otp/nifs_25.txt"),
        include_str!("otp/nifs_27.txt"),
        include_str!("otp/nifs_29.txt"),
    ];

    #[test]
    fn what_otp_has_is_either_here_or_said_to_be_absent() {
        let here: HashSet<String> = AREAS
            .iter()
            .flat_map(|area| area.iter())
            .map(|entry| format!("{}:{}/{}", entry.module, entry.function, entry.arity))
            .collect();
        let otp: BTreeSet<(&str, &str, u32)> = otp_bifs()
            .chain(OTHER_BIFS.into_iter().flat_map(bifs))
            .chain(
                NIFS.iter()
                    .flat_map(|list| list.lines())
                    .filter_map(function),
            )
            .collect();
        assert!(otp.len() > 700, "OTP's lists are complete");
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
