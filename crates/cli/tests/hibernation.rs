//! `brood serve --hibernate`: who waits for long lies on disk meanwhile, and answers like anybody else.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use support::{PATIENCE, Said, Served, backends, brood, images, request, runtime, text};
use tempfile::TempDir;

/// A server whose instances hibernate soon, in this directory.
fn serve((backend, options): Way, directory: &TempDir, timeout: &str) -> Served {
    let place = directory.path().to_str().unwrap();
    let hibernate = ["--hibernate", "0.1", "--hibernate-directory", place];
    let options = [&hibernate[..], &["--timeout", timeout], options].concat();
    Served::start(backend, &options)
}

/// A backend, and options.
type Way = (&'static str, &'static [&'static str]);

/// On each backend, in the server's process and in a jail.
fn ways() -> Vec<Way> {
    let homes: [&[&str]; 2] = [&[], &["--jail"]];
    let of = |backend| homes.map(|options| (backend, options));
    backends().into_iter().flat_map(of).collect()
}

/// Longer than anything here takes, in seconds.
const LONG: &str = "250";

/// Makes a request, whose answer takes a while.
fn ask(served: &Served, path: &'static str) -> JoinHandle<Response<Bytes>> {
    let address = served.address;
    std::thread::spawn(move || {
        let request = request(Method::GET, path, Bytes::new());
        runtime().block_on(support::send(address, request))
    })
}

/// Makes a request that is never answered.
fn ask_in_vain(served: &Served) {
    let address = served.address;
    std::thread::spawn(move || {
        runtime().block_on(async {
            let sleep = request(Method::GET, "/sleep?250000", Bytes::new());
            let _ = tokio::spawn(support::send(address, sleep)).await;
        });
    });
}

/// The files in the directories that servers, and workers of their jails, have made in this one.
fn files(directory: &Path) -> BTreeSet<PathBuf> {
    // What was there may be gone by now.
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let found = entries.map(|entry| entry.path());
    found
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => BTreeSet::from([path]),
        })
        .collect()
}

/// Waits until this many lie there, all of them with pages.
fn until_there(directory: &Path, count: usize) -> BTreeSet<PathBuf> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let files = files(directory);
        let has_pages = |path: &PathBuf| path.metadata().is_ok_and(|file| file.len() > 4096);
        if files.len() == count && files.iter().all(has_pages) {
            return files;
        }
        assert!(Instant::now() < deadline, "not {count}: {files:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_handler_that_sleeps_lies_on_disk_and_answers() {
    for way in ways() {
        let directory = tempfile::tempdir().unwrap();
        let served = serve(way, &directory, LONG);
        let sleepers = [
            ("/sleep?3000", "slept"),
            ("/receive?3000", "[1,2,3] received after 3000"),
        ];
        let asked = sleepers.map(|(path, _)| ask(&served, path));
        for file in until_there(directory.path(), sleepers.len()) {
            assert_eq!(file.extension().unwrap(), "pages");
            for (path, mode) in [(&*file, 0o600), (file.parent().unwrap(), 0o700)] {
                let metadata = path.metadata().unwrap();
                assert_eq!(metadata.permissions().mode() & 0o777, mode, "{path:?}");
                assert_eq!(metadata.uid(), directory.path().metadata().unwrap().uid());
            }
        }
        assert!(asked.iter().all(|answer| !answer.is_finished()));
        // Who needn't wait is not kept by those who do.
        assert_eq!(served.get("/echo").status(), StatusCode::OK);
        for (answer, (path, expected)) in asked.into_iter().zip(sleepers) {
            let answer = answer.join().unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            assert_eq!(text(&answer), expected, "{path}");
        }
        until_there(directory.path(), 0);
        served.stop();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}

#[test]
fn whoever_waits_over_and_over_hibernates_each_time() {
    for way in ways() {
        let directory = tempfile::tempdir().unwrap();
        let served = serve(way, &directory, LONG);
        let answer = ask(&served, "/naps?1500");
        let mut seen = Vec::new();
        while !answer.is_finished() {
            let there = files(directory.path()).into_iter().next();
            let inode = there.and_then(|path| Some(path.metadata().ok()?.ino()));
            if seen.last() != Some(&inode) {
                seen.push(inode);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(text(&answer.join().unwrap()), "1500 1500 1500");
        let naps = seen.iter().flatten().count();
        assert!(naps >= 3, "{naps} naps: {seen:?}");
        served.stop();
    }
}

#[test]
fn who_is_asleep_still_ends_in_time() {
    for way in ways() {
        let directory = tempfile::tempdir().unwrap();
        let served = serve(way, &directory, "3");
        let answer = ask(&served, "/sleep?250000");
        until_there(directory.path(), 1);
        let answer = answer.join().unwrap();
        assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
        until_there(directory.path(), 0);
        served.stop();
    }
}

#[test]
fn what_a_killed_server_leaves_the_next_one_removes() {
    for way in ways() {
        what_is_left_is_removed(way);
    }
}

fn what_is_left_is_removed(way: Way) {
    let directory = tempfile::tempdir().unwrap();
    let killed = serve(way, &directory, LONG);
    ask_in_vain(&killed);
    let left = until_there(directory.path(), 1);
    // Dropping it kills it.
    drop(killed);
    assert!(left.iter().all(|file| file.exists()));
    let served = serve(way, &directory, LONG);
    assert!(!left.iter().any(|file| file.exists()));
    served.stop();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn told_twice_to_stop_it_leaves_nothing() {
    for way in ways() {
        nothing_is_left_in_a_hurry(way);
    }
}

fn nothing_is_left_in_a_hurry(way: Way) {
    let directory = tempfile::tempdir().unwrap();
    let served = serve(way, &directory, LONG);
    ask_in_vain(&served);
    until_there(directory.path(), 1);
    served.interrupt();
    served.says("once more to stop at once");
    served.interrupt();
    let (status, log) = served.ended();
    assert_eq!(status, Some(130), "{log}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn what_does_not_go_is_refused() {
    let image = images().path("routes");
    let image = image.to_str().unwrap();
    let nowhere = [
        "--hibernate",
        "1",
        "--hibernate-directory",
        "/no/such/place",
    ];
    let nowhere = Said::of(brood(["serve", image]).args(nowhere));
    nowhere.fails_with(1, "cannot make a directory in /no/such/place");
}
