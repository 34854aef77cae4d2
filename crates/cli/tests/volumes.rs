//! Directories of the host, with `-v`: what programs do in them and find there later is what stock `erl` does.

mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use support::{Images, Said, backends, brood, built, fixture};

fn image(name: &str) -> PathBuf {
    static IMAGES: OnceLock<Images> = OnceLock::new();
    let fixtures = || ["volumes", "full"].map(|name| (name, fixture(name)));
    IMAGES.get_or_init(|| built(fixtures())).path(name)
}

/// `brood run` of the fixture `volumes` with these volumes.
fn run(backend: &str, volumes: &[String], arguments: &[&str]) -> Said {
    run_image("volumes", backend, volumes, arguments)
}

fn run_image(name: &str, backend: &str, volumes: &[String], arguments: &[&str]) -> Said {
    let mut command = brood(["run", "--backend", backend]);
    command.arg(image(name));
    for volume in volumes {
        command.args(["-v", volume]);
    }
    Said::of(command.arg("--").args(arguments))
}

/// What was printed, however it was wrapped.
fn unwrapped(said: &Said) -> String {
    said.output.split_whitespace().collect()
}

/// What is below a directory: permissions, and what a link leads to or a file contains.
fn contents(directory: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::MetadataExt;
    let mut found = BTreeMap::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            let content = if metadata.is_symlink() {
                path.read_link().unwrap().into_os_string().into_vec()
            } else if metadata.is_dir() {
                pending.push(path.clone());
                Vec::new()
            } else {
                std::fs::read(&path).unwrap()
            };
            let name = path.strip_prefix(directory).unwrap().to_owned();
            found.insert(name, (metadata.mode(), content));
        }
    }
    found
}

#[test]
fn programs_do_in_a_volume_what_they_do_in_a_directory() {
    let parent = tempfile::tempdir().unwrap();
    let parent = parent.path().canonicalize().unwrap();
    let modules = parent.join("modules");
    std::fs::create_dir(&modules).unwrap();
    let source = fixture("volumes").join("volumes.erl");
    let mut compile = Command::new("erlc");
    let compiled = compile.arg("-o").arg(&modules).arg(source).status();
    assert!(compiled.unwrap().success());
    // The same path for all, so that what is told of it is the same.
    let directory = parent.join("directory");
    let path = directory.to_str().unwrap();
    let begin_anew = || {
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir(&directory).unwrap();
    };
    let rounds = ["first", "second"];
    begin_anew();
    let expected = rounds.map(|round| {
        let call = format!("volumes:main([{path:?}, {round:?}]), init:stop().");
        let mut stock = Command::new("erl");
        stock.arg("-pa").arg(&modules);
        let said = Said::of(stock.args(["+fnu", "-noshell", "-eval", &call]));
        assert_eq!(said.status, Some(0), "{said:?}");
        said.output
    });
    let left = contents(&directory);
    for backend in backends() {
        begin_anew();
        for (round, expected) in rounds.into_iter().zip(&expected) {
            let said = run(backend, &[format!("{path}:{path}")], &[path, round]);
            assert_same(expected, &said, backend, round);
        }
        let (left, ours) = (left.keys(), contents(&directory));
        assert!(left.eq(ours.keys()), "{:?}", ours.keys());
    }
    let ours = contents(&directory);
    for name in ["basics", "terms", "log", "wrap.1", "directory/inside"] {
        let name = Path::new(name);
        assert_eq!(ours[name].0, left[name].0, "{name:?}");
        if !name.starts_with("log") && !name.starts_with("wrap.1") {
            assert_eq!(ours[name], left[name], "{name:?}");
        }
    }
}

#[track_caller]
fn assert_same(expected: &str, said: &Said, backend: &str, round: &str) {
    let difference = similar::TextDiff::from_lines(expected, &said.output);
    let difference = difference.unified_diff().to_string();
    assert!(
        difference.is_empty(),
        "{backend}, {round}:\n{difference}\n{}",
        said.errors
    );
    assert_eq!(said.status, Some(0), "{said:?}");
}

#[test]
fn memory_and_volumes_are_one_tree() {
    for backend in backends() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        symlink("/tmp/in_memory", path.join("to_memory")).unwrap();
        symlink("/etc/passwd", path.join("to_passwd")).unwrap();
        symlink("../../etc/passwd", path.join("to_passwd_too")).unwrap();
        std::fs::create_dir(path.join("sub")).unwrap();
        let volume = format!("{}:/mnt/volume", path.display());
        let said = run(
            backend,
            &[volume],
            &["only", "crossing", "/mnt/volume", "1"],
        );
        let expected = "\
            crossing:[ok,{ok,<<\"memory\">>},{error,enoent},{error,enoent},{ok,<<\"memory\">>},{error,exdev},\
            {error,exdev},{ok,6},{ok,<<\"memory\">>},{ok,[\"volume\"]},{ok,<<\"memory\">>},ok,\
            {ok,\"/mnt/volume/sub\"},{ok,<<\"memory\">>},{error,ebusy},{error,ebusy},{error,eperm},{error,eperm},\
            {ok,[\"copy\",\"sub\",\"to_memory\",\"to_passwd\",\"to_passwd_too\"]}]";
        assert_eq!(unwrapped(&said), expected, "{backend}: {said:?}");
    }
}

/// An image's own files lie over what is mounted around them.
#[test]
fn an_image_lies_over_a_volume() {
    for backend in backends() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("mine"), "mine").unwrap();
        std::fs::create_dir(directory.path().join("lib")).unwrap();
        std::fs::write(directory.path().join("lib/mine"), "mine").unwrap();
        let volume = format!("{}:/brood", directory.path().display());
        let said = run(backend, &[volume], &["only", "over", "/brood", "1"]);
        let expected = "\
            over:[true,true,{ok,<<\"mine\">>},true,true,{error,erofs},{error,erofs},{error,ebusy},{error,exdev},ok,\
            {ok,<<\"new\">>}]";
        assert_eq!(unwrapped(&said), expected, "{backend}: {said:?}");
        assert!(directory.path().join("lib/new").is_file());
    }
}

#[test]
fn what_is_read_only_stays_as_it_is() {
    for backend in backends() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("file"), "content").unwrap();
        let volume = format!("{}:/data:ro", directory.path().display());
        let said = run(backend, &[volume], &["only", "read_only", "/data", "1"]);
        let expected = "\
            read_only:[{ok,<<\"content\">>},read,{error,erofs},{error,erofs},{error,erofs},{error,erofs},{error,erofs},\
            {error,erofs},{error,erofs}]";
        assert_eq!(unwrapped(&said), expected, "{backend}: {said:?}");
        assert_eq!(contents(directory.path()).len(), 1);
    }
}

#[test]
fn wrong_volumes_are_explained() {
    for (volumes, status, text) in [
        (&["data"][..], 2, "is not HOST:GUEST or HOST:GUEST:ro"),
        (
            &["/none:/data"],
            125,
            "cannot mount /none: No such file or directory",
        ),
        (
            &["/etc/passwd:/data"],
            125,
            "cannot mount /etc/passwd: Not a directory",
        ),
        (&["/etc:/a/../b"], 125, "cannot mount at \"/a/../b\""),
        (
            &["/etc:/a", "/tmp:/a/"],
            125,
            "cannot mount two directories at /a/",
        ),
    ] {
        let volumes: Vec<String> = volumes.iter().map(|&volume| volume.to_owned()).collect();
        run("process", &volumes, &[]).fails_with(status, text);
    }
}

/// A file system in memory, with room for so little; gone when dropped.
struct Small(tempfile::TempDir);

impl Small {
    /// `None` where this user may not mount anything.
    fn mounted() -> Option<Small> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "none"]);
        let said = Said::of(mount.arg(directory.path()));
        if said.status != Some(0) {
            eprintln!("NOT TESTED on a full disk: {}", said.errors);
            return None;
        }
        Some(Small(directory))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

/// What the fixture `full` prints with stock `erl`.
fn stock_full(modules: &Path, directory: &Path, what: &str) -> String {
    let call = format!("full:main([{directory:?}, {what:?}]), halt().");
    let mut stock = Command::new("erl");
    stock.arg("-pa").arg(modules);
    let said = Said::of(stock.args(["-noshell", "-eval", &call]));
    assert_eq!(said.status, Some(0), "{said:?}");
    said.output
}

fn full_compiled() -> tempfile::TempDir {
    let modules = tempfile::tempdir().unwrap();
    support::release::compile(&fixture("full"), ["full"], modules.path());
    modules
}

#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let modules = full_compiled();
    for what in ["write_file", "raw", "delayed", "log", "table"] {
        let Some(small) = Small::mounted() else {
            return;
        };
        let expected = stock_full(modules.path(), small.0.path(), what);
        assert!(expected.contains("enospc"), "{expected}");
        drop(small);
        for backend in backends() {
            let Some(small) = Small::mounted() else {
                return;
            };
            let path = small.0.path().to_str().unwrap();
            let said = run_image("full", backend, &[format!("{path}:{path}")], &[path, what]);
            assert_same(&expected, &said, backend, what);
        }
    }
}

/// A directory with a file that can't be read, though it can be opened: the memory of a process.
#[test]
fn a_failing_disk_is_an_error() {
    let modules = full_compiled();
    let expected = stock_full(modules.path(), Path::new("/proc/self"), "failing");
    assert!(expected.contains("eio"), "{expected}");
    for backend in backends() {
        let volume = format!("/proc/{}:/process", std::process::id());
        let said = run_image("full", backend, &[volume], &["/process", "failing"]);
        assert_same(&expected, &said, backend, "failing");
    }
}
