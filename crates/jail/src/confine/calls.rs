//! Seccomp: the system calls that a worker may make, in tables. What isn't in them fails with `EPERM`.
//!
//! A filter sees numbers and not what pointers lead to. So there are calls here that could do more than
//! they are needed for (`openat` takes any path): those are bounded by the other layers.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// What may be passed as an argument.
#[derive(Clone, Copy, Debug)]
enum Test {
    /// This number.
    Is(u64),
    /// With these bits, this number.
    Masked(u64, u64),
}

/// A call, and what the argument of that place may be.
type Rule = (c_long, &'static [(u8, Test)]);

/// Neither mapped nor made executable.
const NOT_EXECUTABLE: (u8, Test) = (2, Test::Masked(libc::PROT_EXEC as u64, 0));

/// Whatever the instances run on: memory, threads that exist, time, chance, the socket to the parent, the
/// image files.
const ALWAYS: &[Rule] = &[
    (libc::SYS_brk, &[]),
    (libc::SYS_clock_gettime, &[]),
    (libc::SYS_clock_nanosleep, &[]),
    (libc::SYS_close, &[]),
    (libc::SYS_exit, &[]),
    (libc::SYS_exit_group, &[]),
    (libc::SYS_fcntl, &[(1, Test::Is(libc::F_GETFD as u64))]),
    (
        libc::SYS_fcntl,
        &[(1, Test::Is(libc::F_DUPFD_CLOEXEC as u64))],
    ),
    (libc::SYS_fstat, &[]),
    (libc::SYS_futex, &[]),
    (libc::SYS_getpid, &[]),
    (libc::SYS_getrandom, &[]),
    (libc::SYS_gettid, &[]),
    (libc::SYS_lseek, &[]),
    (libc::SYS_madvise, &[]),
    (libc::SYS_membarrier, &[]),
    (libc::SYS_mremap, &[]),
    (libc::SYS_munmap, &[]),
    (libc::SYS_nanosleep, &[]),
    // What a thread does first: some have just been started.
    (libc::SYS_prctl, &[(0, Test::Is(libc::PR_SET_NAME as u64))]),
    (libc::SYS_pread64, &[]),
    (libc::SYS_read, &[]),
    (libc::SYS_recvmsg, &[]),
    (libc::SYS_restart_syscall, &[]),
    (libc::SYS_rt_sigprocmask, &[]),
    (libc::SYS_rseq, &[]),
    (libc::SYS_rt_sigreturn, &[]),
    (libc::SYS_sched_getaffinity, &[]),
    (libc::SYS_sched_yield, &[]),
    // To no address: what the descriptor is connected to.
    (libc::SYS_sendto, &[(4, Test::Is(0))]),
    (libc::SYS_set_robust_list, &[]),
    (libc::SYS_sigaltstack, &[]),
    // Of a descriptor. A path there would be one of an empty file system.
    (
        libc::SYS_statx,
        &[(
            2,
            Test::Masked(libc::AT_EMPTY_PATH as u64, libc::AT_EMPTY_PATH as u64),
        )],
    ),
    (libc::SYS_write, &[]),
];

/// Memory without code.
const WITHOUT_CODE: &[Rule] = &[
    (libc::SYS_mmap, &[NOT_EXECUTABLE]),
    (libc::SYS_mprotect, &[NOT_EXECUTABLE]),
];

/// The requests to KVM that running instances takes, by number; `KVMIO` is their type.
const KVM_REQUESTS: &[u8] = &[
    0x01, // KVM_CREATE_VM
    0x03, // KVM_CHECK_EXTENSION
    0x04, // KVM_GET_VCPU_MMAP_SIZE
    0x41, // KVM_CREATE_VCPU
    0x46, // KVM_SET_USER_MEMORY_REGION
    0x80, // KVM_RUN
    0x81, // KVM_GET_REGS
    0x82, // KVM_SET_REGS
    0x83, // KVM_GET_SREGS
    0x84, // KVM_SET_SREGS
    0x88, // KVM_GET_MSRS
    0x89, // KVM_SET_MSRS
    0x90, // KVM_SET_CPUID2
    0xa3, // KVM_GET_TSC_KHZ
    0xa4, // KVM_GET_XSAVE
    0xa5, // KVM_SET_XSAVE
];
const KVM_TYPE: u64 = 0xae00;
/// Which pages of its own memory, or of a cell's, are private: `PAGEMAP_SCAN`, by type and number.
const PAGEMAP_SCAN: u64 = 0x6610;

/// Files of mounts, and of who hibernates. Paths are looked up in the empty file system and, by descriptor, in the
/// directories.
const WITH_FILES: &[Rule] = &[
    (libc::SYS_access, &[]),
    (libc::SYS_chmod, &[]),
    (libc::SYS_faccessat, &[]),
    (libc::SYS_faccessat2, &[]),
    (libc::SYS_fallocate, &[]),
    (libc::SYS_fchmodat, &[]),
    (libc::SYS_fchownat, &[]),
    (libc::SYS_fdatasync, &[]),
    (libc::SYS_fsync, &[]),
    (libc::SYS_ftruncate, &[]),
    (libc::SYS_getdents64, &[]),
    (libc::SYS_linkat, &[]),
    (libc::SYS_mkdirat, &[]),
    (libc::SYS_newfstatat, &[]),
    (libc::SYS_open, &[]),
    (libc::SYS_openat, &[]),
    (libc::SYS_openat2, &[]),
    (libc::SYS_pwrite64, &[]),
    (libc::SYS_readlinkat, &[]),
    (libc::SYS_renameat, &[]),
    (libc::SYS_renameat2, &[]),
    (libc::SYS_statx, &[]),
    (libc::SYS_symlinkat, &[]),
    (libc::SYS_unlinkat, &[]),
    (libc::SYS_utimensat, &[]),
];

/// New namespaces, other than a child's own memory: what starting a cell has nothing to do with.
const STRANGE_CLONE: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_THREAD
    | libc::CLONE_PARENT
    | libc::CLONE_PTRACE) as u64;

/// The `process` backend: making cells, which are processes, reaching their memory, and what a cell does
/// before it has locked itself down. Where landlock holds, nothing can be executed but files without a
/// name, of which the cell is one.
const WITH_CELLS: &[Rule] = &[
    (libc::SYS_access, &[]),
    (libc::SYS_arch_prctl, &[]),
    (libc::SYS_clone, &[(0, Test::Masked(STRANGE_CLONE, 0))]),
    // Asked for before a cell's processor time is read.
    (libc::SYS_clock_getres, &[]),
    // Answered with "not known", below: its flags lie behind a pointer.
    (libc::SYS_clone3, &[]),
    (libc::SYS_dup2, &[]),
    (libc::SYS_execve, &[]),
    (libc::SYS_fcntl, &[]),
    (libc::SYS_kill, &[]),
    (libc::SYS_memfd_create, &[]),
    (libc::SYS_mmap, &[]),
    (libc::SYS_mprotect, &[]),
    (libc::SYS_pipe2, &[]),
    (libc::SYS_poll, &[]),
    (
        libc::SYS_prctl,
        &[(0, Test::Is(libc::PR_SET_PDEATHSIG as u64))],
    ),
    (
        libc::SYS_prctl,
        &[(0, Test::Is(libc::PR_SET_NO_NEW_PRIVS as u64))],
    ),
    (
        libc::SYS_prctl,
        &[(0, Test::Is(libc::PR_SET_SECCOMP as u64))],
    ),
    (libc::SYS_process_vm_readv, &[]),
    (libc::SYS_process_vm_writev, &[]),
    (libc::SYS_pwrite64, &[]),
    (libc::SYS_recvfrom, &[]),
    (libc::SYS_rt_sigaction, &[]),
    (libc::SYS_setpgid, &[]),
    (libc::SYS_setrlimit, &[]),
    (libc::SYS_setsockopt, &[]),
    (libc::SYS_socketpair, &[(0, Test::Is(libc::AF_UNIX as u64))]),
    (libc::SYS_vfork, &[]),
    (libc::SYS_wait4, &[]),
    (libc::SYS_waitid, &[]),
];

/// What a worker runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    /// Virtual machines; else cells.
    pub kvm: bool,
    /// Whether it has directories.
    pub files: bool,
}

/// Why the filter is not in force.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfiltered {
    #[error(transparent)]
    Backend(#[from] seccompiler::BackendError),
    #[error(transparent)]
    Refused(#[from] seccompiler::Error),
}

/// From now on all threads of this process may make these calls only.
pub(crate) fn restrict(work: Work) -> Result<(), Unfiltered> {
    if !work.kvm {
        // Of two filters the stricter one counts, and of these the C library makes `clone` out of `clone3`.
        let not_known = SeccompAction::Errno(libc::ENOSYS as u32);
        let rules = BTreeMap::from([(libc::SYS_clone3, vec![])]);
        let filter =
            SeccompFilter::new(rules, SeccompAction::Allow, not_known, TargetArch::x86_64)?;
        seccompiler::apply_filter_all_threads(&BpfProgram::try_from(filter)?)?;
    }
    let filter = SeccompFilter::new(
        rules(work)?,
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
        TargetArch::x86_64,
    )?;
    seccompiler::apply_filter_all_threads(&BpfProgram::try_from(filter)?)?;
    Ok(())
}

fn rules(work: Work) -> Result<BTreeMap<c_long, Vec<SeccompRule>>, seccompiler::BackendError> {
    let mut tables = vec![ALWAYS];
    tables.push(if work.kvm { WITHOUT_CODE } else { WITH_CELLS });
    if work.files {
        tables.push(WITH_FILES);
    }
    let mut rules: BTreeMap<c_long, Vec<Vec<SeccompCondition>>> = BTreeMap::new();
    for (call, tests) in tables.into_iter().flatten() {
        let conditions = tests.iter().map(|&(place, test)| condition(place, test));
        let conditions = conditions.collect::<Result<_, _>>()?;
        rules.entry(*call).or_default().push(conditions);
    }
    // Only to threads of its own.
    let own = Test::Is(u64::from(std::process::id()));
    rules.insert(libc::SYS_tgkill, vec![vec![condition(0, own)?]]);
    let request = |number: u64| Ok(vec![condition(1, Test::Masked(0xffff, number))?]);
    let of_kvm = KVM_REQUESTS
        .iter()
        .filter(|_| work.kvm)
        .map(|&number| KVM_TYPE | u64::from(number));
    let requests = of_kvm.chain([PAGEMAP_SCAN]).map(request);
    rules.insert(
        libc::SYS_ioctl,
        requests.collect::<Result<_, seccompiler::BackendError>>()?,
    );
    rules
        .into_iter()
        .map(|(call, alternatives)| Ok((call, chain(alternatives)?)))
        .collect()
}

/// The rules of one call; none if it may be made with whatever arguments.
fn chain(
    alternatives: Vec<Vec<SeccompCondition>>,
) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    if alternatives.iter().any(Vec::is_empty) {
        return Ok(Vec::new());
    }
    alternatives.into_iter().map(SeccompRule::new).collect()
}

fn condition(place: u8, test: Test) -> Result<SeccompCondition, seccompiler::BackendError> {
    let (operator, value) = match test {
        Test::Is(value) => (SeccompCmpOp::Eq, value),
        Test::Masked(mask, value) => (SeccompCmpOp::MaskedEq(mask), value),
    };
    SeccompCondition::new(place, SeccompCmpArgLen::Qword, operator, value)
}
