//! A jail around the monitor: the instances of one tenant run in *workers*, processes of their own that have
//! nothing but what they were given.
//!
//! An instance is kept in by its virtual machine. Should one break out of it, it is in a process that holds no
//! other tenant's instance, no file, no connection and no privilege, and that can make few system calls.
//!
//! ## Principles
//!
//! * **The parent believes nothing.** What a worker says is checked as if a guest had taken it over; it can
//!   speak of its own launches only, and the parent never waits for it.
//! * **Given, not opened.** The worker has descriptors that were passed to it: `/dev/kvm`, image files, the
//!   directories of mounts. It can't open anything else.
//! * **Layers.** Namespaces, an empty root, bounds, no privileges, landlock, seccomp: each is put in force where
//!   the kernel permits it, and holds without the others. What is missing is said.
//! * **A worker has so many instances** and no more; the next ones have another worker.
//! * **A worker is expendable.** When it dies, its launches fail, each with a text that says so, and the next
//!   launch has another one. Without instances for a while it is ended: a tenant that does nothing costs nothing.
//!
//! ## Map
//!
//! * `jail`: [`Jail`] and its [`Settings`], one for each tenant
//! * `keeper`: the parent's thread for a worker
//! * `post`: what is to be sent to it
//! * `ledger`: what it was given, and may say
//! * `process`: its process
//! * `pages`: where its instances hibernate
//! * `protocol`, `channel`: messages, and the socket that they pass
//! * [`worker()`]: the other side, which the command line calls
//! * `confine`: how it is locked down
//!
//! On the `process` backend a worker has to start cells, which are processes, so its filter lets it do that; the
//! other layers are the same.

mod channel;
mod confine;
mod jail;
mod keeper;
mod ledger;
mod pages;
mod post;
mod process;
mod protocol;
mod worker;

pub use jail::{Jail, Settings};
pub use worker::worker;
