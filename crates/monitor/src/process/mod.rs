//! The `process` backend.

use crate::backend::{Backend, Blueprint, Vessel};
use crate::error::Error;

/// Makes processes.
pub(crate) struct ProcessBackend;

impl ProcessBackend {
    pub(crate) fn new() -> Result<ProcessBackend, Error> {
        Err(Error::ProcessUnavailable("not in this build".to_owned()))
    }
}

impl Backend for ProcessBackend {
    fn create(&self, _: &Blueprint<'_>) -> Result<Box<dyn Vessel>, Error> {
        Err(Error::ProcessUnavailable("not in this build".to_owned()))
    }
}
