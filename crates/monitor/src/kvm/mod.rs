//! The `kvm` backend: each instance a virtual machine with one virtual processor, entered directly
//! at CPL 3.
//!
//! There is no code at ring 0, no interrupt handler, no IDT and no device. What the guest can reach:
//!
//! * its memory, one slot at the address that the contract gives it, through page tables that lie
//!   in a second slot. No virtual address maps the page tables, so nothing at CPL 3 can change
//!   them. (The slot isn't `KVM_MEM_READONLY`: processors with nested paging may treat their own
//!   page walks as writes.) What else is in that slot, a copy of the program, is not mapped writable.
//! * the doorbell: the one port that the I/O permission bitmap of its task state segment allows.
//!   (IOPL is 0, not 3: paravirtual KVM does not keep it, and the bitmap is narrower.)
//! * `cpuid` (answers with the contract's baseline, not with the host) and `rdtsc`. `syscall` is
//!   off in `EFER`, `sysenter` has no target, MSRs and control registers need CPL 0.
//!
//! Any exception finds no handler, then no handler for that, and shuts the processor down:
//! `KVM_EXIT_SHUTDOWN`, a crash report.

mod page_tables;
mod processor;
mod ram;
mod working_set;

use std::ffi::CStr;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use brood_abi::BootBlock;
use brood_abi::layout::{BOOT_BLOCK, DOORBELL_PORT, HYPERCALL_PAGE, MEMORY_BASE, RING_PAGE};
use brood_abi::ring::ATTENTION_OFFSET;
use brood_image::Image;
use kvm_bindings::{CpuId, KVM_API_VERSION, Msrs, kvm_sregs, kvm_userspace_memory_region};
use kvm_ioctls::{Kvm, VcpuExit, VcpuFd, VmFd};
use lru::LruCache;
use zerocopy::IntoBytes;

use crate::backend::{Backend, Blueprint, Source, Steps, Stop, Vessel};
use crate::control::{Control, Reach, ReachGuard};
use crate::error::Error;
use crate::interrupt;
use crate::loader::Program;
use crate::memory::{GuestMemory, Lost};
use crate::page_map::PageMap;
use crate::report::Fault;
use page_tables::{PageTables, SYSTEM_BASE};
use ram::Ram;
use working_set::WorkingSet;

/// The address of the attention word.
const ATTENTION: u64 = RING_PAGE + ATTENTION_OFFSET;

/// Idle machines kept for reuse, of all images together.
const POOL_MAX: usize = 64;
/// Images of which something is kept while they have no instance.
const KEPT_MAX: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// What page tables and machines belong to: an image's checksum and the end of memory.
type Key = ([u8; 32], u64);

/// Whether the backend works on this computer; if not, why.
pub(crate) fn usable() -> Result<(), String> {
    usable_at(c"/dev/kvm")
}

fn usable_at(device: &CStr) -> Result<(), String> {
    KvmBackend::open(device)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Makes virtual machines.
pub(crate) struct KvmBackend {
    shared: Arc<Shared>,
}

struct Shared {
    kvm: Kvm,
    /// A virtual machine that nobody ever enters. KVM rewrites code of the kernel when the first processor
    /// without an interrupt controller is made, and when the last one goes: this one is both.
    _first: (VcpuFd, VmFd),
    cpuid: CpuId,
    /// The system registers of a new processor.
    fresh_sregs: kvm_sregs,
    msrs: Msrs,
    hypercall_page: Vec<u8>,
    /// This process' own; opened once, since later there may be no way to it.
    page_map: Option<PageMap>,
    /// Of the images that had an instance last.
    kept: Mutex<LruCache<Key, Kept>>,
    pool: Mutex<Vec<(Key, Machine)>>,
}

impl KvmBackend {
    pub(crate) fn new() -> Result<KvmBackend, Error> {
        KvmBackend::open(c"/dev/kvm")
    }

    fn open(device: &CStr) -> Result<KvmBackend, Error> {
        KvmBackend::with(Kvm::new_with_path(device).map_err(Error::host("/dev/kvm"))?)
    }

    /// The backend on a device that somebody opened, for a process that can't.
    pub(crate) fn on(device: OwnedFd) -> Result<KvmBackend, Error> {
        // SAFETY: the descriptor is owned, and given away here. Whether it is KVM's is asked next.
        KvmBackend::with(unsafe { Kvm::from_raw_fd(device.into_raw_fd()) })
    }

    fn with(kvm: Kvm) -> Result<KvmBackend, Error> {
        if kvm.get_api_version() != KVM_API_VERSION as i32 {
            return Err(Error::Processor(
                "another version of the KVM interface".to_owned(),
            ));
        }
        interrupt::install_handler();
        let cpuid = processor::cpuid(&kvm)?;
        let vm = new_vm(&kvm)?;
        let vcpu = new_vcpu(&vm, &cpuid)?;
        Ok(KvmBackend {
            shared: Arc::new(Shared {
                fresh_sregs: vcpu.get_sregs().map_err(Error::host("KVM_GET_SREGS"))?,
                _first: (vcpu, vm),
                cpuid,
                msrs: processor::model_specific()?,
                hypercall_page: processor::hypercall_page(),
                page_map: PageMap::own()
                    .inspect_err(|error| tracing::debug!(%error, "no working set will be found"))
                    .ok(),
                kvm,
                kept: Mutex::new(LruCache::new(KEPT_MAX)),
                pool: Mutex::default(),
            }),
        })
    }
}

/// What is kept of an image from one instance to the next.
#[derive(Clone)]
struct Kept {
    tables: Arc<PageTables>,
    working_set: Arc<WorkingSet>,
    /// Whether the tables come with a copy of the program: when its working set is known, an image is in use.
    has_program: bool,
}

/// A virtual machine with one processor and its memory. The fields are dropped in this order: no
/// memory goes while a virtual machine has it.
struct Machine {
    vcpu: VcpuFd,
    _vm: VmFd,
    ram: Ram,
    _tables: Arc<PageTables>,
    counter_offset: u64,
}

fn new_vm(kvm: &Kvm) -> Result<VmFd, Error> {
    loop {
        match kvm.create_vm() {
            Ok(vm) => return Ok(vm),
            Err(error) if error.errno() == libc::EINTR => {}
            Err(error) => return Err(Error::host("KVM_CREATE_VM")(error)),
        }
    }
}

fn new_vcpu(vm: &VmFd, cpuid: &CpuId) -> Result<VcpuFd, Error> {
    let vcpu = vm.create_vcpu(0).map_err(Error::host("KVM_CREATE_VCPU"))?;
    vcpu.set_cpuid2(cpuid)
        .map_err(Error::host("KVM_SET_CPUID2"))?;
    Ok(vcpu)
}

impl Shared {
    /// A machine with this memory.
    fn new_machine(&self, ram: Ram, tables: Arc<PageTables>) -> Result<Machine, Error> {
        let vm = new_vm(&self.kvm)?;
        let slots = [(MEMORY_BASE, &ram), (SYSTEM_BASE, tables.ram())];
        for (slot, (guest_phys_addr, memory)) in (0..).zip(slots) {
            let region = kvm_userspace_memory_region {
                slot,
                flags: 0,
                guest_phys_addr,
                memory_size: memory.length(),
                userspace_addr: memory.host_address(),
            };
            // SAFETY: the memory is a mapping of that length, owned by the machine that also owns
            // the VM, and dropped after it.
            unsafe { vm.set_user_memory_region(region) }
                .map_err(Error::host("KVM_SET_USER_MEMORY_REGION"))?;
        }
        let vcpu = new_vcpu(&vm, &self.cpuid)?;
        Ok(Machine {
            counter_offset: processor::counter_offset(&vcpu)?,
            vcpu,
            _vm: vm,
            ram,
            _tables: tables,
        })
    }

    /// The page tables and the working set for a blueprint: kept ones, for an image.
    fn kept(&self, blueprint: &Blueprint<'_>) -> Result<Kept, Error> {
        let memory_end = blueprint.memory_end;
        let build = || {
            Ok(Kept {
                tables: Arc::new(PageTables::build(blueprint.space, memory_end)?),
                working_set: Arc::default(),
                has_program: false,
            })
        };
        let Source::Image(image) = blueprint.source else {
            return build();
        };
        let key = (*image.checksum(), memory_end);
        let mut all = lock(&self.kept);
        if let Some(kept) = all.get_mut(&key) {
            if !kept.has_program && !kept.working_set.is_curious() {
                kept.has_program = true;
                match PageTables::with_program(image, memory_end) {
                    Ok(tables) => kept.tables = Arc::new(tables),
                    Err(error) => tracing::debug!(%error, "the program can't be shared"),
                }
            }
            return Ok(kept.clone());
        }
        let kept = build()?;
        all.put(key, kept.clone());
        Ok(kept)
    }

    fn take_recycled(&self, key: &Key) -> Option<Machine> {
        let mut pool = lock(&self.pool);
        let position = pool.iter().rposition(|(theirs, _)| theirs == key)?;
        Some(pool.remove(position).1)
    }
}

fn key(blueprint: &Blueprint<'_>) -> Option<Key> {
    match blueprint.source {
        Source::Image(image) => Some((*image.checksum(), blueprint.memory_end)),
        Source::Program(..) => None,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Backend for KvmBackend {
    fn create(&self, blueprint: &Blueprint<'_>) -> Result<Box<dyn Vessel>, Error> {
        let shared = &self.shared;
        let Kept {
            tables,
            working_set,
            ..
        } = shared.kept(blueprint)?;
        let recycled = key(blueprint)
            .filter(|_| blueprint.reuse)
            .and_then(|key| shared.take_recycled(&key));
        let reused = recycled.is_some();
        let mut steps = Steps::default();
        let mut machine = match recycled {
            Some(machine) => machine,
            None => {
                // Before there is a virtual machine, which would have to hear of every change.
                let mut ram = Ram::zeroed(blueprint.memory_end - MEMORY_BASE)?;
                if let Source::Image(image) = blueprint.source {
                    ram.map_image(image)?;
                }
                ram.keep_to_ourselves().map_err(Error::host("madvise"))?;
                steps.memory = Some(Instant::now());
                if let Err(error) = ram.populate(&working_set.runs()) {
                    tracing::debug!(%error, "the working set can't be brought in");
                }
                steps.working_set = Some(Instant::now());
                let mut machine = shared.new_machine(ram, tables)?;
                if let Source::Program(program, package) = blueprint.source {
                    machine.load(program, package)?;
                }
                machine
            }
        };
        steps.shell = Some(Instant::now());
        machine.set_processor(shared, blueprint)?;
        machine.write(HYPERCALL_PAGE, &shared.hypercall_page)?;
        machine.write(blueprint.argument_address, blueprint.argument)?;
        Ok(Box::new(KvmVessel {
            machine,
            shared: Arc::clone(shared),
            origin: match blueprint.source {
                Source::Image(image) => Some(Origin {
                    image: image.clone(),
                    key: (*image.checksum(), blueprint.memory_end),
                    working_set,
                    recycle: blueprint.reuse,
                }),
                Source::Program(..) => None,
            },
            reused,
            steps,
        }))
    }
}

impl Machine {
    fn load(&mut self, program: &Program, package: &[u8]) -> Result<(), Error> {
        for (address, bytes) in &program.contents {
            self.write(*address, bytes)?;
        }
        self.write(program.space.package().address, package)
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Error> {
        if self.ram.write(address, bytes) {
            return Ok(());
        }
        Err(Error::MemoryTooSmall {
            limit: self.ram.length(),
            needed: address
                .saturating_add(bytes.len() as u64)
                .saturating_sub(MEMORY_BASE),
        })
    }

    /// Sets everything that a guest could have changed or could see, whoever was here before.
    fn set_processor(&mut self, shared: &Shared, blueprint: &Blueprint<'_>) -> Result<(), Error> {
        let vcpu = &mut self.vcpu;
        vcpu.set_kvm_immediate_exit(0);
        vcpu.set_sregs(&processor::system_registers(shared.fresh_sregs))
            .map_err(Error::host("KVM_SET_SREGS"))?;
        vcpu.set_regs(&processor::general_registers(
            blueprint.instruction_pointer,
            blueprint.stack_pointer,
        ))
        .map_err(Error::host("KVM_SET_REGS"))?;
        // SAFETY: the state is a whole `kvm_xsave`; no feature that needs a larger one was enabled.
        unsafe { vcpu.set_xsave(&processor::extended_state()) }
            .map_err(Error::host("KVM_SET_XSAVE"))?;
        let msrs = &shared.msrs;
        let set = vcpu.set_msrs(msrs).map_err(Error::host("KVM_SET_MSRS"))?;
        if set != msrs.as_slice().len() {
            return Err(Error::Processor(format!("only {set} MSRs could be set")));
        }
        Ok(())
    }
}

struct KvmVessel {
    machine: Machine,
    shared: Arc<Shared>,
    /// What it is a clone of, if it is one.
    origin: Option<Origin>,
    reused: bool,
    steps: Steps,
}

/// What a clone is a clone of.
struct Origin {
    image: Image,
    key: Key,
    working_set: Arc<WorkingSet>,
    /// Whether its machine may serve again.
    recycle: bool,
}

impl GuestMemory for KvmVessel {
    fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), Lost> {
        self.machine
            .ram
            .read(address, buffer)
            .then_some(())
            .ok_or(Lost)
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Lost> {
        self.machine
            .ram
            .write(address, bytes)
            .then_some(())
            .ok_or(Lost)
    }
}

impl Vessel for KvmVessel {
    fn write_boot_block(&mut self, block: &BootBlock) -> Result<(), Error> {
        self.machine.write(BOOT_BLOCK, block.as_bytes())
    }

    fn enter(&mut self) -> Result<Stop, Error> {
        let exit = match self.machine.vcpu.run() {
            Ok(exit) => exit,
            Err(error) if matches!(error.errno(), libc::EINTR | libc::EAGAIN) => {
                self.machine.vcpu.set_kvm_immediate_exit(0);
                return Ok(Stop::Interrupted);
            }
            Err(error) => return Err(Error::host("KVM_RUN")(error)),
        };
        let note = match exit {
            VcpuExit::IoOut(DOORBELL_PORT, [_]) => return Ok(Stop::Doorbell),
            VcpuExit::IoOut(port, _) => {
                return Ok(Stop::Forbidden(format!("wrote to port {port:#x}")));
            }
            VcpuExit::IoIn(port, _) => {
                return Ok(Stop::Forbidden(format!("read port {port:#x}")));
            }
            VcpuExit::Intr => return Ok(Stop::Interrupted),
            VcpuExit::FailEntry(reason, _) => {
                return Err(Error::Processor(format!(
                    "entry failed, reason {reason:#x}"
                )));
            }
            VcpuExit::Shutdown => None,
            // Nothing else is left to a guest without devices; what KVM can't emulate ends here.
            other => Some(format!("exit: {other:?}")),
        };
        let (registers, address) = processor::after_fault(&self.machine.vcpu)?;
        Ok(Stop::Fault(Fault {
            address,
            note,
            registers,
        }))
    }

    fn stack_pointer(&mut self) -> Result<u64, Error> {
        let registers = self
            .machine
            .vcpu
            .get_regs()
            .map_err(Error::host("KVM_GET_REGS"))?;
        Ok(registers.rsp)
    }

    fn counter_offset(&self) -> Result<u64, Error> {
        Ok(self.machine.counter_offset)
    }

    fn counter_rate(&self) -> Option<u32> {
        // A host that can't tell leaves it to be measured.
        self.machine.vcpu.get_tsc_khz().ok()
    }

    fn reachable(&mut self, control: &Control) -> ReachGuard {
        let target = KickTarget {
            immediate_exit: &raw mut self.machine.vcpu.get_kvm_run().immediate_exit,
            // SAFETY: no preconditions.
            thread: unsafe { libc::pthread_self() },
        };
        let word = AttentionWord(self.machine.ram.host_address() + ATTENTION - MEMORY_BASE);
        control.reach_with(Reach {
            kick: Box::new(move || target.kick()),
            preempt: Box::new(move || target.kick()),
            attention: Box::new(move |value| word.set(value)),
        })
    }

    fn private_runs(&self) -> Result<Vec<Range<usize>>, Error> {
        let none = || io::Error::from(io::ErrorKind::Unsupported);
        let map = self.shared.page_map.as_ref().ok_or_else(none);
        map.and_then(|map| self.machine.ram.private_runs(map))
            .map_err(Error::host("/proc/self/pagemap"))
    }

    fn steps(&self) -> Steps {
        self.steps
    }

    fn reused(&self) -> bool {
        self.reused
    }

    fn retire(self: Box<Self>, clean: bool) -> Duration {
        if clean {
            self.recycle();
        }
        // The guest runs on the threads that enter it.
        Duration::ZERO
    }
}

impl KvmVessel {
    /// Keeps the machine for the next instance of the same image, if that is wanted and can be done.
    fn recycle(self) {
        let KvmVessel {
            mut machine,
            shared,
            origin,
            ..
        } = self;
        let Some(origin) = origin else {
            return;
        };
        // Where the kernel doesn't tell.
        let all_memory = 0..machine.ram.length() as usize;
        let mut private = vec![all_memory];
        if origin.recycle || origin.working_set.is_curious() {
            let found = (shared.page_map.as_ref()).map(|map| machine.ram.private_runs(map));
            match found {
                Some(Ok(runs)) => {
                    origin.working_set.learn(&runs);
                    private = runs;
                }
                failed => tracing::debug!(?failed, "private pages can't be found"),
            }
        }
        if !origin.recycle {
            return;
        }
        let kept = origin.working_set.runs();
        if let Err(error) = machine.ram.reset(&origin.image, &private, &kept) {
            return tracing::debug!(%error, "a machine can't be recycled");
        }
        let mut pool = lock(&shared.pool);
        if pool.len() >= POOL_MAX {
            pool.remove(0);
        }
        pool.push((origin.key, machine));
    }
}

/// A thread that may be in `KVM_RUN`.
#[derive(Clone, Copy)]
struct KickTarget {
    immediate_exit: *mut u8,
    thread: libc::pthread_t,
}

// SAFETY: the pointer is only used by `kick`, atomically, and the thread id may be used anywhere.
unsafe impl Send for KickTarget {}

impl KickTarget {
    /// Makes `KVM_RUN` return, whether the thread is in it or about to enter it.
    fn kick(&self) {
        // SAFETY: the kick is called only while the `ReachGuard` exists (the control's lock sees to
        // that), and the vessel, with its `kvm_run` page, outlives the guard. KVM reads the byte at
        // entry; nobody else touches it meanwhile.
        unsafe { AtomicU8::from_ptr(self.immediate_exit) }.store(1, Ordering::SeqCst);
        // SAFETY: for the same reason the thread, which holds the guard, is alive.
        unsafe { libc::pthread_kill(self.thread, interrupt::signal()) };
    }
}

/// Where a guest's attention word is, in this process.
struct AttentionWord(u64);

impl AttentionWord {
    /// Sets it, while the guest may be reading it.
    fn set(&self, value: u32) {
        // SAFETY: called only while the `ReachGuard` exists, as a kick is, and the vessel with its
        // memory outlives the guard. The word is aligned and lies in the first pages of memory,
        // which every instance has; the guest only reads it, or harms itself.
        unsafe { AtomicU32::from_ptr(self.0 as *mut u32) }.store(value, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_wrong_device_is_named() {
        let missing = usable_at(c"/no/such/device").unwrap_err();
        assert!(missing.contains("/dev/kvm: No such file"), "{missing}");
        let wrong = usable_at(c"/dev/null").unwrap_err();
        assert!(wrong.contains("KVM interface"), "{wrong}");
    }
}
