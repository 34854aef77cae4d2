//! What an image says about itself to people; `brood inspect` prints it. Nothing here decides how
//! an instance runs.

use serde::{Deserialize, Serialize};

/// The description of an image. Unknown fields in a file are ignored, missing ones take defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Version of the brood that built it.
    pub brood_version: String,
    /// Name of the application.
    pub name: String,
    /// Release of the OTP whose modules are inside, for example `25`.
    pub otp_release: String,
    /// When it was built, Unix time in seconds.
    pub created_unix: u64,
    /// How long building took, milliseconds.
    pub build_ms: u64,
    /// What a clone does: `handler MODULE` or `main MODULE`.
    pub entry: String,
    /// The modules inside.
    pub modules: Vec<Module>,
    /// The arguments that the runtime was started with.
    pub arguments: Vec<String>,
}

/// A module in an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Size of its `.beam` file in bytes.
    pub bytes: u64,
    /// Where it came from: `otp/APPLICATION`, `brood` or `application`.
    pub source: String,
}
