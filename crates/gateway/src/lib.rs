//! The HTTP front of brood: one request in, one instance born, one response out.
//!
//! A request is read whole, put into an external term, and given to a new instance as its
//! argument. The first message that the instance sends is the answer. It goes out as soon as it is
//! in; the instance ends and is given back behind it. No instance ever sees two requests.
//!
//! The gateway serves one application, or a directory of them: then the first label of a request's
//! host is the application's name. It terminates no TLS and caches no answers. It knows no virtual
//! machines: it asks [`Instances`] for one.
//!
//! ## Principles
//!
//! * **Nothing without a bound.** Connections, header bytes, bodies, waiting requests, console
//!   output, answers and time each have a limit in [`Config`]; what goes beyond gets the status
//!   that HTTP has for it.
//! * **Instances are hostile.** An answer is parsed by a strict, non-recursive reader of exactly two
//!   shapes, and checked again as HTTP before it reaches a client. What instances print is made
//!   harmless before it reaches the log.
//! * **Connections never wait for instances.** The asynchronous side accepts, reads and writes; the
//!   threads of [`Instances`] run instances; a bounded queue is between them.
//! * **A client that leaves takes its instance with it.**
//! * **An application without requests is a file.** Nothing is kept of it here, nothing is open.
//! * **Applications take turns.** A busy one gets what the others leave (see `queue`).
//!
//! ## What a client gets
//!
//! | what happened                                     | status                                  |
//! | ------------------------------------------------- | --------------------------------------- |
//! | the handler answered                              | its own, 200 to 599                     |
//! | it crashed, answered nonsense, or ended silently  | 500, the reason in the log              |
//! | the runtime faulted or broke its contract         | 500, the report in the log              |
//! | it ran longer than `timeout`, or computed longer  | 504                                     |
//! | it wanted more memory than it may have            | 503                                     |
//! | it answered or printed more than it may           | 500, the limit in the log               |
//! | the process that ran it is gone                   | 502, the reason in the log              |
//! | as many requests as may wait are waiting          | 503 with `retry-after`                  |
//! | there is no application of that name              | 404                                     |
//! | its image is broken, or has no handler            | 500, the reason in the log              |
//! | the body is longer than `body_max`                | 413                                     |
//! | the body did not come in time                     | 408                                     |
//! | `CONNECT`                                         | 501                                     |
//!
//! Each response has `brood-request`, the id under which the log tells about it. Those that an
//! instance made have `brood-instance`, its id, and `server-timing`, its life in milliseconds since
//! its launch: `created` (its shell and memory were there), `entered` (the processor went in),
//! `first_erlang` (its first Erlang instruction ran), `answered` (its answer was in). `queued` is how
//! long the request waited for the launch.
//!
//! ## Map
//!
//! * [`Server`], [`Config`]: sockets, connections, draining
//! * [`Applications`]: which application a request is for; [`Directory`]: those in a directory, [`Name`]
//! * `exchange`: one request and its response on the asynchronous side
//! * `dispatcher`, `queue`: who may have an instance now, and who waits
//! * `life`: one instance, from argument to verdict
//! * `answer`: what an instance said, as HTTP
//! * `external`: the external term format, as far as requests and answers need it
//! * [`UsageLog`]: what instances used
//! * `text`: what instances print, made harmless
#![forbid(unsafe_code)]

mod answer;
mod applications;
mod config;
mod directory;
mod dispatcher;
mod exchange;
mod external;
mod instances;
mod life;
mod name;
mod queue;
#[cfg(test)]
mod random_bytes;
mod refusal;
mod server;
mod text;
mod usage;

pub use applications::{Application, Applications};
pub use config::Config;
pub use directory::{Directory, DirectoryBounds, Opened, Opener, Unfit};
pub use external::{Request, Writer, encode_bench, encode_run};
pub use instances::{Clones, Instances};
pub use name::Name;
pub use server::{Error, Server};
pub use text::harmless;
pub use usage::UsageLog;
