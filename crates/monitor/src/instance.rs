//! One instance, from launch to gone: made, run in slices, parked while it waits, given back.
//!
//! Between two slices an instance is a value like any other: it holds no thread, and any thread may
//! run the next slice.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brood_abi::layout::{HYPERCALL_RESUME, MEMORY_BASE, RING_PAGE, STACK_BASE, STACK_TOP};
use brood_abi::ring::STAMPS_OFFSET;
use brood_abi::{BootBlock, Stamps, boot};
use brood_image::{AddressSpace, Image, Symbols};
use zerocopy::{FromZeros, IntoBytes};

use crate::backend::{Blueprint, Source, Stop, Vessel};
use crate::clock;
use crate::control::{Control, Demand, Wanted};
use crate::error::Error;
use crate::hibernation::Hibernated;
use crate::launch::{EventSink, Exit, InstanceId, Launch, Outcome, Phases};
use crate::loader::Program;
use crate::memory::GuestMemory;
use crate::monitor::{Inner, fill_random};
use crate::report::{CrashReport, Fault};
use crate::session::{Ending, Next, Session, Trouble, Violation};
use crate::watchdog::{Alarm, Watch};

/// What an instance is a run of.
pub(crate) enum Origin {
    /// A clone of an image.
    Image(Image),
    /// A fresh program, with a package, that is to be frozen.
    Program(Arc<Program>, Vec<u8>),
}

impl Origin {
    fn source(&self) -> Source<'_> {
        match self {
            Origin::Image(image) => Source::Image(image),
            Origin::Program(program, package) => Source::Program(program, package),
        }
    }

    fn space(&self) -> &AddressSpace {
        match self {
            Origin::Image(image) => image.space(),
            Origin::Program(program, _) => &program.space,
        }
    }

    fn symbols(&self) -> &Symbols {
        match self {
            Origin::Image(image) => image.symbols(),
            Origin::Program(program, _) => &program.symbols,
        }
    }

    fn flags(&self) -> u32 {
        match self {
            Origin::Image(_) => 0,
            Origin::Program(..) => boot::FLAG_BUILD,
        }
    }
}

/// Where things are in an instance's memory, and where it begins.
pub(crate) struct Layout {
    pub memory_end: u64,
    pub argument: boot::Extent,
    pub mount_table: boot::Extent,
    pub instruction_pointer: u64,
    pub stack_pointer: u64,
}

/// A running instance.
pub(crate) struct Instance {
    monitor: Arc<Inner>,
    id: InstanceId,
    origin: Origin,
    memory_end: u64,
    vessel: Box<dyn Vessel>,
    session: Session,
    control: Control,
    /// Its own boot block, without the entropy.
    block: BootBlock,
    requested: Instant,
    /// How long before its launch it was requested.
    before_launch: Duration,
    phases: Phases,
    after_answer: Option<Duration>,
    cpu_limit: Option<Duration>,
    /// Processor time that threads of the monitor have spent on it.
    cpu: Duration,
    turn: Turn,
    _watch: Option<Watch>,
    grace: Option<Watch>,
}

/// Who acts next when an instance is run.
#[derive(Default)]
enum Turn {
    /// The guest is entered.
    #[default]
    Guest,
    /// The monitor, with what is left of a doorbell.
    Monitor,
    /// The monitor, since what a parked guest waited for is there.
    Waker,
}

/// Why an instance stands still.
pub(crate) enum Pause {
    /// It can go on at once.
    Preempted,
    /// It waits for what [`Instance::wanted`] says, or for this moment.
    Parked(Option<Instant>),
    /// It has ended.
    Ended(End),
}

/// Why an instance ended.
pub(crate) enum End {
    Rings(Ending),
    Violation(Violation),
    Demand(Demand),
    CpuExceeded,
    Fault(Fault),
}

/// [`Session::doorbell`] or [`Session::go_on`].
type Answering =
    fn(&mut Session, &mut dyn GuestMemory, &mut dyn EventSink, &Control) -> Result<Next, Trouble>;

/// What came of a life: an outcome, and the frozen memory if there was a "ready".
pub(crate) struct Life {
    pub outcome: Outcome,
    pub frozen: Option<(u64, Vec<u8>)>,
}

impl Instance {
    /// Makes an instance that is ready to run. `argument` is what lies at the layout's argument, with
    /// the table of mounts behind it.
    pub(crate) fn start(
        monitor: &Arc<Inner>,
        origin: Origin,
        launch: &Launch<'_>,
        layout: &Layout,
        argument: &[u8],
    ) -> Result<Instance, Error> {
        let meter = Meter::start();
        let requested = launch.requested.unwrap_or_else(Instant::now);
        let launched = clock::monotonic();
        let id = monitor.next_id();
        let control = launch.control.clone().unwrap_or_default();
        let limits = &launch.limits;
        let watch = (limits.wall)
            .and_then(|wall| requested.checked_add(wall))
            .map(|deadline| {
                let watchdog = &monitor.watchdog;
                watchdog.watch(deadline, &control, Alarm::End(Demand::TimeOut))
            });
        let space = origin.space();
        let mut vessel = monitor.backend.create(&Blueprint {
            source: origin.source(),
            space,
            memory_end: layout.memory_end,
            instruction_pointer: layout.instruction_pointer,
            stack_pointer: layout.stack_pointer,
            argument,
            argument_address: layout.argument.address,
            reuse: launch.reuse,
        })?;
        let steps = vessel.steps();
        let since = |moment: Option<Instant>| moment.map(|moment| moment.duration_since(requested));
        let mut phases = Phases {
            memory: since(steps.memory),
            working_set: since(steps.working_set),
            shell: since(steps.shell),
            created: Some(requested.elapsed()),
            ..Phases::default()
        };
        let clock = monitor.clock_of(&*vessel)?;
        let mut block = BootBlock {
            magic: boot::MAGIC,
            version: brood_abi::VERSION,
            flags: origin.flags(),
            instance_id: id.0,
            memory_end: layout.memory_end,
            heap: boot::Extent {
                address: space.heap_start(),
                length: layout.argument.address - space.heap_start(),
            },
            package: space.package(),
            argument: layout.argument,
            clock,
            launched,
            entered: 0,
            entropy: [0; 32],
            mounts: layout.mount_table,
        };
        fill_random(&mut block.entropy)?;
        block.entered = clock::monotonic();
        vessel.write_boot_block(&block)?;
        block.entropy = [0; 32];
        phases.entered = Some(requested.elapsed());

        let is_building = origin.flags() & boot::FLAG_BUILD != 0;
        let mut session = Session::new(space, layout.memory_end, limits, is_building);
        session.mount(Arc::clone(&launch.mounts));
        session.usage.reused = vessel.reused();
        session.usage.bytes_in = layout.argument.length;
        // The stamp is on the monotonic clock; what was requested before the launch is not.
        let since_launch = Duration::from_nanos(clock::monotonic().saturating_sub(launched));
        Ok(Instance {
            monitor: Arc::clone(monitor),
            id,
            memory_end: layout.memory_end,
            vessel,
            session,
            control,
            block,
            requested,
            before_launch: requested.elapsed().saturating_sub(since_launch),
            phases,
            after_answer: limits.after_answer,
            cpu_limit: limits.cpu,
            cpu: meter.spent(),
            turn: Turn::Guest,
            _watch: watch,
            grace: None,
            origin,
        })
    }

    /// How other threads reach it.
    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    /// What it waits for, beside its deadline.
    pub(crate) fn wanted(&self) -> Wanted {
        self.session.wanted()
    }

    /// Writes what is its own to a file in `directory` and gives its shell back. It must be parked. If that
    /// fails it is as it was.
    pub(crate) fn hibernate(&mut self, directory: &Arc<OwnedFd>) -> Result<(), Error> {
        if self.vessel.hibernated().is_some() {
            return Ok(());
        }
        let meter = Meter::start();
        self.find_first_instruction();
        let hibernated = Hibernated::write(directory, self.id, &mut *self.vessel)?;
        let shell = std::mem::replace(&mut self.vessel, Box::new(hibernated));
        // Not clean: what it has written lately is no measure of what its like write.
        self.cpu += shell.retire(false);
        self.cpu += meter.spent();
        Ok(())
    }

    /// Gives it a new shell if it hibernates.
    fn revive(&mut self) -> Result<(), Error> {
        let Some(hibernated) = self.vessel.hibernated() else {
            return Ok(());
        };
        let stack_pointer = hibernated.stack_pointer();
        let mut vessel = self.monitor.backend.create(&Blueprint {
            source: self.origin.source(),
            space: self.origin.space(),
            memory_end: self.memory_end,
            instruction_pointer: HYPERCALL_RESUME,
            stack_pointer,
            argument: &[],
            argument_address: self.block.argument.address,
            reuse: false,
        })?;
        hibernated.restore(&mut *vessel)?;
        // Its time goes on; the counter that it reads is another one.
        self.block.clock = self.monitor.clock_of(&*vessel)?;
        let mut block = self.block;
        fill_random(&mut block.entropy)?;
        vessel.write_boot_block(&block)?;
        self.vessel = vessel;
        Ok(())
    }

    /// Runs it on this thread until it has to wait, has ended, or somebody
    /// [preempts](Control::preempt) it.
    pub(crate) fn run(&mut self, sink: &mut dyn EventSink) -> Result<Pause, Error> {
        // What was meant for an earlier time.
        self.control.take_preempted();
        let mut _check = None;
        if let Some(limit) = self.cpu_limit {
            let left = limit.saturating_sub(self.cpu + self.vessel.cpu());
            if left.is_zero() {
                return Ok(Pause::Ended(End::CpuExceeded));
            }
            // The earliest that it can be over its limit.
            _check = Instant::now().checked_add(left).map(|earliest| {
                let watchdog = &self.monitor.watchdog;
                watchdog.watch(earliest, &self.control, Alarm::Preempt)
            });
        }
        let meter = Meter::start();
        let pause = self.drive(sink);
        self.cpu += meter.spent();
        pause
    }

    /// Enters the guest and answers it.
    fn drive(&mut self, sink: &mut dyn EventSink) -> Result<Pause, Error> {
        if self.control.demanded().is_none() {
            self.revive()?;
        }
        let _guard = self.vessel.reachable(&self.control);
        loop {
            if let Some(demand) = self.control.demanded() {
                return Ok(Pause::Ended(End::Demand(demand)));
            }
            if self.control.take_preempted() {
                return Ok(Pause::Preempted);
            }
            let answer = match std::mem::take(&mut self.turn) {
                Turn::Waker => self.wake(),
                Turn::Monitor => self.answer(sink, Session::go_on),
                Turn::Guest => match self.vessel.enter()? {
                    Stop::Interrupted => continue,
                    Stop::Fault(fault) => {
                        // Killed from outside because somebody asked for it: not the guest's fault.
                        let demanded = self.control.demanded();
                        let end = demanded.map_or(End::Fault(fault), End::Demand);
                        return Ok(Pause::Ended(end));
                    }
                    Stop::Forbidden(what) => {
                        let violation = Violation::Forbidden(what);
                        return Ok(Pause::Ended(End::Violation(violation)));
                    }
                    Stop::Doorbell => self.answer(sink, Session::doorbell),
                },
            };
            match answer {
                Ok(Next::Enter) => {}
                Ok(Next::Unfinished) => self.turn = Turn::Monitor,
                Ok(Next::End(ending)) => return Ok(Pause::Ended(End::Rings(ending))),
                Ok(Next::Wait(deadline)) => {
                    self.turn = Turn::Waker;
                    return Ok(Pause::Parked(deadline.and_then(instant_of)));
                }
                Err(Trouble::Violation(violation)) => {
                    return Ok(Pause::Ended(End::Violation(violation)));
                }
                // The memory is gone, so the guest is: entering says why.
                Err(Trouble::Lost) => {}
            }
        }
    }

    /// Answers a doorbell, or goes on with it.
    fn answer(&mut self, sink: &mut dyn EventSink, how: Answering) -> Result<Next, Trouble> {
        let had_answered = self.session.answered.is_some();
        let mut memory = Borrowed(&mut *self.vessel);
        let next = how(&mut self.session, &mut memory, sink, &self.control)?;
        if let Some(moment) = self.session.answered.filter(|_| !had_answered) {
            self.has_answered(moment, sink);
        }
        if next == Next::Unfinished {
            return Ok(next);
        }
        self.control.is_attended();
        let mut memory = Borrowed(&mut *self.vessel);
        let delivered = self.session.deliver(&mut memory, &self.control)?;
        match next {
            Next::Wait(_) if delivered => {
                self.session.finish_wait(&mut memory, true)?;
                Ok(Next::Enter)
            }
            next => Ok(next),
        }
    }

    /// Ends its wait.
    fn wake(&mut self) -> Result<Next, Trouble> {
        let mut memory = Borrowed(&mut *self.vessel);
        let woken = self.session.deliver(&mut memory, &self.control)?;
        self.session.finish_wait(&mut memory, woken)?;
        Ok(Next::Enter)
    }

    /// Its first message came.
    fn has_answered(&mut self, moment: Instant, sink: &mut dyn EventSink) {
        self.phases.answered = Some(moment.saturating_duration_since(self.requested));
        self.find_first_instruction();
        self.grace = (self.after_answer)
            .and_then(|grace| moment.checked_add(grace))
            .map(|deadline| {
                let watchdog = &self.monitor.watchdog;
                watchdog.watch(deadline, &self.control, Alarm::End(Demand::Stop))
            });
        sink.answered(self.id, &self.phases);
    }

    /// Asks when the first instruction ran, unless that is known: by a shell's clock, so before it goes.
    fn find_first_instruction(&mut self) {
        let known = self.phases.first_instruction;
        self.phases.first_instruction = known.or_else(|| self.first_instruction());
    }

    /// When the guest says that its first instruction ran, if that can be true.
    fn first_instruction(&self) -> Option<Duration> {
        let mut stamps = Stamps::new_zeroed();
        let address = RING_PAGE + STAMPS_OFFSET;
        self.vessel.read(address, stamps.as_mut_bytes()).ok()?;
        let time = self.block.clock.monotonic(stamps.first_instruction);
        let possible = self.block.entered..=clock::monotonic();
        (stamps.first_instruction != 0 && possible.contains(&time))
            .then(|| self.before_launch + Duration::from_nanos(time - self.block.launched))
    }

    /// Gives everything back.
    pub(crate) fn finish(mut self, end: End) -> Result<Life, Error> {
        let meter = Meter::start();
        self.phases.exited = Some(self.requested.elapsed());
        self.find_first_instruction();
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
                match freeze(&mut *self.vessel, self.origin.space(), kept_end)? {
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
            End::CpuExceeded => (Exit::CpuExceeded, false),
            End::Fault(fault) => {
                let report = CrashReport::new(
                    self.id,
                    fault,
                    self.origin.space(),
                    self.memory_end,
                    self.origin.symbols(),
                    &*self.vessel,
                );
                (Exit::Fault(Box::new(report)), false)
            }
        };
        let mut usage = self.session.usage;
        usage.cpu = self.cpu + self.vessel.retire(clean);
        self.phases.gone = Some(self.requested.elapsed());
        usage.cpu += meter.spent();
        Ok(Life {
            outcome: Outcome {
                id: self.id,
                exit,
                phases: self.phases,
                usage,
            },
            frozen,
        })
    }
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

/// Processor time of a stretch of work on one thread.
struct Meter(Duration);

impl Meter {
    fn start() -> Meter {
        Meter(clock::thread_cpu())
    }

    fn spent(self) -> Duration {
        clock::thread_cpu().saturating_sub(self.0)
    }
}

/// When this monotonic time is; `None`: too far to tell from never.
fn instant_of(monotonic: u64) -> Option<Instant> {
    let left = monotonic.saturating_sub(clock::monotonic());
    Instant::now().checked_add(Duration::from_nanos(left))
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
