//! Why a client gets no answer of an instance.

use std::borrow::Cow;

use http::StatusCode;

/// A status, and the reason in words that any client may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    pub reason: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, reason: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal {
            status,
            reason: reason.into(),
        }
    }
}

/// Without more words than the status has.
impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Refusal {
        Refusal::new(status, "")
    }
}
