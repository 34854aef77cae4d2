//! From the inside: a process that is confined as a worker is tries to get out.

use std::ffi::{CStr, c_long};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd, RawFd};
use std::path::Path;

use super::*;
use crate::protocol::MountOnWire;

/// How far the confinement goes.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    /// As that of a worker.
    Whole,
    /// Without the filter of system calls: what the other layers hold by themselves.
    WithoutFilter,
}

/// What a prisoner knows of the world.
struct World {
    /// Of the process that runs the tests.
    jailer: i32,
    /// A program of the host, open.
    program: RawFd,
    /// A directory of the host that is no mount, open.
    directory: RawFd,
    kvm: Option<RawFd>,
    /// The mounts' directories.
    mounts: Vec<OwnedFd>,
}

/// An attempt: a name, and what it does. `Ok`: it worked.
type Attempt = (&'static str, fn(&World) -> io::Result<()>);

fn setup(kvm: bool, mounts: &[(&Path, bool)]) -> (Setup, Vec<OwnedFd>) {
    let on_wire = |&(path, read_only): &(&Path, bool)| MountOnWire {
        guest_path: b"/mount".to_vec(),
        directory: DirectoryOnWire {
            purpose: match read_only {
                true => Purpose::Read,
                false => Purpose::Write,
            },
            host_path: path.as_os_str().as_encoded_bytes().to_vec(),
        },
    };
    let open = |&(path, _): &(&Path, bool)| File::open(path).unwrap().into();
    let setup = Setup {
        kvm,
        mounts: mounts.iter().map(on_wire).collect(),
        hibernation: None,
        threads: 1,
        processes: 1 << 20,
        address_space: 1 << 40,
        descriptors: 100,
    };
    (setup, mounts.iter().map(open).collect())
}

/// Runs `body` in a confined process, gives what it wrote.
fn confined(
    extent: Extent,
    kvm: bool,
    mounts: &[(&Path, bool)],
    body: impl FnOnce(&World) -> String,
) -> String {
    let (setup, directories) = setup(kvm, mounts);
    let (mut ours, mut theirs) = io::pipe().unwrap();
    let mut world = World {
        jailer: std::process::id() as i32,
        program: File::open("/bin/true").unwrap().into_raw_fd(),
        directory: File::open("/etc").unwrap().into_raw_fd(),
        kvm: File::options()
            .read(true)
            .write(true)
            .open("/dev/kvm")
            .ok()
            .map(IntoRawFd::into_raw_fd),
        mounts: Vec::new(),
    };
    // SAFETY: the C library's fork leaves its own locks free in the child, which uses nothing else that other
    // threads could have held.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(ours);
        let mut missing = Missing::default();
        // SAFETY: a child has one thread.
        let (role, own) = unsafe { namespaces::enter(&mut missing) }.unwrap();
        if !matches!(role, namespaces::Role::Starter(_)) {
            let entered = before_threads(&setup, own, directories, &mut missing);
            let text = entered.and_then(|mounts| {
                world.mounts = mounts;
                if extent == Extent::Whole {
                    after_threads(&setup)?;
                }
                Ok(body(&world))
            });
            let missing = missing.layers.join(", ");
            let text = text.unwrap_or_else(|error| format!("not confined: {error}"));
            let _ = theirs.write_all(format!("{text}\nmissing: {missing}").as_bytes());
        }
        // SAFETY: ends the process without anything that the tests' process would do at its end.
        unsafe { libc::_exit(0) };
    }
    drop(theirs);
    let mut text = String::new();
    ours.read_to_string(&mut text).unwrap();
    for descriptor in [world.program, world.directory]
        .into_iter()
        .chain(world.kvm)
    {
        // SAFETY: opened above and owned by nobody else.
        unsafe { libc::close(descriptor) };
    }
    // SAFETY: waits for a child, and for the sibling that it may have made.
    unsafe {
        libc::waitpid(child, std::ptr::null_mut(), 0);
        libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG);
    }
    let Some((text, missing)) = text.rsplit_once("\nmissing: ") else {
        return "killed".to_owned();
    };
    if !missing.is_empty() {
        eprintln!("NOT TESTED: {missing}");
    }
    text.to_owned()
}

/// A system call's result.
fn call(number: c_long, arguments: [usize; 6]) -> io::Result<c_long> {
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: the attempts below give addresses of their own or none, and what they break is their own process.
    match unsafe { libc::syscall(number, a, b, c, d, e, f) } {
        -1 => Err(io::Error::last_os_error()),
        result => Ok(result),
    }
}

fn attempt(number: c_long, arguments: &[usize]) -> io::Result<()> {
    let mut all = [0; 6];
    all[..arguments.len()].copy_from_slice(arguments);
    call(number, all).map(drop)
}

fn at(text: &CStr) -> usize {
    text.as_ptr() as usize
}

const READ: usize = libc::O_RDONLY as usize;
const HERE: usize = libc::AT_FDCWD as usize;
/// `KVMIO`, and numbers that no worker needs.
const KVM_CREATE_DEVICE: usize = 0xc00c_aee0;
const KVM_GET_DIRTY_LOG: usize = 0x4010_ae42;

/// What nobody in a jail can do, whatever it runs.
const ESCAPES: &[Attempt] = &[
    ("open a file", |_| {
        attempt(libc::SYS_open, &[at(c"/etc/passwd"), READ])
    }),
    ("open a device", |_| {
        attempt(libc::SYS_openat, &[HERE, at(c"/dev/kvm"), 2])
    }),
    ("open beneath a directory", |world| {
        attempt(
            libc::SYS_openat,
            &[world.directory as usize, at(c"passwd"), READ],
        )
    }),
    ("open beneath a directory, newly", |world| {
        let how = [0_u64; 3];
        let how = how.as_ptr() as usize;
        attempt(
            libc::SYS_openat2,
            &[world.directory as usize, at(c"passwd"), how, 24],
        )
    }),
    ("create a file", |_| {
        attempt(libc::SYS_creat, &[at(c"/x"), 0o600])
    }),
    ("open by handle", |world| {
        let handle = [8_u32, 1, 2, 0];
        let handle = handle.as_ptr() as usize;
        attempt(
            libc::SYS_open_by_handle_at,
            &[world.directory as usize, handle, READ],
        )
    }),
    ("a socket to the world", |_| {
        attempt(libc::SYS_socket, &[libc::AF_INET as usize, 1, 0])
    }),
    ("a socket to this computer", |_| {
        attempt(libc::SYS_socket, &[libc::AF_UNIX as usize, 1, 0])
    }),
    ("a socket to the kernel", |_| {
        attempt(libc::SYS_socket, &[libc::AF_NETLINK as usize, 3, 0])
    }),
    ("connect", |_| attempt(libc::SYS_connect, &[0, 0, 0])),
    ("execute a program", |_| {
        attempt(libc::SYS_execve, &[at(c"/bin/true"), 0, 0])
    }),
    ("execute an open program", |world| {
        let flags = libc::AT_EMPTY_PATH as usize;
        attempt(
            libc::SYS_execveat,
            &[world.program as usize, at(c""), 0, 0, flags],
        )
    }),
    ("execute an open program by its link", |world| {
        let path = format!("/proc/self/fd/{}\0", world.program);
        attempt(libc::SYS_execve, &[path.as_ptr() as usize, 0, 0])
    }),
    ("trace the jailer", |world| {
        let seize = 0x4206;
        attempt(libc::SYS_ptrace, &[seize, world.jailer as usize, 0, 0])
    }),
    ("ask for the jailer's handle", |world| {
        attempt(libc::SYS_pidfd_open, &[world.jailer as usize, 0])
    }),
    ("kill the jailer", |world| {
        attempt(libc::SYS_kill, &[world.jailer as usize, 0])
    }),
    ("signal the jailer's thread", |world| {
        attempt(
            libc::SYS_tgkill,
            &[world.jailer as usize, world.jailer as usize, 0],
        )
    }),
    ("read the jailer's memory", |world| {
        let (mut byte, own) = ([0_u8; 1], [0_u8; 1]);
        let local = [byte.as_mut_ptr() as usize, 1];
        let remote = [own.as_ptr() as usize, 1];
        let (local, remote) = (local.as_ptr() as usize, remote.as_ptr() as usize);
        let jailer = world.jailer as usize;
        attempt(
            libc::SYS_process_vm_readv,
            &[jailer, local, 1, remote, 1, 0],
        )
    }),
    ("make a user namespace", |_| {
        attempt(libc::SYS_unshare, &[libc::CLONE_NEWUSER as usize])
    }),
    ("clone into a user namespace", |_| {
        attempt(
            libc::SYS_clone,
            &[(libc::CLONE_NEWUSER | libc::SIGCHLD) as usize, 0, 0, 0, 0],
        )
    }),
    ("clone in the new way", |_| {
        attempt(libc::SYS_clone3, &[0, 88])
    }),
    ("enter a namespace", |world| {
        attempt(libc::SYS_setns, &[world.directory as usize, 0])
    }),
    ("mount", |_| {
        attempt(libc::SYS_mount, &[at(c"x"), at(c"/"), at(c"tmpfs"), 0, 0])
    }),
    ("unmount", |_| {
        attempt(libc::SYS_umount2, &[at(c"/proc"), 2])
    }),
    ("take the directory as a tree", |world| {
        attempt(
            libc::SYS_open_tree,
            &[world.directory as usize, at(c""), 0x1001],
        )
    }),
    ("change the root", |_| {
        attempt(libc::SYS_chroot, &[at(c"/proc")])
    }),
    ("become somebody else", |_| {
        attempt(libc::SYS_setuid, &[12345])
    }),
    ("take a capability", |_| {
        let (head, data) = ([0x2008_0522_u32, 0], [u32::MAX; 6]);
        attempt(
            libc::SYS_capset,
            &[head.as_ptr() as usize, data.as_ptr() as usize],
        )
    }),
    ("be dumpable", |_| {
        attempt(
            libc::SYS_prctl,
            &[libc::PR_SET_DUMPABLE as usize, 1, 0, 0, 0],
        )
    }),
    ("outlive the jailer", |_| {
        // To the filter of a jail with cells this one is like another: a cell does it. So the signal that is
        // asked for must be one that kills.
        attempt(
            libc::SYS_prctl,
            &[libc::PR_SET_PDEATHSIG as usize, usize::MAX, 0, 0, 0],
        )
    }),
    ("load a program into the kernel", |_| {
        attempt(libc::SYS_bpf, &[0, 0, 0])
    }),
    ("count events", |_| {
        attempt(libc::SYS_perf_event_open, &[0, 0, 0, 0, 0])
    }),
    ("handle page faults", |_| {
        attempt(libc::SYS_userfaultfd, &[1])
    }),
    ("an asynchronous ring", |_| {
        attempt(libc::SYS_io_uring_setup, &[1, 0])
    }),
    ("a key", |_| {
        attempt(libc::SYS_keyctl, &[0, usize::MAX - 2, 0])
    }),
    ("a module", |_| {
        attempt(libc::SYS_init_module, &[0, 0, at(c"")])
    }),
    ("another kernel", |_| {
        attempt(libc::SYS_kexec_load, &[0, 0, 0, 0])
    }),
    ("a reboot", |_| attempt(libc::SYS_reboot, &[0, 0, 0, 0])),
    ("the clock", |_| attempt(libc::SYS_clock_settime, &[0, 0])),
    ("a timer", |_| attempt(libc::SYS_timerfd_create, &[1, 0])),
    ("a control of the terminal", |world| {
        attempt(
            libc::SYS_ioctl,
            &[world.directory as usize, libc::TIOCSTI as usize, at(c"x")],
        )
    }),
];

/// What only those can do that start cells.
const OF_CELLS: &[Attempt] = &[
    ("a process", |_| {
        attempt(libc::SYS_clone, &[libc::SIGCHLD as usize, 0, 0, 0, 0])
    }),
    ("a thread", |_| {
        std::thread::Builder::new()
            .spawn(|| ())
            .map(|thread| drop(thread.join()))
    }),
    ("memory with code", |_| {
        let (protection, flags) = (
            libc::PROT_READ | libc::PROT_EXEC,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        );
        attempt(
            libc::SYS_mmap,
            &[0, 4096, protection as usize, flags as usize, usize::MAX, 0],
        )
    }),
    ("memory that becomes code", |_| {
        let flags = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as usize;
        let page = call(
            libc::SYS_mmap,
            [0, 4096, libc::PROT_READ as usize, flags, usize::MAX, 0],
        )?;
        attempt(
            libc::SYS_mprotect,
            &[page as usize, 4096, libc::PROT_EXEC as usize],
        )
    }),
    ("a file without a name", |_| {
        attempt(libc::SYS_memfd_create, &[at(c"x"), 0])
    }),
    ("a pair of sockets", |_| {
        let mut pair = [0_i32; 2];
        let ends = pair.as_mut_ptr() as usize;
        attempt(libc::SYS_socketpair, &[libc::AF_UNIX as usize, 1, 0, ends])
    }),
    ("a handler", |_| {
        attempt(libc::SYS_rt_sigaction, &[libc::SIGUSR1 as usize, 0, 0, 8])
    }),
    ("a device of a machine", |world| {
        kvm(world, KVM_CREATE_DEVICE)
    }),
    ("a log of a machine", |world| kvm(world, KVM_GET_DIRTY_LOG)),
];

fn kvm(world: &World, request: usize) -> io::Result<()> {
    let refused = io::Error::from_raw_os_error(libc::EPERM);
    let device = world.kvm.ok_or(refused)?;
    attempt(libc::SYS_ioctl, &[device as usize, request, 0])
}

/// The names of the attempts that weren't refused. What fails for another reason than being forbidden (or
/// than the thing not being there at all) counts as not refused.
fn not_refused(world: &World, attempts: &[&[Attempt]], also: &[i32]) -> String {
    const REFUSED: [i32; 3] = [libc::EPERM, libc::EACCES, libc::ENOSYS];
    let mut names = String::new();
    for (name, attempt) in attempts.iter().copied().flatten() {
        match attempt(world) {
            Err(error)
                if error
                    .raw_os_error()
                    .is_some_and(|code| REFUSED.contains(&code) || also.contains(&code)) => {}
            result => names.push_str(&format!("{name}: {result:?}; ")),
        }
    }
    names
}

#[test]
fn a_worker_with_machines_can_do_nothing_else() {
    let said = confined(Extent::Whole, true, &[], |world| {
        not_refused(world, &[ESCAPES, OF_CELLS], &[])
    });
    assert_eq!(said, "");
}

#[test]
fn calls_of_another_architecture_kill() {
    let said = confined(Extent::Whole, true, &[], |_| {
        let result: i64;
        // SAFETY: `getpid` of the 32-bit table; no memory is touched.
        unsafe { std::arch::asm!("int 0x80", inlateout("rax") 20_i64 => result) };
        format!("{result}")
    });
    assert_eq!(said, "killed");
}

#[test]
fn a_worker_with_cells_gets_out_neither() {
    // Its filter lets paths and process ids through: they lead nowhere.
    let nowhere = [libc::ENOENT, libc::ESRCH, libc::EINVAL];
    let said = confined(Extent::Whole, false, &[], |world| {
        not_refused(world, &[ESCAPES], &nowhere)
    });
    assert_eq!(said, "");
}

#[test]
fn the_other_layers_hold_without_the_filter() {
    let said = confined(Extent::WithoutFilter, true, &[], |world| {
        let opened = fs::read_dir("/").map(|all| all.count());
        let mut said = format!("{opened:?} in the root");
        for attempt in ESCAPES.iter().filter(|(name, _)| name.starts_with("open")) {
            said.push_str(&not_refused(world, &[&[*attempt]], &[libc::ENOENT]));
        }
        for name in [
            "execute an open program",
            "mount",
            "unmount",
            "become somebody else",
            "take a capability",
        ] {
            let attempt = ESCAPES.iter().find(|(theirs, _)| *theirs == name).unwrap();
            said.push_str(&not_refused(world, &[&[*attempt]], &[libc::EINVAL]));
        }
        let jailer = attempt(libc::SYS_kill, &[world.jailer as usize, 0]);
        if jailer.is_ok() {
            said.push_str("the jailer can be signalled");
        }
        if std::net::TcpStream::connect("127.0.0.1:1").is_ok_and(|_| true) {
            said.push_str("there is a network");
        }
        let interfaces = fs::read_to_string("/proc/net/dev");
        if interfaces.is_ok() {
            said.push_str("the network can be seen");
        }
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        said.push_str(&format!("; {:?} files", limit.maximum));
        said
    });
    // Landlock lets nobody list even an empty root.
    assert!(said.ends_with("in the root; Some(100) files"), "{said}");
    assert!(said.starts_with("Err(Os { code: 13"), "{said}");
}

#[test]
fn mounts_are_used_and_lead_nowhere() {
    let host = tempfile::tempdir().unwrap();
    let (writable, readable) = (host.path().join("writable"), host.path().join("readable"));
    for directory in [&writable, &readable] {
        fs::create_dir(directory).unwrap();
        fs::write(directory.join("file"), "contents").unwrap();
    }
    fs::write(host.path().join("secret"), "secret").unwrap();
    let mounts = [(&*writable, false), (&*readable, true)];
    let said = confined(Extent::Whole, true, &mounts, |world| {
        let [writable, readable] = &world.mounts[..] else {
            return "two mounts".to_owned();
        };
        let open = |directory: &OwnedFd, path: &CStr, flags: i32| {
            let directory = directory.as_raw_fd() as usize;
            let arguments = [directory, at(path), flags as usize, 0o600, 0, 0];
            match call(libc::SYS_openat, arguments) {
                Ok(_) => "open".to_owned(),
                Err(error) => format!("{}", error.raw_os_error().unwrap_or(0)),
            }
        };
        let create = libc::O_CREAT | libc::O_WRONLY;
        [
            open(writable, c"file", libc::O_RDWR),
            open(writable, c"new", create),
            open(readable, c"file", libc::O_RDONLY),
            open(readable, c"file", libc::O_WRONLY),
            open(readable, c"new", create),
            open(writable, c"../secret", libc::O_RDONLY),
            open(writable, c"../../../../../../etc/passwd", libc::O_RDONLY),
            open(writable, c"/proc/self/root/etc/passwd", libc::O_RDONLY),
            not_refused(world, &[ESCAPES, OF_CELLS], &[libc::ENOENT]),
        ]
        .join(" ")
    });
    let (read_only, missing, denied) = (libc::EROFS, libc::ENOENT, libc::EACCES);
    assert_eq!(
        said,
        format!("open open open {read_only} {read_only} {missing} {missing} {missing} "),
        "{denied} where there are no views of mounts"
    );
    assert!(writable.join("new").exists());
}
