//! Directories of the host for an instance: `-v HOST:GUEST[:ro]`.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::bail;
use brood_monitor::Mount;

/// What one `-v` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The host's directory.
    host: PathBuf,
    /// Where the instance sees it.
    guest: String,
    read_only: bool,
}

impl FromStr for Volume {
    type Err = String;

    fn from_str(text: &str) -> Result<Volume, String> {
        let (paths, read_only) = match text.strip_suffix(":ro") {
            Some(paths) => (paths, true),
            None => (text.strip_suffix(":rw").unwrap_or(text), false),
        };
        // The host's path may have colons in it.
        let colon = paths.rfind(":/").filter(|&colon| colon > 0);
        let colon = colon.ok_or_else(|| {
            format!(
                "{text:?} is not HOST:GUEST or HOST:GUEST:ro, where GUEST is a path from / on, \
                 as in \"./data:/data:ro\""
            )
        })?;
        Ok(Volume {
            host: paths[..colon].into(),
            guest: paths[colon + 1..].to_owned(),
            read_only,
        })
    }
}

/// Opens the directories.
pub fn mounts(volumes: &[Volume]) -> anyhow::Result<Vec<Mount>> {
    let mut mounts: Vec<Mount> = Vec::new();
    for volume in volumes {
        let mount = Mount::open(&volume.host, volume.guest.as_bytes(), volume.read_only)?;
        if mounts
            .iter()
            .any(|other| other.guest_path() == mount.guest_path())
        {
            bail!("cannot mount two directories at {}", volume.guest);
        }
        mounts.push(mount);
    }
    Ok(mounts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_two_paths_and_a_mode() {
        let volume = |host: &str, guest: &str, read_only| {
            Ok(Volume {
                host: host.into(),
                guest: guest.to_owned(),
                read_only,
            })
        };
        for (text, expected) in [
            ("data:/data", volume("data", "/data", false)),
            ("/a/b:/c:ro", volume("/a/b", "/c", true)),
            ("/a:/b:rw", volume("/a", "/b", false)),
            ("./a:b:/c", volume("./a:b", "/c", false)),
            ("/:/host", volume("/", "/host", false)),
        ] {
            assert_eq!(text.parse(), expected, "{text}");
        }
        for text in ["", "/a", "/a:b", ":/a", "/a:", "/a:ro"] {
            assert!(text.parse::<Volume>().is_err(), "{text}");
        }
    }
}
