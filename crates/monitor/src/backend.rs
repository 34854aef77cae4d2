//! What a backend is, and which one to take.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::time::{Duration, Instant};

use brood_abi::layout::{HYPERCALL_PAGE, HYPERCALL_RESUME, PAGE_SIZE};
use brood_image::{AddressSpace, Image};

use crate::control::{Control, ReachGuard};
use crate::error::Error;
use crate::hibernation::Hibernated;
use crate::loader::Program;
use crate::memory::GuestMemory;
use crate::report::Fault;

/// How instances are isolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BackendKind {
    /// A virtual machine each, by the kernel's KVM.
    Kvm,
    /// A process each, locked down by seccomp: weaker isolation, for computers without KVM.
    Process,
}

impl fmt::Display for BackendKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            BackendKind::Kvm => "kvm",
            BackendKind::Process => "process",
        })
    }
}

/// A backend, and why this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The backend.
    pub kind: BackendKind,
    /// Why, for people.
    pub reason: String,
}

impl BackendKind {
    /// The best backend that works on this computer.
    pub fn detect() -> Detected {
        match crate::kvm::usable() {
            Ok(()) => Detected {
                kind: BackendKind::Kvm,
                reason: "/dev/kvm can be used".to_owned(),
            },
            Err(why) => Detected {
                kind: BackendKind::Process,
                reason: format!("kvm cannot be used ({why}); isolation by seccomp only"),
            },
        }
    }
}

/// Which backend somebody wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The best that works.
    #[default]
    Auto,
    /// This one or none.
    Force(BackendKind),
}

impl Choice {
    /// The backend to take; an error when the one that was forced can't be used here.
    pub fn resolve(self) -> Result<Detected, Error> {
        let kind = match self {
            Choice::Auto => return Ok(BackendKind::detect()),
            Choice::Force(kind) => kind,
        };
        if kind == BackendKind::Kvm {
            crate::kvm::usable().map_err(Error::KvmUnavailable)?;
        }
        Ok(Detected {
            kind,
            reason: "asked for".to_owned(),
        })
    }
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Choice, String> {
        match text {
            "auto" => Ok(Choice::Auto),
            "kvm" => Ok(Choice::Force(BackendKind::Kvm)),
            "process" => Ok(Choice::Force(BackendKind::Process)),
            other => Err(format!("no backend {other:?}: choose auto, kvm or process")),
        }
    }
}

/// Where an instance's memory comes from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// A frozen one.
    Image(&'a Image),
    /// A program to start from the beginning.
    Program(&'a Program, &'a [u8]),
}

/// What a backend needs to know to make a vessel.
pub(crate) struct Blueprint<'a> {
    pub source: Source<'a>,
    pub space: &'a AddressSpace,
    pub memory_end: u64,
    pub instruction_pointer: u64,
    pub stack_pointer: u64,
    /// Written at the end of memory: the argument, with what else lies in its pages.
    pub argument: &'a [u8],
    /// Its address.
    pub argument_address: u64,
    /// Whether a recycled vessel will do.
    pub reuse: bool,
}

/// Why a vessel came back.
pub(crate) enum Stop {
    /// The guest rang the doorbell.
    Doorbell,
    /// The guest touched something that it must not.
    Forbidden(String),
    /// The guest's program faulted.
    Fault(Fault),
    /// Somebody kicked it (or nobody: it may just be entered again).
    Interrupted,
}

/// When what a vessel is made of was there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Steps {
    pub memory: Option<Instant>,
    pub working_set: Option<Instant>,
    pub shell: Option<Instant>,
}

/// What one instance runs in: memory and a processor, stopped unless in `enter`.
pub(crate) trait Vessel: GuestMemory + Send {
    /// Writes the boot block's page.
    fn write_boot_block(&mut self, block: &brood_abi::BootBlock) -> Result<(), Error>;
    /// Runs the guest until something happens.
    fn enter(&mut self) -> Result<Stop, Error>;
    /// The guest's stack pointer, in a doorbell.
    fn stack_pointer(&mut self) -> Result<u64, Error>;
    /// The guest's time-stamp counter minus the host's.
    fn counter_offset(&self) -> Result<u64, Error>;
    /// The rate of that counter in kHz, if it is known.
    fn counter_rate(&self) -> Option<u32> {
        None
    }
    /// Makes `control` able to call the guest back from `enter`, and to draw its attention.
    fn reachable(&mut self, control: &Control) -> ReachGuard;
    /// Offsets in guest memory of the pages that are its own, neither the image's nor untouched; in order.
    fn private_runs(&self) -> Result<Vec<Range<usize>>, Error>;
    /// What lies on disk instead, if this only stands for it.
    fn hibernated(&self) -> Option<&Hibernated> {
        None
    }
    /// When its parts were there, where the backend tells.
    fn steps(&self) -> Steps {
        Steps::default()
    }
    /// Whether it was recycled.
    fn reused(&self) -> bool;
    /// Processor time that it has used beside that of the threads that called `enter`.
    fn cpu(&self) -> Duration {
        Duration::ZERO
    }
    /// Gives everything back. `clean`: the guest stopped in a doorbell, so that its processor is in
    /// a known state and the vessel may be recycled. Says what [`Vessel::cpu`] came to in the end.
    fn retire(self: Box<Self>, clean: bool) -> Duration;
}

/// Makes vessels.
pub(crate) trait Backend: Send + Sync {
    /// A vessel as the blueprint says, with everything in place but the boot block.
    fn create(&self, blueprint: &Blueprint<'_>) -> Result<Box<dyn Vessel>, Error>;
}

/// The hypercall page around a backend's way out. The doorbell function: push the callee-saved
/// registers, `way_out`, jump to the resuming half, which pops them and returns. Everything else
/// on the page traps.
pub(crate) fn hypercall_page(way_out: &[u8]) -> Vec<u8> {
    const TRAP: u8 = 0xcc;
    const PUSH: [u8; 10] = [0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57];
    const POP_AND_RETURN: [u8; 11] = [
        0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3,
    ];
    const JUMP: usize = 5;
    let resume = (HYPERCALL_RESUME - HYPERCALL_PAGE) as usize;
    let mut page = vec![TRAP; PAGE_SIZE as usize];
    let mut code = [&PUSH[..], way_out].concat();
    let distance = (resume - code.len() - JUMP) as u32;
    code.push(0xe9);
    code.extend(distance.to_le_bytes());
    page[..code.len()].copy_from_slice(&code);
    page[resume..resume + POP_AND_RETURN.len()].copy_from_slice(&POP_AND_RETURN);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_are_named() {
        for kind in [BackendKind::Kvm, BackendKind::Process] {
            assert_eq!(kind.to_string().parse(), Ok(Choice::Force(kind)));
        }
        assert_eq!("auto".parse(), Ok(Choice::Auto));
        assert!(
            "xen"
                .parse::<Choice>()
                .unwrap_err()
                .contains("kvm or process")
        );
    }

    #[test]
    fn the_doorbell_leads_to_the_resuming_half() {
        let page = hypercall_page(&[0x90]);
        assert_eq!(page.len() as u64, PAGE_SIZE);
        let jump = page.iter().position(|&byte| byte == 0xe9).unwrap();
        let distance = u32::from_le_bytes(page[jump + 1..jump + 5].try_into().unwrap());
        let target = HYPERCALL_PAGE + jump as u64 + 5 + u64::from(distance);
        assert_eq!(target, HYPERCALL_RESUME);
        assert_eq!(
            page[(HYPERCALL_RESUME - HYPERCALL_PAGE) as usize + 10],
            0xc3
        );
    }
}
