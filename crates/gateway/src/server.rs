//! Sockets, connections, draining.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::applications::Applications;
use crate::config::Config;
use crate::dispatcher::Dispatcher;
use crate::exchange::{Desk, RequestIds};
use crate::usage::UsageLog;

/// Longest head of a request in bytes.
const HEAD_MAX: usize = 64 << 10;
/// Longest body that any configuration may allow: its length must fit into a term.
const BODY_MAX_MAX: usize = 1 << 30;
/// Requests at a time on one HTTP/2 connection.
const STREAMS_MAX: u32 = 128;
/// How long to wait when the host has no descriptor for a new connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another program listens there.
    #[error("{0} is in use: stop what listens there, or choose another address")]
    AddressInUse(SocketAddr),
    /// The address can't be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The configuration contradicts itself.
    #[error("{0}")]
    Config(&'static str),
    /// No entropy.
    #[error("cannot {action}: {source}")]
    Host {
        /// What was tried.
        action: &'static str,
        /// The operating system's answer.
        source: io::Error,
    },
}

/// A server that listens, and serves when told to.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    desk: Arc<Desk>,
}

impl Server {
    /// Listens on `address` (port 0: any free one). What instances use is added to `usage`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn bind(
        address: SocketAddr,
        config: Config,
        applications: Applications,
        usage: Option<UsageLog>,
    ) -> Result<Server, Error> {
        if config.concurrency == 0 || config.share == 0 || config.connections == 0 {
            return Err(Error::Config(
                "a server without instances or without connections serves nobody",
            ));
        }
        if config.bodies_max.div_ceil(1024) > Semaphore::MAX_PERMITS {
            return Err(Error::Config("that much room for bodies can't be counted"));
        }
        if config.body_max > BODY_MAX_MAX {
            return Err(Error::Config("request bodies can have at most 1 GiB"));
        }
        let listen = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => Error::AddressInUse(address),
            _ => Error::Listen { address, source },
        };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let mut seed = [0; 4];
        getrandom::fill(&mut seed).map_err(|error| Error::Host {
            action: "get random bytes",
            source: io::Error::other(error),
        })?;
        let room = Arc::new(Semaphore::new(
            config.bodies_max.max(config.body_max).div_ceil(1024),
        ));
        let config = Arc::new(config);
        let dispatcher = Dispatcher::new(Arc::clone(&config), usage);
        let ids = RequestIds::new(u32::from_le_bytes(seed));
        Ok(Server {
            listener,
            address,
            desk: Arc::new(Desk {
                config,
                applications,
                dispatcher,
                ids,
                room,
            }),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`; then accepts no more, lets everything that has begun end, and returns
    /// when all instances are gone. What takes longer than an instance may live is cut off.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let Server { listener, desk, .. } = self;
        let config = Arc::clone(&desk.config);
        let builder = connection_builder(&config);
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(config.connections));
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        let tidying = desk.applications.keep_tidy();
        tokio::pin!(tidying);
        loop {
            let next = async {
                // The semaphore is never closed, so there is a place some day.
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            };
            tokio::select! {
                () = &mut stop => break,
                () = &mut tidying => {}
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                (place, accepted) = next => match accepted {
                    Ok((stream, peer)) => {
                        let desk = Arc::clone(&desk);
                        let (builder, watcher) = (builder.clone(), graceful.watcher());
                        connections.spawn(async move {
                            connection(&builder, watcher, desk, stream, peer).await;
                            drop(place);
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(listener);
        tracing::info!(connections = connections.len(), "draining");
        // Every client has this long to take its response, when its instance has used all its time.
        let patience = config.timeout + config.read_timeout;
        if tokio::time::timeout(patience, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("some connections did not end in time and are cut off");
        }
        connections.shutdown().await;
        desk.dispatcher.emptied().await;
    }
}

fn connection_builder(config: &Config) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.read_timeout)
        .max_buf_size(HEAD_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(config.read_timeout)
        .keep_alive_timeout(config.read_timeout)
        .max_header_list_size(HEAD_MAX as u32)
        .max_concurrent_streams(STREAMS_MAX);
    builder
}

async fn connection(
    builder: &auto::Builder<TokioExecutor>,
    watcher: Watcher,
    desk: Arc<Desk>,
    stream: TcpStream,
    peer: SocketAddr,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "TCP_NODELAY");
    }
    let patience = desk.config.read_timeout;
    let spoken = Arc::new(AtomicBool::new(false));
    let has_spoken = Arc::clone(&spoken);
    let service = service_fn(move |request: Request<Incoming>| {
        spoken.store(true, Ordering::Relaxed);
        let desk = Arc::clone(&desk);
        async move {
            let version = request.version();
            let mut response = desk.exchange(request, peer).await;
            if version == Version::HTTP_2 {
                // HTTP/2 has no such header.
                response.headers_mut().remove(http::header::CONNECTION);
            }
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let served = watcher.watch(
        builder
            .serve_connection(TokioIo::new(stream), service)
            .into_owned(),
    );
    tokio::pin!(served);
    // Until the first request nobody else limits how long a client may be silent.
    let ended = tokio::select! {
        ended = &mut served => Some(ended),
        () = tokio::time::sleep(patience) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None if has_spoken.load(Ordering::Relaxed) => served.await,
        None => return tracing::debug!(%peer, "no request came in time"),
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "the connection broke off");
    }
}

#[cfg(test)]
mod tests;
