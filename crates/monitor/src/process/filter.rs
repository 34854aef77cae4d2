//! The seccomp filter of a cell: `read` and `write` on the socket, and leaving.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::plan::SOCKET;

/// The filter, one word for each instruction of the kernel's `struct sock_filter`. What isn't
/// allowed raises `SIGSYS`, whose handler reports it.
pub(super) fn instructions() -> Result<Vec<u64>, String> {
    let compile = || -> Result<BpfProgram, seccompiler::BackendError> {
        let on_socket = || -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
            let is_socket =
                SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, SOCKET as u64)?;
            Ok(vec![SeccompRule::new(vec![is_socket])?])
        };
        let rules = BTreeMap::from([
            (libc::SYS_read, on_socket()?),
            (libc::SYS_write, on_socket()?),
            (libc::SYS_exit_group, vec![]),
        ]);
        SeccompFilter::new(
            rules,
            SeccompAction::Trap,
            SeccompAction::Allow,
            TargetArch::x86_64,
        )?
        .try_into()
    };
    let program = compile().map_err(|error| error.to_string())?;
    Ok(program
        .iter()
        .map(|instruction| {
            u64::from(instruction.code)
                | u64::from(instruction.jt) << 16
                | u64::from(instruction.jf) << 24
                | u64::from(instruction.k) << 32
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_fits_into_a_plan() {
        let instructions = instructions().unwrap();
        assert!(
            (5..100).contains(&instructions.len()),
            "{}",
            instructions.len()
        );
    }
}
