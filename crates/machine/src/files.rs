//! The files of an image: a tree in memory that programs can only read.
//!
//! Paths are absolute and separated by `/`; `.`, `..` and repeated separators are resolved by [`normalize`]
//! before anything is looked up. There are no links. A directory exists because a file is in it, or because it is
//! the root.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Bound;

/// Absolute paths (bytes, usually UTF-8) with contents.
#[derive(Debug, Default)]
pub struct Files {
    /// By normalized path. The order makes the files of a directory neighbours.
    files: BTreeMap<Box<[u8]>, Box<[u8]>>,
}

/// An absolute path without `.`, `..`, repeated or trailing separators. A relative one starts at the root; `..`
/// stops there.
pub fn normalize(path: &[u8]) -> Vec<u8> {
    let mut normal: Vec<u8> = Vec::with_capacity(path.len() + 1);
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                let parent = normal.iter().rposition(|&byte| byte == b'/');
                normal.truncate(parent.unwrap_or(0));
            }
            _ => {
                normal.push(b'/');
                normal.extend_from_slice(part);
            }
        }
    }
    if normal.is_empty() {
        normal.push(b'/');
    }
    normal
}

impl Files {
    /// Adds a file, or replaces it.
    pub fn insert(&mut self, path: &[u8], bytes: impl Into<Box<[u8]>>) {
        self.files.insert(normalize(path).into(), bytes.into());
    }

    /// The contents of the file at `path`.
    pub fn get(&self, path: &[u8]) -> Option<&[u8]> {
        self.files
            .get(normalize(path).as_slice())
            .map(|bytes| &**bytes)
    }

    /// Whether there is a directory at `path`.
    pub fn is_directory(&self, path: &[u8]) -> bool {
        let prefix = prefix(path);
        prefix == b"/" || self.below(&prefix).next().is_some()
    }

    /// The names in the directory at `path`, sorted, or `None` when there is none.
    pub fn list(&self, path: &[u8]) -> Option<Vec<&[u8]>> {
        if !self.is_directory(path) {
            return None;
        }
        let prefix = prefix(path);
        let mut names: Vec<&[u8]> = self
            .below(&prefix)
            .filter_map(|file| file[prefix.len()..].split(|&byte| byte == b'/').next())
            .collect();
        names.sort_unstable();
        names.dedup();
        Some(names)
    }

    /// The paths that start with `prefix` and go on.
    fn below<'a, 'p>(&'a self, prefix: &'p [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a, 'p> {
        self.files
            .range::<[u8], _>((Bound::Excluded(prefix), Bound::Unbounded))
            .map(|(path, _)| &**path)
            .take_while(move |path| path.starts_with(prefix))
    }
}

/// The path of a directory with a separator at its end.
fn prefix(path: &[u8]) -> Vec<u8> {
    let mut prefix = normalize(path);
    if prefix != b"/" {
        prefix.push(b'/');
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_form() {
        for (path, normal) in [
            ("", "/"),
            ("/", "/"),
            ("//a///b/", "/a/b"),
            ("a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/../../b", "/b"),
            ("/a/..", "/"),
        ] {
            assert_eq!(normalize(path.as_bytes()), normal.as_bytes(), "{path}");
        }
    }

    #[test]
    fn directories_follow_from_files() {
        let mut files = Files::default();
        assert!(files.is_directory(b"/") && !files.is_directory(b"/lib"));
        files.insert(b"/lib/a/ebin/a.beam", *b"a");
        files.insert(b"/lib/a/ebin/b.beam", *b"b");
        files.insert(b"/lib/a-1", *b"neighbour in the order");
        files.insert(b"/boot", *b"");
        assert_eq!(files.get(b"/lib//a/./ebin/b.beam"), Some(&b"b"[..]));
        assert_eq!(files.get(b"/lib/a"), None);
        assert!(files.is_directory(b"/lib/a/") && !files.is_directory(b"/boot"));
        assert_eq!(files.list(b"/"), Some(alloc::vec![&b"boot"[..], b"lib"]));
        assert_eq!(files.list(b"/lib"), Some(alloc::vec![&b"a"[..], b"a-1"]));
        assert_eq!(
            files.list(b"/lib/a/ebin"),
            Some(alloc::vec![&b"a.beam"[..], b"b.beam"])
        );
        assert_eq!(files.list(b"/boot"), None);
    }
}
