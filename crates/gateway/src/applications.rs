//! Which application a request is for.

use std::sync::{Arc, Mutex, PoisonError};

use brood_monitor::Phases;
use http::request::Parts;
use http::{StatusCode, header};

use crate::directory::Directory;
use crate::instances::Instances;
use crate::name::Name;
use crate::refusal::Refusal;

/// What a server serves.
#[derive(Debug)]
pub enum Applications {
    /// One application, whose requests all are.
    One(Application),
    /// As many as there are files in a directory: a request is for the one that the first label of
    /// its host names.
    Directory(Directory),
}

/// An application that can be run.
#[derive(Clone)]
pub struct Application {
    pub(crate) name: Arc<str>,
    /// Memory of each of its instances.
    pub(crate) memory_bytes: u64,
    pub(crate) instances: Arc<dyn Instances>,
    /// The life of the instance that ended last, for the next one to be told of.
    previous: Arc<Mutex<Option<Phases>>>,
}

impl std::fmt::Debug for Application {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Application")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Application {
    /// An application of this name, as logs have it, whose instances have so much memory.
    pub fn new(
        name: impl Into<Arc<str>>,
        memory_bytes: u64,
        instances: Arc<dyn Instances>,
    ) -> Application {
        Application {
            name: name.into(),
            memory_bytes,
            instances,
            previous: Arc::default(),
        }
    }

    pub(crate) fn previous(&self) -> Option<Phases> {
        // Plain values: a panic elsewhere can't leave them half written.
        *self.previous.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn remember(&self, phases: Phases) {
        *self.previous.lock().unwrap_or_else(PoisonError::into_inner) = Some(phases);
    }
}

impl Applications {
    /// The application that a request with this head is for.
    pub(crate) async fn find(&self, parts: &Parts) -> Result<Application, Refusal> {
        let directory = match self {
            Applications::One(application) => return Ok(application.clone()),
            Applications::Directory(directory) => directory,
        };
        let Some(name) = named_by(parts) else {
            return Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "the first label of the host names the application, as in http://NAME.example.org/",
            ));
        };
        directory.find(&name).await
    }

    /// Closes what nobody uses any more, without end.
    pub(crate) async fn keep_tidy(&self) {
        match self {
            Applications::One(_) => std::future::pending().await,
            Applications::Directory(directory) => directory.keep_tidy().await,
        }
    }
}

/// The name in the request's target, or else in its `host`.
fn named_by(parts: &Parts) -> Option<Name> {
    let host = match parts.uri.authority() {
        Some(authority) => authority.host(),
        None => parts.headers.get(header::HOST)?.to_str().ok()?,
    };
    Name::of_host(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn the_target_goes_before_the_header() {
        let named = |target: &str, host: &str| {
            let request = Request::get(target).header("host", host).body(()).unwrap();
            named_by(&request.into_parts().0).map(|name| name.to_string())
        };
        assert_eq!(named("/", "shop.example:80").as_deref(), Some("shop"));
        assert_eq!(named("http://a.example/", "shop").as_deref(), Some("a"));
        assert_eq!(named("/", "[::1]:80"), None);
        let request = Request::get("/").body(()).unwrap();
        assert_eq!(named_by(&request.into_parts().0), None);
    }
}
