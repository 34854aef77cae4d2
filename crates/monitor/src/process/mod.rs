//! The `process` backend: each instance a process, with the same memory at the same addresses,
//! locked down by seccomp.
//!
//! The process is a *cell*: a tiny static program that this library carries inside itself. What a
//! guest can reach there: its memory, the cell's own few pages (no secrets in them), and one
//! socket, on which it may read and write and do nothing else. Its isolation is the host kernel's
//! isolation of processes, so it is weaker than a virtual machine's; the contract is the same.
//!
//! The monitor reads and writes the guest's memory with `process_vm_readv` and `process_vm_writev`
//! while the guest waits in its doorbell; only the attention word it may write at any time.

mod files;
mod filter;
#[allow(dead_code, reason = "the cell uses the rest")]
mod plan;
mod socket;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use brood_abi::BootBlock;
use brood_abi::layout::{BOOT_BLOCK, HYPERCALL_PAGE, MEMORY_BASE, PAGE_SIZE, RING_PAGE, page_up};
use brood_abi::ring::ATTENTION_OFFSET;
use brood_image::{Mapping, Protection, Region};
use zerocopy::{FromZeros, IntoBytes};

use crate::backend::{Backend, Blueprint, Source, Stop, Vessel};
use crate::clock;
use crate::control::{Control, Reach, ReachGuard};
use crate::error::Error;
use crate::interrupt;
use crate::memory::{GuestMemory, Lost};
use crate::page_map::PageMap;
use crate::report::{Fault, Registers};

/// The cell's program.
const CELL: &[u8] = include_bytes!(env!("BROOD_CELL"));

/// Offsets in the file with an instance's own pages.
const HYPERCALL_OFFSET: u64 = 0;
const BOOT_OFFSET: u64 = PAGE_SIZE;
const ARGUMENT_OFFSET: u64 = 2 * PAGE_SIZE;

/// Makes cells.
pub(crate) struct ProcessBackend {
    cell: OwnedFd,
    filter: Vec<u64>,
    hypercall_page: Vec<u8>,
}

impl ProcessBackend {
    pub(crate) fn new() -> Result<ProcessBackend, Error> {
        let unavailable = |error: io::Error| Error::ProcessUnavailable(error.to_string());
        interrupt::install_handler();
        let cell = files::executable("brood-cell", CELL).map_err(unavailable)?;
        let backend = ProcessBackend {
            cell,
            filter: filter::instructions().map_err(Error::ProcessUnavailable)?,
            hypercall_page: hypercall_page(),
        };
        backend
            .probe()
            .map_err(|error| Error::ProcessUnavailable(error.to_string()))?;
        Ok(backend)
    }

    /// Sees whether a cell can be started and its memory be reached here.
    fn probe(&self) -> Result<(), Error> {
        let pages = self.pages(&[])?;
        let mapping = [own_page(
            HYPERCALL_PAGE,
            HYPERCALL_OFFSET,
            Protection::ReadExecute,
        )];
        let plan = self.plan(
            &mapping,
            HYPERCALL_PAGE,
            MEMORY_BASE + PAGE_SIZE,
            MEMORY_BASE + PAGE_SIZE,
        )?;
        let nothing = files::sealed("brood-nothing", &[]).map_err(Error::host("memfd_create"))?;
        let cell = self.start(nothing, pages, &plan)?;
        let mut bytes = [0; 16];
        match cell.read(HYPERCALL_PAGE, &mut bytes) {
            Ok(()) if bytes == self.hypercall_page[..16] => Ok(()),
            _ => Err(Error::last_os("process_vm_readv")),
        }
    }

    /// The file with an instance's own pages.
    fn pages(&self, argument: &[u8]) -> Result<File, Error> {
        let host = Error::host("memfd_create");
        let mut contents = self.hypercall_page.clone();
        contents.resize(ARGUMENT_OFFSET as usize, 0);
        contents.extend(argument);
        files::shared("brood-pages", &contents).map_err(host)
    }

    fn plan(
        &self,
        mappings: &[[u64; plan::MAPPING]],
        instruction_pointer: u64,
        stack_pointer: u64,
        memory_end: u64,
    ) -> Result<Vec<u64>, Error> {
        let head = [
            mappings.len() as u64,
            self.filter.len() as u64,
            instruction_pointer,
            stack_pointer,
            memory_end,
        ];
        let words: Vec<u64> = head
            .iter()
            .chain(mappings.as_flattened())
            .chain(&self.filter)
            .copied()
            .collect();
        if words.len() > plan::PLAN_MAX {
            return Err(Error::ProcessUnavailable(format!(
                "the image has {} regions, too many for this backend",
                mappings.len()
            )));
        }
        Ok(words)
    }

    fn start(&self, memory: OwnedFd, pages: File, plan: &[u64]) -> Result<Cell, Error> {
        let (ours, theirs) = socket::pair().map_err(Error::host("socketpair"))?;
        let duplicate = pages.try_clone().map_err(Error::host("dup"))?;
        let child = Command::new(format!("/proc/self/fd/{}", self.cell.as_raw_fd()))
            .env_clear()
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::from(memory))
            .stderr(Stdio::from(duplicate))
            // What is typed at the terminal is for the monitor's process alone.
            .process_group(0)
            .spawn()
            .map_err(Error::host("start the cell"))?;
        let cell = Cell {
            child,
            socket: ours,
            pages,
            stack_pointer: 0,
            memory_end: plan[plan::MEMORY_END],
            is_in_guest: false,
        };
        socket::send(&cell.socket, plan).map_err(Error::host("send to the cell"))?;
        let mut ready = [0; 1];
        match socket::receive(&cell.socket, &mut ready) {
            Ok(1) => Ok(()),
            _ => Err(Error::ProcessUnavailable(format!(
                "the cell could not set itself up: {}",
                cell.death()
            ))),
        }?;
        socket::set_interruptible(&cell.socket).map_err(Error::host("setsockopt"))?;
        Ok(cell)
    }
}

impl Backend for ProcessBackend {
    fn create(&self, blueprint: &Blueprint<'_>) -> Result<Box<dyn Vessel>, Error> {
        let (memory, regions) = match blueprint.source {
            Source::Image(image) => {
                let file = image
                    .file()
                    .try_clone_to_owned()
                    .map_err(Error::host("dup"))?;
                (file, image.regions().to_vec())
            }
            Source::Program(program, package) => {
                let package = (program.space.package().address, package);
                let contents = program.contents.iter().map(|(at, bytes)| (*at, &bytes[..]));
                files::pages_of(contents.chain([package])).map_err(Error::host("memfd_create"))?
            }
        };
        let mappings = mappings(blueprint, &regions);
        let plan = self.plan(
            &mappings,
            blueprint.instruction_pointer,
            blueprint.stack_pointer,
            blueprint.memory_end,
        )?;
        let cell = self.start(memory, self.pages(blueprint.argument)?, &plan)?;
        Ok(Box::new(cell))
    }
}

/// What the cell is to map, in order: later mappings go over earlier ones.
fn mappings(blueprint: &Blueprint<'_>, regions: &[Region]) -> Vec<[u64; plan::MAPPING]> {
    let mut all = Vec::new();
    for mapping in blueprint.space.mappings(blueprint.memory_end) {
        all.push(entry(mapping, plan::ANONYMOUS, 0));
        for region in regions {
            let start = region.address.max(mapping.address);
            let end = (region.address + region.length).min(mapping.end());
            if start < end {
                let part = Mapping {
                    address: start,
                    length: end - start,
                    ..mapping
                };
                let offset = region.file_offset + (start - region.address);
                all.push(entry(part, plan::MEMORY as u64, offset));
            }
        }
    }
    all.push(own_page(
        HYPERCALL_PAGE,
        HYPERCALL_OFFSET,
        Protection::ReadExecute,
    ));
    let mut boot = own_page(BOOT_BLOCK, BOOT_OFFSET, Protection::Read);
    // Shared, and not writable for the cell: the monitor writes it once the cell is set up.
    boot[5] = (libc::MAP_SHARED | libc::MAP_FIXED) as u64;
    all.push(boot);
    let argument_length = page_up(blueprint.argument.len() as u64).unwrap_or(0);
    if argument_length > 0 {
        let argument = Mapping {
            address: blueprint.argument_address,
            length: argument_length,
            protection: Protection::ReadWrite,
        };
        all.push(entry(argument, plan::PAGES as u64, ARGUMENT_OFFSET));
    }
    all
}

fn own_page(address: u64, offset: u64, protection: Protection) -> [u64; plan::MAPPING] {
    let page = Mapping {
        address,
        length: PAGE_SIZE,
        protection,
    };
    entry(page, plan::PAGES as u64, offset)
}

fn entry(mapping: Mapping, descriptor: u64, offset: u64) -> [u64; plan::MAPPING] {
    let protection = match mapping.protection {
        Protection::Read => libc::PROT_READ,
        Protection::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        Protection::ReadExecute => libc::PROT_READ | libc::PROT_EXEC,
    };
    let kind = if descriptor == plan::ANONYMOUS {
        libc::MAP_ANONYMOUS
    } else {
        0
    };
    let flags = libc::MAP_PRIVATE | libc::MAP_FIXED | libc::MAP_NORESERVE | kind;
    [
        mapping.address,
        mapping.length,
        protection as u64,
        descriptor,
        offset,
        flags as u64,
    ]
}

/// The hypercall page: send the stack pointer on the socket, wait for the answer.
fn hypercall_page() -> Vec<u8> {
    crate::backend::hypercall_page(&[
        0xb8, 1, 0, 0, 0, // mov eax, 1 (write)
        0x31, 0xff, // xor edi, edi (the socket)
        0x54, // push rsp
        0x48, 0x89, 0xe6, // mov rsi, rsp
        0xba, 8, 0, 0, 0, // mov edx, 8
        0x0f, 0x05, // syscall
        0x31, 0xc0, // xor eax, eax (read)
        0x31, 0xff, // xor edi, edi
        0x48, 0x89, 0xe6, // mov rsi, rsp
        0xba, 8, 0, 0, 0, // mov edx, 8
        0x0f, 0x05, // syscall
        0x58, // pop rax
    ])
}

/// A running cell.
struct Cell {
    child: Child,
    socket: OwnedFd,
    pages: File,
    /// The guest's stack pointer in its last doorbell.
    stack_pointer: u64,
    memory_end: u64,
    /// Whether the guest runs, whether somebody waits for it or not.
    is_in_guest: bool,
}

impl Cell {
    fn pid(&self) -> libc::pid_t {
        self.child.id() as libc::pid_t
    }

    /// How it died; waits until it has. It stays a zombie until it is dropped, so that its process
    /// id keeps meaning it.
    fn death(&self) -> String {
        // SAFETY: all zero is a valid `siginfo_t`, and it lives through the call.
        let information = unsafe {
            let mut information: libc::siginfo_t = std::mem::zeroed();
            let options = libc::WEXITED | libc::WNOWAIT;
            match libc::waitid(libc::P_PID, self.child.id(), &mut information, options) {
                0 => information,
                _ => return format!("the cell is lost: {}", io::Error::last_os_error()),
            }
        };
        // SAFETY: the information is about a child, as asked for.
        let status = unsafe { information.si_status() };
        match information.si_code {
            libc::CLD_EXITED => format!("the cell ended with status {status}"),
            _ => format!("the cell was killed by signal {status}"),
        }
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        // Both fail only for a process that isn't there any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl GuestMemory for Cell {
    fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), Lost> {
        let local = libc::iovec {
            iov_base: buffer.as_mut_ptr().cast(),
            iov_len: buffer.len(),
        };
        let remote = libc::iovec {
            iov_base: address as *mut libc::c_void,
            iov_len: buffer.len(),
        };
        // SAFETY: the local range is the buffer; the remote one is the other process's, where the
        // kernel checks it.
        let copied = unsafe { libc::process_vm_readv(self.pid(), &local, 1, &remote, 1, 0) };
        (copied == buffer.len() as isize).then_some(()).ok_or(Lost)
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Lost> {
        write(self.pid(), address, bytes)
    }
}

/// Writes the memory of a process.
fn write(pid: libc::pid_t, address: u64, bytes: &[u8]) -> Result<(), Lost> {
    let local = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let remote = libc::iovec {
        iov_base: address as *mut libc::c_void,
        iov_len: bytes.len(),
    };
    // SAFETY: the local range is the bytes, which are only read; the remote one is the other
    // process's, where the kernel checks it.
    let copied = unsafe { libc::process_vm_writev(pid, &local, 1, &remote, 1, 0) };
    (copied == bytes.len() as isize).then_some(()).ok_or(Lost)
}

impl Vessel for Cell {
    fn write_boot_block(&mut self, block: &BootBlock) -> Result<(), Error> {
        let write =
            |bytes| std::os::unix::fs::FileExt::write_all_at(&self.pages, bytes, BOOT_OFFSET);
        write(block.as_bytes()).map_err(Error::host("write the boot block"))
    }

    fn enter(&mut self) -> Result<Stop, Error> {
        let mut message = [0; plan::FAULT];
        let sent = match self.is_in_guest {
            true => Ok(()),
            false => socket::send_at_once(&self.socket, &[0]),
        };
        if matches!(&sent, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
            let what = "rang the doorbell without taking the answers";
            return Ok(Stop::Forbidden(what.to_owned()));
        }
        self.is_in_guest = true;
        let received =
            sent.and_then(|()| socket::receive_interruptibly(&self.socket, &mut message));
        if matches!(&received, Err(error) if error.kind() == io::ErrorKind::Interrupted) {
            return Ok(Stop::Interrupted);
        }
        self.is_in_guest = false;
        match received {
            Ok(1) => {
                self.stack_pointer = message[0];
                Ok(Stop::Doorbell)
            }
            Ok(plan::FAULT) => Ok(fault(&message)),
            Ok(0) | Err(_) => {
                // An empty message looks like the end of a cell that is still there: then this is its end. It makes no
                // difference to how one that is dying dies.
                let _ = self.child.kill();
                Ok(Stop::Fault(Fault {
                    address: None,
                    note: Some(self.death()),
                    registers: None,
                }))
            }
            Ok(words) => Ok(Stop::Forbidden(format!(
                "wrote {words} words to the monitor's socket"
            ))),
        }
    }

    fn stack_pointer(&mut self) -> Result<u64, Error> {
        Ok(self.stack_pointer)
    }

    fn counter_offset(&self) -> Result<u64, Error> {
        Ok(0)
    }

    fn reachable(&mut self, control: &Control) -> ReachGuard {
        let pid = self.pid();
        // SAFETY: no preconditions.
        let thread = unsafe { libc::pthread_self() };
        control.reach_with(Reach {
            kick: Box::new(move || {
                // SAFETY: a signal to a process of ours: while the guard exists, the cell does, and
                // until it is dropped nobody waits for the process.
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }),
            preempt: Box::new(move || {
                // SAFETY: the thread holds the guard while this can be called, so it is alive.
                unsafe { libc::pthread_kill(thread, interrupt::signal()) };
            }),
            attention: Box::new(move |value| {
                // A cell that is gone needs no attention.
                let _ = write(pid, RING_PAGE + ATTENTION_OFFSET, &value.to_le_bytes());
            }),
        })
    }

    fn private_runs(&self) -> Result<Vec<Range<usize>>, Error> {
        PageMap::of(self.pid())
            .and_then(|map| map.private_runs(MEMORY_BASE..self.memory_end))
            .map_err(Error::host("/proc/PID/pagemap"))
    }

    fn reused(&self) -> bool {
        false
    }

    fn cpu(&self) -> Duration {
        let mut clock = 0;
        // SAFETY: `clock` lives through the call; the process is ours until it is dropped.
        match unsafe { libc::clock_getcpuclockid(self.pid(), &mut clock) } {
            0 => Duration::from_nanos(clock::nanoseconds(clock)),
            _ => Duration::ZERO,
        }
    }

    fn retire(mut self: Box<Self>, _: bool) -> Duration {
        // It fails only for a process that isn't there any more.
        let _ = self.child.kill();
        // Giving its memory back is its own doing, too.
        self.death();
        self.cpu()
    }
}

/// What a fault message says.
fn fault(message: &[u64; plan::FAULT]) -> Stop {
    let [signal, code, address, rest @ ..] = message;
    let mut registers = Registers::new_zeroed();
    registers.as_mut_bytes().copy_from_slice(rest.as_bytes());
    if *signal == libc::SIGSYS as u64 {
        return Stop::Forbidden(format!("made system call {}", address & 0xffff_ffff));
    }
    // SEGV_MAPERR and SEGV_ACCERR are page faults; SIGBUS is one beyond the end of a file.
    let is_page_fault =
        *signal == libc::SIGSEGV as u64 && matches!(code, 1 | 2) || *signal == libc::SIGBUS as u64;
    Stop::Fault(Fault {
        address: is_page_fault.then_some(*address),
        note: Some(format!("signal {signal}, code {code:#x}")),
        registers: Some(registers),
    })
}
