//! Which OTP the modules are of that run here: what programs are told of the emulator that they think they run on.

use alloc::format;
use alloc::string::{String, ToString};

/// A release of OTP, and the version of its emulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otp {
    /// `25`
    pub release: String,
    /// `13.1.5`
    pub emulator: String,
}

impl Default for Otp {
    /// The one whose emulator was the model.
    fn default() -> Otp {
        Otp {
            release: "25".to_string(),
            emulator: "13.1.5".to_string(),
        }
    }
}

impl Otp {
    /// Whether this release knows native records.
    pub fn has_native_records(&self) -> bool {
        self.release.parse().is_ok_and(|release: u32| release >= 29)
    }

    /// What `erl` says of itself when it starts.
    pub fn system_version(&self) -> String {
        format!(
            "Erlang/OTP {} [brood-{}] [64-bit] [smp:1:1] [ds:1:1:1]\n",
            self.release,
            env!("CARGO_PKG_VERSION")
        )
    }

    /// The line that names the emulator and its version.
    pub fn emulator_version(&self) -> String {
        format!("Erlang (BEAM) emulator version {}\n", self.emulator)
    }
}
