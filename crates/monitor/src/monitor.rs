//! Who runs instances: places them in memory, and starts them or builds images from them.

use std::borrow::Cow;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use brood_abi::file::{MOUNT_READ_ONLY, MountEntry};
use brood_abi::layout::{
    HYPERCALL_RESUME, MEMORY_BASE, MEMORY_MAX, MEMORY_MIN, PAGE_SIZE, STACK_TOP, is_page_aligned,
    page_up,
};
use brood_abi::{Clock, boot};
use brood_image::{Frozen, Image};
use zerocopy::IntoBytes;

use crate::backend::{Backend, BackendKind, Vessel};
use crate::clock::{self, HostClock};
use crate::control::Control;
use crate::error::Error;
use crate::instance::{Instance, Layout, Life, Origin, Pause};
use crate::kvm::KvmBackend;
use crate::launch::{Built, EventSink, InstanceId, Launch, Limits, Outcome};
use crate::loader::Program;
use crate::mount::Mount;
use crate::process::ProcessBackend;
use crate::watchdog::Watchdog;

/// Runs instances. Clones are the same monitor.
#[derive(Clone)]
pub struct Monitor {
    inner: Arc<Inner>,
}

/// What all instances of a monitor share.
pub(crate) struct Inner {
    kind: BackendKind,
    pub(crate) backend: Box<dyn Backend>,
    clock: HostClock,
    pub(crate) watchdog: Watchdog,
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

impl Monitor {
    /// A monitor with this backend.
    pub fn new(kind: BackendKind) -> Result<Monitor, Error> {
        let backend: Box<dyn Backend> = match kind {
            BackendKind::Kvm => {
                let backend = KvmBackend::new();
                Box::new(backend.map_err(|error| Error::KvmUnavailable(error.to_string()))?)
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
                clock: HostClock::start(),
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
        Ok(live(self.start(image, launch)?, sink)?.outcome)
    }

    /// Clones `image`.
    pub(crate) fn start(&self, image: &Image, launch: &Launch<'_>) -> Result<Instance, Error> {
        // The table of mounts lies behind the argument, in pages of the same kind.
        let (argument, table) = with_mount_table(&launch.argument, &launch.mounts);
        let (memory_end, address) = place(&launch.limits, image.memory_kept_end(), &argument)?;
        let layout = Layout {
            memory_end,
            argument: boot::Extent {
                address,
                length: launch.argument.len() as u64,
            },
            mount_table: boot::Extent {
                address: address + table.start as u64,
                length: table.len() as u64,
            },
            instruction_pointer: HYPERCALL_RESUME,
            stack_pointer: image.stack_pointer(),
        };
        let origin = Origin::Image(image.clone());
        Instance::start(&self.inner, origin, launch, &layout, &argument)
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
        let program = Arc::new(Program::load(guest_elf, package.len() as u64)?);
        let (memory_end, address) = place(limits, program.space.heap_start(), &[])?;
        let layout = Layout {
            memory_end,
            argument: boot::Extent { address, length: 0 },
            mount_table: boot::Extent::default(),
            instruction_pointer: program.entry,
            stack_pointer: STACK_TOP,
        };
        let launch = Launch {
            limits: limits.clone(),
            control: control.cloned(),
            ..Launch::new(&[])
        };
        let origin = Origin::Program(Arc::clone(&program), package.to_vec());
        let instance = Instance::start(&self.inner, origin, &launch, &layout, &[])?;
        let Life { outcome, frozen } = live(instance, sink)?;
        Ok(match frozen {
            None => Built::Ended(outcome),
            Some((stack_pointer, memory)) => Built::Frozen(Frozen {
                space: program.space.clone(),
                stack_pointer,
                memory,
                symbols: program.symbols.clone(),
            }),
        })
    }
}

impl Inner {
    /// The clock for an instance that goes on in this vessel now, by the counter that it reads.
    pub(crate) fn clock_of(&self, vessel: &dyn Vessel) -> Result<Clock, Error> {
        let mut clock = self.clock.clock(|| vessel.counter_rate());
        clock.tsc_base = clock.tsc_base.wrapping_add(vessel.counter_offset()?);
        Ok(clock)
    }

    /// An id that no other instance of this monitor has had.
    pub(crate) fn next_id(&self) -> InstanceId {
        InstanceId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }
}

/// Runs an instance to its end on this thread.
fn live(mut instance: Instance, sink: &mut dyn EventSink) -> Result<Life, Error> {
    loop {
        match instance.run(sink)? {
            Pause::Preempted => {}
            Pause::Parked(deadline) => instance.control().wait(deadline, instance.wanted()),
            Pause::Ended(end) => return instance.finish(end),
        }
    }
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

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|error| Error::Host {
        call: "getrandom",
        source: std::io::Error::other(error),
    })
}
