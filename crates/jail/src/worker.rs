//! The worker's side: gives up what it doesn't need, then runs the instances that its parent asks for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use brood_image::Image;
use brood_monitor::{
    BackendKind, ConsoleStream, Control, Error, EventSink, Flow, Hibernation, InstanceId, Launch,
    Limits, Listener, Monitor, Mount, Outcome, Phases, Scheduler, Signal, SignalAction, Terminal,
    TerminalMode, TerminalState,
};

use crate::channel::{self, Incoming};
use crate::confine::{self, Missing, namespaces};
use crate::protocol::{self, Event, Moment, MountOnWire, Purpose, Request, Setup};

/// What messages call an image: the worker knows no name of it.
const IMAGE: &str = "image";

/// Is a worker, until its parent wants nothing more of it: what the command of
/// [`Settings`](crate::Settings) is to call, first of all and with one thread. Standard input is the socket
/// to the parent.
pub fn worker() -> ExitCode {
    let prepared = take_socket().and_then(|socket| Ok((socket.try_clone()?, socket)));
    let (ours, socket) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            eprintln!("error: a worker is started by a jail, with a socket to it: {error}");
            return ExitCode::FAILURE;
        }
    };
    let out = Arc::new(Out {
        socket: Mutex::new(ours),
    });
    tell_of_panics(&out);
    // Reading the clock for the first time takes a file that is out of reach later.
    let _ = Moment::from(Instant::now());
    match live(&out, socket) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            out.send(&Event::Failed { reason: &reason });
            ExitCode::FAILURE
        }
    }
}

/// The socket, which is standard input, and nothing else: standard input is then what standard output is.
fn take_socket() -> io::Result<OwnedFd> {
    // SAFETY: nothing was opened yet, so nobody owns what whoever started this program left open.
    unsafe { confine::close_from(3) }?;
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::net::getpeername(&socket)?;
    rustix::stdio::dup2_stdin(io::stdout())?;
    Ok(socket)
}

/// What a panic says goes to the parent: there is nothing else that it could go to.
fn tell_of_panics(out: &Arc<Out>) {
    let out = Arc::clone(out);
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.to_string();
        out.send(&Event::Said { text: &text });
    }));
}

fn live(out: &Arc<Out>, socket: OwnedFd) -> Result<(), String> {
    let mut missing = Missing::default();
    // SAFETY: this is the first thread, and there is no other yet; nobody signals it by its handle.
    let entered = unsafe { namespaces::enter(&mut missing) };
    let (role, own) = entered.map_err(|error| format!("the worker's process: {error}"))?;
    match role {
        namespaces::Role::Starter(process) => {
            out.send(&Event::Born { process });
            return Ok(());
        }
        namespaces::Role::Alone => {
            let process = std::process::id() as i32;
            out.send(&Event::Born { process });
        }
        namespaces::Role::Sibling => {}
    }
    let mut incoming = Incoming::new(socket);
    let setup = match next(&mut incoming)? {
        Some(Request::Setup(setup)) => setup,
        Some(_) => return Err("the first request was no setup".to_owned()),
        None => return Ok(()),
    };
    let mut desk = prepare(out, &mut incoming, setup, own, &mut missing)?;
    out.send(&Event::Ready {
        missing: missing.layers,
    });
    loop {
        let known = match next(&mut incoming)? {
            Some(Request::Image { image }) => Some(image),
            Some(request) => {
                desk.handle(request)?;
                None
            }
            // All that still runs goes with the process.
            None => std::process::exit(0),
        };
        if let Some(number) = known {
            let file = File::from(descriptor(&mut incoming)?);
            let image = Image::of_known_file(Path::new(IMAGE), file);
            let image = image.map_err(|error| error.to_string());
            desk.images.insert(number, image);
        }
    }
}

fn next(incoming: &mut Incoming) -> Result<Option<Request<'_>>, String> {
    let contents = incoming.next().map_err(|error| error.to_string())?;
    let request = contents.map(protocol::decode::<Request<'_>>).transpose();
    request.map_err(|error| format!("the parent sent {error}"))
}

fn descriptor(incoming: &mut Incoming) -> Result<OwnedFd, String> {
    incoming.descriptor().map_err(|error| error.to_string())
}

/// Locks the process down around a scheduler.
fn prepare(
    out: &Arc<Out>,
    incoming: &mut Incoming,
    setup: Setup,
    own: namespaces::Own,
    missing: &mut Missing,
) -> Result<Desk, String> {
    let device = setup.kvm.then(|| descriptor(incoming)).transpose()?;
    let passed = setup.directories().map(|_| descriptor(incoming));
    let passed = passed.collect::<Result<Vec<_>, _>>()?;
    let mut directories = confine::before_threads(&setup, own, passed, missing)?;
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let mount = |(mount, directory): (&MountOnWire, OwnedFd)| {
        let read_only = mount.directory.purpose == Purpose::Read;
        Mount::on(directory, &mount.guest_path, read_only).map_err(|error| text(&error))
    };
    let pages = directories.split_off(setup.mounts.len());
    let mounts = setup.mounts.iter().zip(directories).map(mount);
    let mounts = mounts.collect::<Result<Arc<[Mount]>, _>>()?;

    // Threads that are started from here on are confined as this one is.
    let monitor = match device {
        Some(device) => Monitor::with_kvm(device),
        None => Monitor::new(BackendKind::Process),
    };
    let monitor = monitor.map_err(|error| text(&error))?;
    let hibernation = (setup.hibernation.as_ref().zip(pages.into_iter().next())).map(
        |(hibernation, directory)| Hibernation {
            after: hibernation.after,
            directory: Arc::new(directory),
        },
    );
    let scheduler = Scheduler::start(monitor, setup.threads as usize, hibernation);
    let scheduler = scheduler.map_err(|error| text(&error))?;
    confine::after_threads(&setup)?;
    Ok(Desk {
        out: Arc::clone(out),
        scheduler,
        mounts,
        images: HashMap::new(),
        controls: Arc::default(),
    })
}

/// Where requests are carried out.
struct Desk {
    out: Arc<Out>,
    scheduler: Scheduler,
    mounts: Arc<[Mount]>,
    images: HashMap<u32, Result<Image, String>>,
    controls: Arc<Controls>,
}

/// The controls of all launches that are not over.
#[derive(Default)]
struct Controls {
    by_launch: Mutex<HashMap<u64, Control>>,
}

impl Controls {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Control>> {
        self.by_launch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The control of a launch; none if it is over, as the parent will hear.
    fn of(&self, launch: u64) -> Option<Control> {
        self.lock().get(&launch).cloned()
    }
}

impl Desk {
    fn handle(&mut self, request: Request<'_>) -> Result<(), String> {
        match request {
            // Descriptors come with these, so the caller has seen to them.
            Request::Setup(_) | Request::Image { .. } => {
                return Err("a request at the wrong time".to_owned());
            }
            Request::Forget { image } => {
                self.images.remove(&image);
            }
            Request::Launch {
                launch,
                image,
                limits,
                mounts,
                reuse,
                signals,
                requested,
                argument,
            } => {
                let wanted = self.wanted(limits, &mounts, reuse, requested, argument);
                self.launch(launch, image, signals, wanted);
            }
            Request::Stop { launch } => self.with(launch, |control| control.stop()),
            Request::Input { launch, bytes } => {
                self.with(launch, |control| control.console_input(bytes));
            }
            Request::EndOfInput { launch } => self.with(launch, |control| control.console_eof()),
            Request::DiscardInput { launch } => {
                self.with(launch, |control| control.discard_input());
            }
            Request::Signal { launch, signal } => self.with(launch, |control| {
                if let Some(signal) = Signal::from_code(signal) {
                    control.signal(signal);
                }
            }),
        }
        Ok(())
    }

    fn with(&self, launch: u64, act: impl FnOnce(&Control)) {
        if let Some(control) = self.controls.of(launch) {
            act(&control);
        }
    }

    fn wanted(
        &self,
        limits: Limits,
        mounts: &[u32],
        reuse: bool,
        requested: Moment,
        argument: &[u8],
    ) -> Result<Launch<'static>, String> {
        let is_all = mounts.len() == self.mounts.len() && (0..).zip(mounts).all(|(a, b)| a == *b);
        let mounts = match is_all {
            true => Arc::clone(&self.mounts),
            false => {
                let one = |&number: &u32| self.mounts.get(number as usize).cloned();
                let some: Option<Vec<Mount>> = mounts.iter().map(one).collect();
                some.ok_or("a directory that it does not have")?.into()
            }
        };
        Ok(Launch {
            argument: Cow::Owned(argument.to_vec()),
            limits,
            mounts,
            reuse,
            control: Some(Control::new()),
            requested: Some(requested.into()),
        })
    }

    fn launch(
        &self,
        number: u64,
        image: u32,
        signals: bool,
        wanted: Result<Launch<'static>, String>,
    ) {
        let no_image = Err("an image that it does not have".to_owned());
        let image = self.images.get(&image).unwrap_or(&no_image);
        let refused = match (image, wanted) {
            (Ok(image), Ok(launch)) => {
                if let Some(control) = &launch.control {
                    self.controls.lock().insert(number, control.clone());
                }
                let remote = Remote {
                    launch: number,
                    out: Arc::clone(&self.out),
                    controls: Arc::clone(&self.controls),
                    waiting: Vec::new(),
                    spoke: false,
                    signals,
                };
                return self.scheduler.launch(image, launch, Box::new(remote));
            }
            (Err(why), _) => why.clone(),
            (_, Err(why)) => why,
        };
        self.out.send(&Event::Ended {
            launch: number,
            outcome: Err(&refused),
        });
    }
}

/// The way to the parent.
struct Out {
    socket: Mutex<OwnedFd>,
}

impl Out {
    fn send(&self, event: &Event<'_>) {
        let mut frames = Vec::new();
        protocol::encode(event, &mut frames);
        self.send_frames(&frames);
    }

    fn send_frames(&self, frames: &[u8]) {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        if channel::send_all(&socket, frames).is_err() {
            // There is no parent any more.
            std::process::exit(1);
        }
    }
}

/// Passes on to the parent what an instance says.
struct Remote {
    launch: u64,
    out: Arc<Out>,
    controls: Arc<Controls>,
    /// The first message, which is sent together with what comes right behind it.
    waiting: Vec<u8>,
    spoke: bool,
    /// Whether it may be told of signals.
    signals: bool,
}

impl Remote {
    fn send(&mut self, event: &Event<'_>) {
        protocol::encode(event, &mut self.waiting);
        self.out.send_frames(&self.waiting);
        self.waiting.clear();
    }
}

impl EventSink for Remote {
    fn console(&mut self, stream: ConsoleStream, bytes: &[u8]) {
        self.send(&Event::Console {
            launch: self.launch,
            errors: stream == ConsoleStream::Errors,
            bytes,
        });
    }

    fn message(&mut self, bytes: &[u8]) -> Flow {
        let message = Event::Message {
            launch: self.launch,
            bytes,
        };
        match std::mem::replace(&mut self.spoke, true) {
            false => protocol::encode(&message, &mut self.waiting),
            true => self.send(&message),
        }
        // Whether it goes on is the parent's decision; it says so by itself.
        Flow::Continue
    }

    fn terminal(&mut self) -> Option<&mut dyn Terminal> {
        match self.signals {
            true => Some(self),
            false => None,
        }
    }

    fn answered(&mut self, instance: InstanceId, phases: &Phases) {
        self.send(&Event::Answered {
            launch: self.launch,
            instance: instance.0,
            phases: *phases,
        });
    }
}

/// Nothing but signals: the parent's terminal can't be asked from here.
impl Terminal for Remote {
    fn state(&mut self) -> TerminalState {
        TerminalState::default()
    }

    fn set_mode(&mut self, _: Option<TerminalMode>) -> bool {
        false
    }

    fn set_signal(&mut self, signal: Signal, action: SignalAction) {
        let is_it = |known: &SignalAction| *known == action;
        let action = protocol::SIGNAL_ACTIONS.iter().position(is_it);
        self.send(&Event::SignalAction {
            launch: self.launch,
            signal: signal.code(),
            action: action.unwrap_or(0) as u8,
        });
    }
}

impl Listener for Remote {
    fn ended(mut self: Box<Self>, outcome: Result<Outcome, Error>) {
        self.controls.lock().remove(&self.launch);
        let launch = self.launch;
        match outcome {
            Ok(outcome) => self.send(&Event::Ended {
                launch,
                outcome: Ok(outcome.into()),
            }),
            Err(error) => self.send(&Event::Ended {
                launch,
                outcome: Err(&error.to_string()),
            }),
        }
    }
}
