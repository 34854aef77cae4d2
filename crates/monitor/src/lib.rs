//! Runs instances: takes an image, gives it memory, a virtual processor and an argument, carries
//! out what it asks for, and takes everything back.
//!
//! The monitor knows no Erlang, no HTTP and no images' insides beyond their address space. It is
//! plain threads: [`Monitor::run`] runs one instance on the calling thread until it has ended and
//! everything that it held is given back; a [`Scheduler`] runs many on a few threads of its own.
//!
//! ## Principles
//!
//! * **Every byte the guest wrote is hostile.** A guest address is an allegation with a type of its
//!   own; it is checked once, copied out, and only then looked at. What doesn't hold ends that
//!   instance and nothing else.
//! * **Whose fault is it?** What a guest does wrong is an [`Exit`]; what the host can't do or the
//!   caller asked wrongly is an [`Error`]. They never mix.
//! * **Nothing left behind.** An instance's memory, descriptors and threads are gone when `run`
//!   returns.
//! * **Two backends, one contract.** The same image runs as a virtual machine (`kvm`) and, with
//!   weaker isolation, as a process locked down by seccomp (`process`).
//!
//! ## Map
//!
//! * `scheduler`: [`Scheduler`], a few threads that run many instances
//! * `monitor`: [`Monitor`], which starts instances and builds images
//! * `instance`: the life of an instance from launch to gone, in slices
//! * `launch`: what a caller asks for and gets: [`Launch`], [`Limits`], [`Outcome`], [`Exit`]
//! * `control`: [`Control`], how other threads reach a running instance; `relay`: one in another process
//! * `session`: the monitor's side of the rings
//! * `terminal`: [`Terminal`], what a caller lends to an instance
//! * `mount`: [`Mount`], directories of the host that an instance may use
//! * `memory`: guest memory and the allegation type
//! * `report`: crash reports
//! * `loader`: fresh programs (static ELF)
//! * `hibernation`: instances on disk
//! * `page_map`: what the kernel tells of a process' pages
//! * `clock`, `watchdog`, `interrupt`: time, its limits, and what ends a slice
//! * `backend`: what a backend is, and which to take
//! * `kvm`, `process`: the backends

mod backend;
mod clock;
mod control;
mod error;
mod hibernation;
mod instance;
mod interrupt;
mod kvm;
mod launch;
mod loader;
mod memory;
mod monitor;
mod mount;
mod page_map;
mod process;
#[cfg(test)]
mod random_bytes;
mod relay;
mod report;
mod scheduler;
mod session;
mod terminal;
mod watchdog;

pub use backend::{BackendKind, Choice, Detected};
pub use control::Control;
pub use error::Error;
pub use launch::{
    Built, ConsoleStream, EventSink, Exit, Flow, InstanceId, Launch, Limits, Outcome, Phases, Usage,
};
pub use loader::LoadError;
pub use monitor::Monitor;
pub use mount::{Mount, MountError};
pub use relay::{RelayGuard, Relayed};
pub use report::{Cause, CrashReport, Frame, Registers};
pub use scheduler::{Hibernation, Listener, Scheduler};
pub use session::Violation;
pub use terminal::{Signal, SignalAction, Terminal, TerminalMode, TerminalState};
