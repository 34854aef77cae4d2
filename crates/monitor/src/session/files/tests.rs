//! Operations on files against a real directory, asked for by a guest that is a test.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use brood_abi::file::{
    ACCESS_WRITE, CHANGE_MODE, CHANGE_TIMES, Entries, OPEN_CREATE, OPEN_EXCLUSIVE,
    OPEN_PERMISSIONS_SHIFT, OPEN_READ, OPEN_TRUNCATE, OPEN_WRITE,
};
use brood_abi::layout::{BOOT_BLOCK, HYPERCALL_PAGE, MEMORY_BASE, PAGE_SIZE, PROGRAM_BASE};

use super::super::tests::{DATA, END, Guest, about, limits, space};
use super::super::{Next, Session, Violation};
use super::*;
use crate::launch::Limits;

const TARGET: u64 = DATA + (64 << 10);
const TARGET_LENGTH: u64 = 64 << 10;
const CREATE: u64 = OPEN_READ | OPEN_WRITE | OPEN_CREATE | 0o644 << OPEN_PERMISSIONS_SHIFT;

/// A guest with a session.
struct Client {
    guest: Guest,
    session: Session,
    asked: u32,
}

/// The instance with these mounts, and what it does.
fn with<T>(mounts: &[Mount], test: impl FnOnce(&mut Client) -> T) -> T {
    let space = space();
    let limits = Limits {
        open_files: 3,
        ..limits()
    };
    let mut session = Session::new(&space, END, &limits, false);
    session.mount(mounts);
    test(&mut Client {
        guest: Guest::new(),
        session,
        asked: 0,
    })
}

/// A directory with `inside/`, which is mounted, and `outside`, which must stay unread.
fn scene() -> (tempfile::TempDir, Mount) {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(directory.path().join("outside"), "secret").unwrap();
    std::fs::write(inside.join("file"), "content").unwrap();
    let mount = Mount::open(&inside, b"/mnt", false).unwrap();
    (directory, mount)
}

impl Client {
    fn perform(&mut self, submission: Submission) -> i64 {
        self.guest.submit(submission);
        assert_eq!(self.guest.ring(&mut self.session), Ok(Next::Enter));
        let result = self.guest.completion(self.asked).result;
        self.asked += 1;
        self.guest.set(8, self.asked);
        result
    }

    fn ask(&mut self, operation: Operation, argument: u64, source: &[u8], offset: u64) -> i64 {
        self.guest.memory.write(DATA, source).unwrap();
        self.perform(Submission {
            target_address: TARGET,
            target_length: TARGET_LENGTH,
            offset,
            ..about(operation, DATA, source.len() as u64, argument)
        })
    }

    /// On a path of the only mount.
    fn on(&mut self, operation: Operation, path: &[u8]) -> i64 {
        self.ask(operation, 0, path, 0)
    }

    fn target(&self, length: i64) -> Vec<u8> {
        let mut bytes = vec![0; length as usize];
        self.guest.memory.read(TARGET, &mut bytes).unwrap();
        bytes
    }

    fn status(&self) -> FileStatus {
        FileStatus::read_from_bytes(&self.target(size_of::<FileStatus>() as i64)).unwrap()
    }

    /// What a file has, or the error.
    fn content(&mut self, path: &[u8]) -> Result<Vec<u8>, AbiError> {
        let result = self.on(Operation::FileReadWhole, path);
        if result < 0 {
            return Err(AbiError::from_code(result).unwrap());
        }
        Ok(self.target(result))
    }

    /// The link that was in the way: the part of the path, and where it leads.
    fn link(&self, path: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let head = self.target(size_of::<LinkFound>() as i64);
        let found = LinkFound::read_from_bytes(&head).unwrap();
        let all = self.target((head.len() + found.length as usize) as i64);
        (
            path[..found.end as usize].to_vec(),
            all[head.len()..].to_vec(),
        )
    }
}

#[test]
fn files_are_made_written_read_and_looked_at() {
    let (directory, mount) = scene();
    with(&[mount], |client| {
        assert_eq!(client.content(b"file").unwrap(), b"content");
        let handle = client.ask(Operation::FileOpen, 0, b"new", CREATE) as u64;
        assert_eq!(client.status().size, 0);
        assert_eq!(
            client.ask(Operation::FileWrite, handle, b"0123456789", 5),
            10
        );
        assert_eq!(client.status().size, 15);
        assert_eq!(client.ask(Operation::FileRead, handle, b"", 10), 5);
        assert_eq!(client.target(5), b"56789");
        assert_eq!(client.ask(Operation::FileTruncate, handle, b"", 7), 0);
        assert_eq!(client.ask(Operation::FileSynchronise, handle, b"", 1), 0);
        assert_eq!(client.ask(Operation::FileStatus, handle, b"", 0), 0);
        assert_eq!(client.status().size, 7);
        let room = Submission {
            target_length: 100,
            ..about(Operation::FileAllocate, 0, 0, handle)
        };
        assert_eq!(client.perform(room), 0);
        assert_eq!(client.ask(Operation::FileClose, handle, b"", 0), 0);
        let gone = client.ask(Operation::FileRead, handle, b"", 0);
        assert_eq!(gone, AbiError::BadHandle.code());
        assert_eq!(client.content(b"new").unwrap().len(), 100);

        let change = AttributeChange {
            accessed: 1000,
            modified: 2000,
            which: CHANGE_MODE | CHANGE_TIMES,
            mode: 0o600,
            ..AttributeChange::default()
        };
        let change = |mode| {
            let change = AttributeChange { mode, ..change };
            [change.as_bytes(), b"new"].concat()
        };
        assert_eq!(client.on(Operation::FileChange, &change(0o600)), 0);
        let refused = client.on(Operation::FileChange, &change(0o4755));
        assert_eq!(refused, AbiError::NotPermitted.code());
        assert_eq!(client.on(Operation::FileLook, b"new"), 0);
        let status = client.status();
        assert_eq!((status.accessed, status.modified), (1000, 2000));
        assert_eq!(status.mode, 0o100_600);
    });
    let new = std::fs::read(directory.path().join("inside/new")).unwrap();
    assert_eq!(&new[..7], b"\0\0\0\0\x0001");
}

#[test]
fn no_operation_moves_more_than_it_may() {
    let (directory, mount) = scene();
    let content: Vec<u8> = (0..TRANSFER_MAX + 5).map(|at| (at % 251) as u8).collect();
    std::fs::write(directory.path().join("inside/large"), &content).unwrap();
    with(&[mount], |client| {
        let all = |operation, argument, offset| Submission {
            target_address: TARGET,
            target_length: content.len() as u64,
            offset,
            ..about(operation, 0, 0, argument)
        };
        let handle = client.ask(Operation::FileOpen, 0, b"large", CREATE) as u64;
        for (offset, length) in [(0, TRANSFER_MAX), (TRANSFER_MAX, 5)] {
            let read = client.perform(all(Operation::FileRead, handle, offset));
            assert_eq!(read as u64, length);
            let start = offset as usize;
            assert!(client.target(read) == content[start..start + read as usize]);
        }
        // What is too large to be read at once is not read in part.
        client.guest.memory.write(TARGET, &[7; 16]).unwrap();
        client.guest.memory.write(DATA, b"large").unwrap();
        let whole = Submission {
            address: DATA,
            length: 5,
            ..all(Operation::FileReadWhole, 0, 0)
        };
        assert_eq!(client.perform(whole) as usize, content.len());
        assert_eq!(client.target(16), [7; 16]);

        let source = |operation, handle, skipped| Submission {
            offset: skipped,
            ..about(
                operation,
                TARGET + skipped,
                content.len() as u64 - skipped,
                handle,
            )
        };
        let handle = client.ask(Operation::FileOpen, 0, b"copy", CREATE) as u64;
        client.guest.memory.write(TARGET, &content).unwrap();
        for (skipped, length) in [(0, TRANSFER_MAX), (TRANSFER_MAX, 5)] {
            let bytes = source(Operation::FileWrite, handle, skipped);
            assert_eq!(client.perform(bytes) as u64, length);
        }
    });
    let copy = std::fs::read(directory.path().join("inside/copy")).unwrap();
    assert!(copy == content);
}

#[test]
fn names_are_made_moved_and_removed() {
    let (_directory, mount) = scene();
    with(&[mount], |client| {
        let made = client.ask(Operation::FileMakeDirectory, 0, b"d", 0o755);
        assert_eq!(made, 0);
        assert_eq!(client.on(Operation::FileRename, b"file\0d/moved"), 0);
        assert_eq!(client.on(Operation::FileLink, b"d/moved\0again"), 0);
        assert_eq!(
            client.on(Operation::FileMakeSymbolicLink, b"d/l\0../again"),
            0
        );
        let length = client.on(Operation::FileReadLink, b"d/l");
        assert_eq!(client.target(length), b"../again");
        assert_eq!(client.content(b"d/l"), Err(AbiError::Link));
        assert_eq!(client.link(b"d/l"), (b"d/l".to_vec(), b"../again".to_vec()));
        let length = client.on(Operation::FileList, b"d");
        let listed = client.target(length);
        let mut names: Vec<(u8, &[u8])> = Entries(&listed).collect();
        names.sort();
        assert_eq!(names, [(8, &b"moved"[..]), (10, b"l")]);
        for (operation, source, expected) in [
            (
                Operation::FileRemoveDirectory,
                &b"d"[..],
                AbiError::NotEmpty,
            ),
            (Operation::FileUnlink, b"d", AbiError::IsDirectory),
            (Operation::FileReadLink, b"again", AbiError::Invalid),
            (Operation::FileReadWhole, b"d", AbiError::IsDirectory),
            (Operation::FileReadWhole, b"again/x", AbiError::NotDirectory),
            (Operation::FileReadWhole, b"none", AbiError::NotFound),
            (Operation::FileRename, b"none\0x", AbiError::NotFound),
            (Operation::FileRename, b"again", AbiError::Invalid),
            (Operation::FileRemoveDirectory, b"", AbiError::InUse),
            (Operation::FileMakeDirectory, b"", AbiError::Exists),
            (Operation::FileMakeSymbolicLink, b"x\0", AbiError::NotFound),
            (
                Operation::FileMakeSymbolicLink,
                b"x\0a\0b",
                AbiError::Invalid,
            ),
        ] {
            let name = operation.name();
            assert_eq!(client.on(operation, source), expected.code(), "{name}");
        }
        for name in [&b"d/l"[..], b"d/moved", b"again"] {
            assert_eq!(client.on(Operation::FileUnlink, name), 0);
        }
        assert_eq!(client.on(Operation::FileRemoveDirectory, b"d"), 0);
        assert_eq!(client.on(Operation::FileList, b""), 0);
    });
}

#[test]
fn no_path_leads_out() {
    let (directory, mount) = scene();
    let inside = directory.path().join("inside");
    let outside = directory.path().join("outside");
    symlink(&outside, inside.join("absolute")).unwrap();
    symlink("../outside", inside.join("relative")).unwrap();
    symlink("..", inside.join("up")).unwrap();
    symlink("/proc/self/root", inside.join("magic")).unwrap();
    with(&[mount], |client| {
        let absolute = outside.to_str().unwrap().as_bytes();
        let long = vec![b'x'; PATH_MAX + 1];
        for path in [
            &b"../outside"[..],
            b"..",
            b".",
            b"a/../../outside",
            b"/etc/passwd",
            absolute,
            b"file/",
            b"a//b",
            b"./file",
            b"file\0",
        ] {
            assert_eq!(client.content(path), Err(AbiError::Invalid), "{path:?}");
        }
        assert_eq!(client.content(&long), Err(AbiError::NameTooLong));
        for (path, link) in [
            (&b"absolute"[..], &b"absolute"[..]),
            (b"relative", b"relative"),
            (b"up/outside", b"up"),
            (b"magic/etc/passwd", b"magic"),
        ] {
            for operation in [Operation::FileReadWhole, Operation::FileList] {
                assert_eq!(client.on(operation, path), AbiError::Link.code());
                assert_eq!(client.link(path).0, link);
            }
            let opened = client.ask(Operation::FileOpen, 0, path, CREATE | OPEN_TRUNCATE);
            assert_eq!(opened, AbiError::Link.code());
        }
        let exclusive = CREATE | OPEN_EXCLUSIVE;
        for name in [&b"absolute"[..], b"relative"] {
            let opened = client.ask(Operation::FileOpen, 0, name, exclusive);
            assert_eq!(opened, AbiError::Exists.code());
        }
        for operation in [Operation::FileMakeDirectory, Operation::FileUnlink] {
            assert_eq!(client.on(operation, b"up/new"), AbiError::Link.code());
        }
        for source in [&b"file\0up/new"[..], b"up/outside\0new"] {
            let linked = client.on(Operation::FileLink, source);
            assert_eq!(linked, AbiError::Link.code());
        }
    });
    // Links of /proc lead anywhere, whatever they look like.
    let process = Mount::open(Path::new("/proc/self"), b"/proc", false).unwrap();
    with(&[process], |client| {
        for path in [&b"root/etc/passwd"[..], b"cwd", b"exe", b"fd/0"] {
            assert_eq!(client.content(path), Err(AbiError::Link), "{path:?}");
        }
    });
    assert_eq!(std::fs::read(outside).unwrap(), b"secret");
}

/// While somebody turns a directory into a link to the outside and back, the guest gets what is inside, or nothing.
#[test]
fn links_that_come_and_go_lead_nowhere() {
    let (directory, mount) = scene();
    let inside = directory.path().join("inside");
    let path = |name: &str| inside.join(name);
    std::fs::create_dir(path("real")).unwrap();
    std::fs::write(path("real/outside"), "inside").unwrap();
    symlink("..", path("link")).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for name in ["real", "link"] {
                    let _ = std::fs::rename(path(name), path("d"));
                    let _ = std::fs::rename(path("d"), path(name));
                }
            }
        });
        with(&[mount], |client| {
            let mut kinds = std::collections::BTreeSet::new();
            for _ in 0..20_000 {
                let found = client.content(b"d/outside");
                assert!(
                    matches!(
                        found.as_deref(),
                        Ok(b"inside") | Err(AbiError::Link | AbiError::NotFound | AbiError::Loop)
                    ),
                    "{found:?}"
                );
                kinds.insert(format!("{found:?}"));
                let opened = client.ask(Operation::FileOpen, 0, b"d/made", CREATE);
                if opened >= 0 {
                    client.ask(Operation::FileClose, opened as u64, b"", 0);
                }
            }
            assert!(kinds.len() > 1, "{kinds:?}");
        });
        done.store(true, Ordering::Relaxed);
    });
    assert!(!directory.path().join("made").exists());
}

#[test]
fn a_read_only_mount_stays_as_it_is() {
    let (directory, _) = scene();
    let mount = Mount::open(&directory.path().join("inside"), b"/", true).unwrap();
    with(&[mount], |client| {
        assert_eq!(client.content(b"file").unwrap(), b"content");
        assert_eq!(client.on(Operation::FileLook, b"file"), 0);
        assert_eq!(client.status().access & ACCESS_WRITE, 0);
        let change = AttributeChange::default();
        let change = [change.as_bytes(), b"file"].concat();
        for (operation, source) in [
            (Operation::FileChange, &*change),
            (Operation::FileMakeDirectory, b"d"),
            (Operation::FileRemoveDirectory, b"d"),
            (Operation::FileUnlink, b"file"),
            (Operation::FileRename, b"file\0new"),
            (Operation::FileLink, b"file\0new"),
            (Operation::FileMakeSymbolicLink, b"new\0file"),
        ] {
            let name = operation.name();
            let result = client.on(operation, source);
            assert_eq!(result, AbiError::ReadOnly.code(), "{name}");
        }
        for how in [CREATE, OPEN_WRITE, OPEN_WRITE | OPEN_TRUNCATE] {
            let opened = client.ask(Operation::FileOpen, 0, b"file", how);
            assert_eq!(opened, AbiError::ReadOnly.code());
        }
    });
}

#[test]
fn pipes_and_sockets_are_looked_at_but_not_opened() {
    let (directory, mount) = scene();
    let inside = directory.path().join("inside");
    let _socket = std::os::unix::net::UnixListener::bind(inside.join("socket")).unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    let pipe = inside.join("pipe");
    fs::mknodat(fs::CWD, &pipe, fs::FileType::Fifo, mode, 0).unwrap();
    let devices = Mount::open(Path::new("/dev"), b"/dev", false).unwrap();
    with(&[mount, devices], |client| {
        for (mount, name) in [(0, &b"pipe"[..]), (0, b"socket"), (1, b"zero"), (1, b"tty")] {
            let look = client.ask(Operation::FileLook, mount, name, 0);
            let read = client.ask(Operation::FileReadWhole, mount, name, 0);
            let open = client.ask(Operation::FileOpen, mount, name, CREATE);
            let refused = AbiError::NoDevice.code();
            assert_eq!((look, read, open), (0, refused, refused), "{name:?}");
        }
    });
}

#[test]
fn open_files_are_bounded_and_end_with_the_instance() {
    let (directory, mount) = scene();
    let file = directory.path().join("inside/file");
    let file = file.canonicalize().unwrap();
    let ours = || {
        let all = std::fs::read_dir("/proc/self/fd").unwrap();
        let targets = all.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        targets.filter(|target| *target == file).count()
    };
    with(&[mount], |client| {
        let open = |client: &mut Client| client.ask(Operation::FileOpen, 0, b"file", OPEN_READ);
        for expected in [0, 1, 2, AbiError::TooManyOpen.code()] {
            assert_eq!(open(client), expected);
        }
        assert_eq!(client.ask(Operation::FileClose, 1, b"", 0), 0);
        assert_eq!(open(client), 1);
        for handle in [3, u64::MAX] {
            for operation in [Operation::FileRead, Operation::FileClose] {
                let result = client.ask(operation, handle, b"", 0);
                assert_eq!(result, AbiError::BadHandle.code());
            }
        }
        let written = client.ask(Operation::FileWrite, 0, b"x", 0);
        assert_eq!(written, AbiError::BadHandle.code());
        assert_eq!(ours(), 3);
    });
    assert_eq!(ours(), 0);
}

#[test]
fn large_directories_are_listed_in_pieces() {
    let (directory, mount) = scene();
    let many = directory.path().join("inside/many");
    std::fs::create_dir(&many).unwrap();
    let mut expected: Vec<String> = (0..3000).map(|n| format!("{n:050}")).collect();
    for name in &expected {
        std::fs::write(many.join(name), "").unwrap();
    }
    expected.sort();
    with(&[mount], |client| {
        assert_eq!(
            client.on(Operation::FileList, b"many"),
            AbiError::Range.code()
        );
        let how = OPEN_READ | OPEN_DIRECTORY;
        let handle = client.ask(Operation::FileOpen, 0, b"many", how) as u64;
        let (mut names, mut pieces) = (Vec::new(), 0);
        loop {
            let length = client.ask(Operation::FileListNext, handle, b"", 0);
            if length == 0 {
                break;
            }
            let piece = client.target(length);
            names.extend(
                Entries(&piece).map(|(_, name)| String::from_utf8_lossy(name).into_owned()),
            );
            pieces += 1;
        }
        names.sort();
        assert!(
            names == expected && pieces > 1,
            "{} in {pieces}",
            names.len()
        );
        let read = client.ask(Operation::FileRead, handle, b"", 0);
        assert_eq!(read, AbiError::IsDirectory.code());
    });
}

#[test]
fn targets_are_the_guests_own_and_large_enough() {
    let (_directory, mount) = scene();
    with(&[mount], |client| {
        client.guest.memory.write(DATA, b"file").unwrap();
        let read = about(Operation::FileReadWhole, DATA, 4, 0);
        let small = Submission {
            target_address: TARGET,
            target_length: TARGET_MIN - 1,
            ..read
        };
        assert_eq!(client.perform(small), AbiError::Range.code());
        let nowhere = Submission {
            argument: 7,
            ..small
        };
        assert_eq!(
            client.perform(Submission {
                target_length: TARGET_MIN,
                ..nowhere
            }),
            AbiError::NoDevice.code()
        );
        for (address, length) in [
            (BOOT_BLOCK, PAGE_SIZE),
            (HYPERCALL_PAGE, PAGE_SIZE),
            (PROGRAM_BASE, PAGE_SIZE),
            (END - 1, TARGET_MIN),
            (u64::MAX, 2),
        ] {
            client.guest.submit(Submission {
                target_address: address,
                target_length: length,
                ..read
            });
            let violation = Violation::Address { address, length };
            assert_eq!(
                client.guest.ring(&mut client.session),
                Err(Trouble::Violation(violation))
            );
        }
    });
}

/// Whatever a guest asks for, nothing panics, nothing is written but where it may write itself, and nothing changes
/// outside of what is mounted.
#[test]
fn random_operations_do_no_harm() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let (directory, mount) = scene();
    let inside = directory.path().join("inside");
    symlink("../outside", inside.join("out")).unwrap();
    let parts: [&[u8]; 9] = [
        b"file", b"out", b"d", b"/", b"..", b"\0", b"x", b".", b"file\0y",
    ];
    let mounts = [mount.clone(), mount];
    let mut outcomes = std::collections::BTreeMap::new();
    for _ in 0..300 {
        with(&mounts, |client| {
            let pristine = client.guest.memory.0.clone();
            for _ in 0..40 {
                let mut source = Vec::new();
                if random() % 4 == 0 {
                    source.extend((0..32).map(|_| (random() % 3) as u8));
                }
                for _ in 0..random() % 4 {
                    source.extend_from_slice(parts[(random() % parts.len() as u64) as usize]);
                }
                client.guest.memory.write(DATA, &source).unwrap();
                let mut small = || random() % 5;
                let (argument, target) = (small(), small());
                let submission = Submission {
                    operation: 0x0201 + (random() % 20) as u16,
                    user_data: 1,
                    address: DATA,
                    length: source.len() as u64,
                    argument: if random() % 20 == 0 {
                        random()
                    } else {
                        argument
                    },
                    target_address: [TARGET, TARGET, TARGET, DATA, random()][target as usize],
                    target_length: [TARGET_LENGTH, TARGET_LENGTH, 8192, 0, random()]
                        [(random() % 5) as usize],
                    offset: [0, 1, CREATE, random(), random() % 1024][(random() % 5) as usize],
                    ..Submission::default()
                };
                client.guest.submit(submission);
                if client.guest.ring(&mut client.session).is_err() {
                    *outcomes.entry("violation".to_owned()).or_insert(0) += 1;
                    break;
                }
                let result = client.guest.completion(client.asked).result;
                client.asked += 1;
                client.guest.set(8, client.asked);
                let name = AbiError::from_code(result).map_or("done", AbiError::name);
                *outcomes.entry(name.to_owned()).or_insert(0) += 1;
            }
            for fixed in [HYPERCALL_PAGE, BOOT_BLOCK, PROGRAM_BASE] {
                let start = (fixed - MEMORY_BASE) as usize;
                let range = start..start + PAGE_SIZE as usize;
                assert!(client.guest.memory.0[range.clone()] == pristine[range]);
            }
        });
        // So that they don't lock themselves out.
        let open = std::fs::Permissions::from_mode(0o755);
        let _ = std::fs::set_permissions(&inside, open);
    }
    assert_eq!(
        std::fs::read(directory.path().join("outside")).unwrap(),
        b"secret"
    );
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
    assert!(outcomes.len() > 8, "{outcomes:?}");
}
