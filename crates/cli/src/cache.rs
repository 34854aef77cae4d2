//! Where this program keeps what it made once and needs again.

use std::path::PathBuf;

/// `$XDG_CACHE_HOME/brood`, or `~/.cache/brood`.
pub fn directory() -> Option<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base =
        absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("brood"))
}
