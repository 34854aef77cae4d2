//! The life of an instance, from launch to gone.

use std::borrow::Cow;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use brood_abi::file::{MOUNT_READ_ONLY, MountEntry};
use brood_abi::layout::{
    HYPERCALL_RESUME, MEMORY_BASE, MEMORY_MAX, MEMORY_MIN, PAGE_SIZE, RING_PAGE, STACK_BASE,
    STACK_TOP, is_page_aligned, page_up,
};
use brood_abi::ring::STAMPS_OFFSET;
use brood_abi::{BootBlock, Stamps, boot};
use brood_image::{AddressSpace, Frozen, Image, Symbols};
use zerocopy::{FromZeros, IntoBytes};

use crate::backend::{Backend, BackendKind, Blueprint, Source, Stop, Vessel};
use crate::clock::{self, HostClock};
use crate::control::{Control, Demand};
use crate::error::Error;
use crate::kvm::KvmBackend;
use crate::launch::{Built, EventSink, Exit, InstanceId, Launch, Limits, Outcome, Phases};
use crate::loader::Program;
use crate::memory::GuestMemory;
use crate::mount::Mount;
use crate::process::ProcessBackend;
use crate::report::CrashReport;
use crate::session::{Ending, Next, Session, Trouble, Violation};
use crate::watchdog::Watchdog;

/// Runs instances. Clones are the same monitor.
#[derive(Clone)]
pub struct Monitor {
    inner: Arc<Inner>,
}

struct Inner {
    kind: BackendKind,
    backend: Box<dyn Backend>,
    clock: HostClock,
    watchdog: Watchdog,
    next_id: AtomicU64,
}

impl std::fmt::Debug for Monitor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Monitor")
            .field("backend", &self.inner.kind)
            .finish_non_exhaustive()
    }
}

/// What `live` needs to know beside the blueprint.
struct Plan<'a> {
    limits: &'a Limits,
    mounts: &'a [Mount],
    /// The table of mounts, in the guest's memory.
    mount_table: boot::Extent,
    control: Option<&'a Control>,
    requested: Instant,
    symbols: &'a Symbols,
    flags: u32,
}

/// What came of a life: an outcome, and the frozen memory if there was a "ready".
struct Life {
    outcome: Outcome,
    frozen: Option<(u64, Vec<u8>)>,
}

impl Monitor {
    /// A monitor with this backend. Calibrates the clock, which takes 10 ms.
    pub fn new(kind: BackendKind) -> Result<Monitor, Error> {
        let backend: Box<dyn Backend> = match kind {
            BackendKind::Kvm => {
                crate::kvm::usable().map_err(Error::KvmUnavailable)?;
                Box::new(KvmBackend::new()?)
            }
            BackendKind::Process => Box::new(ProcessBackend::new()?),
        };
        Monitor::with(kind, backend)
    }

    /// A monitor with the `kvm` backend on an open `/dev/kvm`, for a process that can't open it.
    pub fn with_kvm(device: OwnedFd) -> Result<Monitor, Error> {
        Monitor::with(BackendKind::Kvm, Box::new(KvmBackend::on(device)?))
    }

    fn with(kind: BackendKind, backend: Box<dyn Backend>) -> Result<Monitor, Error> {
        let mut seed = [0; 4];
        fill_random(&mut seed)?;
        Ok(Monitor {
            inner: Arc::new(Inner {
                kind,
                backend,
                clock: HostClock::calibrate(),
                watchdog: Watchdog::start()?,
                next_id: AtomicU64::new(u64::from(u32::from_le_bytes(seed)) << 32 | 1),
            }),
        })
    }

    /// The backend.
    pub fn backend(&self) -> BackendKind {
        self.inner.kind
    }

    /// The monotonic time that instances see, in nanoseconds.
    pub fn now(&self) -> u64 {
        clock::monotonic()
    }

    /// Clones `image`, runs the clone until it has ended, and gives everything back that it held.
    /// `sink` gets what it says, as it says it, on this thread.
    pub fn run(
        &self,
        image: &Image,
        launch: &Launch<'_>,
        sink: &mut dyn EventSink,
    ) -> Result<Outcome, Error> {
        let requested = launch.requested.unwrap_or_else(Instant::now);
        // The table of mounts lies behind the argument, in pages of the same kind.
        let (argument, table) = with_mount_table(launch.argument, launch.mounts);
        let (memory_end, argument_address) =
            place(&launch.limits, image.memory_kept_end(), &argument)?;
        let blueprint = Blueprint {
            source: Source::Image(image),
            space: image.space(),
            memory_end,
            instruction_pointer: HYPERCALL_RESUME,
            stack_pointer: image.stack_pointer(),
            argument: &argument,
            argument_length: launch.argument.len() as u64,
            argument_address,
            reuse: launch.reuse,
        };
        let plan = Plan {
            limits: &launch.limits,
            mounts: launch.mounts,
            mount_table: boot::Extent {
                address: argument_address + table.start as u64,
                length: table.len() as u64,
            },
            control: launch.control,
            requested,
            symbols: image.symbols(),
            flags: 0,
        };
        Ok(self.live(&blueprint, &plan, sink)?.outcome)
    }

    /// Starts the program in `guest_elf` with `package`, and freezes it when it says "ready".
    pub fn build(
        &self,
        guest_elf: &[u8],
        package: &[u8],
        limits: &Limits,
        control: Option<&Control>,
        sink: &mut dyn EventSink,
    ) -> Result<Built, Error> {
        let requested = Instant::now();
        let program = Program::load(guest_elf, package.len() as u64)?;
        let (memory_end, argument_address) = place(limits, program.space.heap_start(), &[])?;
        let blueprint = Blueprint {
            source: Source::Program(&program, package),
            space: &program.space,
            memory_end,
            instruction_pointer: program.entry,
            stack_pointer: STACK_TOP,
            argument: &[],
            argument_length: 0,
            argument_address,
            reuse: false,
        };
        let plan = Plan {
            limits,
            mounts: &[],
            mount_table: boot::Extent::default(),
            control,
            requested,
            symbols: &program.symbols,
            flags: boot::FLAG_BUILD,
        };
        let Life { outcome, frozen } = self.live(&blueprint, &plan, sink)?;
        Ok(match frozen {
            None => Built::Ended(outcome),
            Some((stack_pointer, memory)) => Built::Frozen(Frozen {
                space: program.space,
                stack_pointer,
                memory,
                symbols: program.symbols,
            }),
        })
    }

    fn live(
        &self,
        blueprint: &Blueprint<'_>,
        plan: &Plan<'_>,
        sink: &mut dyn EventSink,
    ) -> Result<Life, Error> {
        let inner = &*self.inner;
        let launched = clock::monotonic();
        let id = InstanceId(inner.next_id.fetch_add(1, Ordering::Relaxed));
        let own_control;
        let control = match plan.control {
            Some(control) => control,
            None => {
                own_control = Control::new();
                &own_control
            }
        };
        let _watch = plan
            .limits
            .wall
            .and_then(|wall| plan.requested.checked_add(wall))
            .map(|deadline| inner.watchdog.watch(deadline, control, Demand::TimeOut));
        let mut _grace = None;

        let mut vessel = inner.backend.create(blueprint)?;
        let since = |moment: Instant| moment.saturating_duration_since(plan.requested);
        let mut phases = Phases {
            created: Some(since(Instant::now())),
            ..Phases::default()
        };
        let mut clock = inner.clock.clock();
        clock.tsc_base = clock.tsc_base.wrapping_add(vessel.counter_offset()?);
        let mut block = BootBlock {
            magic: boot::MAGIC,
            version: brood_abi::VERSION,
            flags: plan.flags,
            instance_id: id.0,
            memory_end: blueprint.memory_end,
            heap: boot::Extent {
                address: blueprint.space.heap_start(),
                length: blueprint.argument_address - blueprint.space.heap_start(),
            },
            package: blueprint.space.package(),
            argument: boot::Extent {
                address: blueprint.argument_address,
                length: blueprint.argument_length,
            },
            clock,
            launched,
            entered: 0,
            entropy: [0; 32],
            mounts: plan.mount_table,
        };
        fill_random(&mut block.entropy)?;
        block.entered = clock::monotonic();
        vessel.write_boot_block(&block)?;
        phases.entered = Some(since(Instant::now()));

        let building = plan.flags & boot::FLAG_BUILD != 0;
        let mut session =
            Session::new(blueprint.space, blueprint.memory_end, plan.limits, building);
        session.mount(plan.mounts);
        session.usage.reused = vessel.reused();
        let guard = vessel.reachable(control);
        // The stamp is on the monotonic clock; what was requested before the launch is not.
        let before_launch = since(Instant::now()).saturating_sub(Duration::from_nanos(
            clock::monotonic().saturating_sub(launched),
        ));
        let first_instruction = |vessel: &dyn Vessel| {
            first_instruction(vessel, &block)
                .map(|time| before_launch + Duration::from_nanos(time - launched))
        };
        let mut answered = |vessel: &dyn Vessel, moment: Instant, sink: &mut dyn EventSink| {
            phases.answered = Some(since(moment));
            phases.first_instruction = first_instruction(vessel);
            _grace = (plan.limits.after_answer)
                .and_then(|grace| moment.checked_add(grace))
                .map(|deadline| inner.watchdog.watch(deadline, control, Demand::Stop));
            sink.answered(id, &phases);
        };
        let end = drive(&mut *vessel, &mut session, control, sink, &mut answered)?;
        drop(guard);
        phases.exited = Some(since(Instant::now()));
        phases.first_instruction = first_instruction(&*vessel);

        let mut frozen = None;
        let (exit, clean) = match end {
            End::Rings(Ending::Exit { status, slogan }) if slogan.is_empty() => {
                (Exit::Status(status), true)
            }
            End::Rings(Ending::Exit { status, slogan }) => {
                let text = String::from_utf8_lossy(&slogan).into_owned();
                (Exit::Slogan { status, text }, true)
            }
            End::Rings(Ending::OutOfMemory { asked }) => (Exit::OutOfMemory { asked }, true),
            End::Rings(Ending::Stopped) => (Exit::Stopped, true),
            End::Rings(Ending::Ready { kept_end }) => {
                match freeze(&mut *vessel, blueprint.space, kept_end)? {
                    Ok(kept) => {
                        frozen = Some(kept);
                        (Exit::Status(0), true)
                    }
                    Err(violation) => (Exit::Violation(violation), false),
                }
            }
            End::Violation(violation) => (Exit::Violation(violation), false),
            End::Demand(Demand::Stop) => (Exit::Stopped, false),
            End::Demand(Demand::TimeOut) => (Exit::TimedOut, false),
            End::Fault(fault) => {
                let (space, memory_end) = (blueprint.space, blueprint.memory_end);
                let report = CrashReport::new(id, fault, space, memory_end, plan.symbols, &*vessel);
                (Exit::Fault(Box::new(report)), false)
            }
        };
        let usage = session.usage;
        vessel.retire(clean);
        phases.gone = Some(since(Instant::now()));
        Ok(Life {
            outcome: Outcome {
                id,
                exit,
                phases,
                usage,
            },
            frozen,
        })
    }
}

/// Why an instance ended.
enum End {
    Rings(Ending),
    Violation(Violation),
    Demand(Demand),
    Fault(crate::report::Fault),
}

/// Told of a guest's first message, with the moment it came.
type Answered<'a> = dyn FnMut(&dyn Vessel, Instant, &mut dyn EventSink) + 'a;

/// Enters the guest and answers it until it ends.
fn drive(
    vessel: &mut dyn Vessel,
    session: &mut Session<'_>,
    control: &Control,
    sink: &mut dyn EventSink,
    answered: &mut Answered<'_>,
) -> Result<End, Error> {
    loop {
        if let Some(demand) = control.demanded() {
            return Ok(End::Demand(demand));
        }
        match vessel.enter()? {
            Stop::Interrupted => continue,
            Stop::Fault(fault) => {
                // Killed from outside because somebody asked for it: not the guest's fault.
                return Ok(control.demanded().map_or(End::Fault(fault), End::Demand));
            }
            Stop::Forbidden(what) => return Ok(End::Violation(Violation::Forbidden(what))),
            Stop::Doorbell => {}
        }
        match answer(vessel, session, control, sink, answered) {
            Ok(None) => {}
            Ok(Some(ending)) => return Ok(End::Rings(ending)),
            Err(Trouble::Violation(violation)) => return Ok(End::Violation(violation)),
            // The memory is gone, so the guest is: entering says why.
            Err(Trouble::Lost) => {}
        }
    }
}

/// Answers a doorbell, waiting if the guest wants to.
fn answer(
    vessel: &mut dyn Vessel,
    session: &mut Session<'_>,
    control: &Control,
    sink: &mut dyn EventSink,
    answered: &mut Answered<'_>,
) -> Result<Option<Ending>, Trouble> {
    let had_answered = session.answered.is_some();
    let next = session.doorbell(&mut Borrowed(vessel), sink)?;
    if let Some(moment) = session.answered.filter(|_| !had_answered) {
        answered(vessel, moment, sink);
    }
    let mut memory = Borrowed(vessel);
    control.is_attended();
    let delivered = session.deliver(&mut memory, control)?;
    let deadline = match next {
        Next::Enter => return Ok(None),
        Next::End(ending) => return Ok(Some(ending)),
        Next::Wait(_) if delivered => return session.finish_wait(&mut memory, true).map(|()| None),
        Next::Wait(deadline) => deadline.and_then(instant_of),
    };
    control.wait(deadline, session.wanted());
    let woken = session.deliver(&mut memory, control)?;
    session.finish_wait(&mut memory, woken)?;
    Ok(None)
}

/// A vessel, as memory only.
struct Borrowed<'a>(&'a mut dyn Vessel);

impl GuestMemory for Borrowed<'_> {
    fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), crate::memory::Lost> {
        self.0.read(address, buffer)
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), crate::memory::Lost> {
        self.0.write(address, bytes)
    }
}

/// When this monotonic time is; `None`: too far to tell from never.
fn instant_of(monotonic: u64) -> Option<Instant> {
    let left = monotonic.saturating_sub(clock::monotonic());
    Instant::now().checked_add(Duration::from_nanos(left))
}

/// The argument with the table of mounts behind it, if there are any, and where in it that is.
fn with_mount_table<'a>(
    argument: &'a [u8],
    mounts: &[Mount],
) -> (Cow<'a, [u8]>, std::ops::Range<usize>) {
    if mounts.is_empty() {
        return (Cow::Borrowed(argument), 0..0);
    }
    let mut bytes = argument.to_vec();
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let start = bytes.len();
    for mount in mounts {
        let entry = MountEntry {
            flags: u32::from(mount.is_read_only()) * MOUNT_READ_ONLY,
            length: mount.guest_path().len() as u32,
        };
        bytes.extend_from_slice(entry.as_bytes());
        bytes.extend_from_slice(mount.guest_path());
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    let table = start..bytes.len();
    (Cow::Owned(bytes), table)
}

/// Where memory ends and where the argument lies, for an instance whose memory up to `kept_end` is
/// spoken for.
fn place(limits: &Limits, kept_end: u64, argument: &[u8]) -> Result<(u64, u64), Error> {
    let limit = limits.memory_bytes;
    if !is_page_aligned(limit) || !(MEMORY_MIN..=MEMORY_MAX).contains(&limit) {
        return Err(Error::MemoryLimit(limit));
    }
    let needed = page_up(argument.len() as u64)
        .and_then(|length| length.checked_add(kept_end - MEMORY_BASE + PAGE_SIZE))
        .unwrap_or(u64::MAX);
    if needed > limit {
        return Err(Error::MemoryTooSmall { limit, needed });
    }
    let memory_end = MEMORY_BASE + limit;
    let argument_pages = needed - (kept_end - MEMORY_BASE + PAGE_SIZE);
    Ok((memory_end, memory_end - argument_pages))
}

/// Monotonic time at which the guest says that its first instruction ran, if that can be true.
fn first_instruction(memory: &dyn Vessel, block: &BootBlock) -> Option<u64> {
    let mut stamps = Stamps::new_zeroed();
    memory
        .read(RING_PAGE + STAMPS_OFFSET, stamps.as_mut_bytes())
        .ok()?;
    let time = block.clock.monotonic(stamps.first_instruction);
    let possible = block.entered..=clock::monotonic();
    (stamps.first_instruction != 0 && possible.contains(&time)).then_some(time)
}

/// The stack pointer and the memory of an instance that said "ready".
fn freeze(
    vessel: &mut dyn Vessel,
    space: &AddressSpace,
    kept_end: u64,
) -> Result<Result<(u64, Vec<u8>), Violation>, Error> {
    let stack_pointer = vessel.stack_pointer()?;
    if !(STACK_BASE..STACK_TOP).contains(&stack_pointer) || !stack_pointer.is_multiple_of(8) {
        return Ok(Err(Violation::StackPointer(stack_pointer)));
    }
    let mut memory = vec![0; (kept_end - MEMORY_BASE) as usize];
    for mapping in space.mappings(kept_end) {
        let start = (mapping.address - MEMORY_BASE) as usize;
        let part = &mut memory[start..start + mapping.length as usize];
        vessel
            .read(mapping.address, part)
            .map_err(|_| Error::Processor("its memory went away while it was frozen".to_owned()))?;
    }
    Ok(Ok((stack_pointer, memory)))
}

fn fill_random(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|error| Error::Host {
        call: "getrandom",
        source: std::io::Error::other(error),
    })
}
