//! Instructions that a guest must not run, or that must do no harm.

use alloc::vec::Vec;
use core::arch::asm;

use brood_guest::rings::Rings;

use crate::Table;

pub const TABLE: &Table = &[
    ("instructions", |rings, _, _, _| list(rings)),
    ("instruction", |rings, _, operand, _| {
        attempt(rings, operand)
    }),
];

/// Whether an instance may go on after an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allowed {
    /// It ends there.
    No,
    /// It goes on.
    Yes,
    /// That is the processor's affair: without an effect on anybody else, the instance may go on or end.
    Perhaps,
}

use Allowed::{No, Perhaps, Yes};

/// The table of attempts: name, whether the instance may go on, the instructions. They may use `rax`, `rcx`, `rdx`,
/// `rsi`, `rdi`, `r8` to `r11`, and what is below the stack pointer.
macro_rules! attempts {
    ($($name:literal $allowed:ident $($line:literal),+;)*) => {
        const ATTEMPTS: &[(&str, Allowed, fn())] = &[$(($name, $allowed, {
            #[inline(never)]
            fn attempt() {
                // SAFETY: none: what happens is what is tested. What may go on changes no more than it says.
                unsafe { asm!($($line),+, clobber_abi("C")) }
            }
            attempt
        })),*];
    };
}

attempts! {
    // What runs the processor.
    "hlt" No "hlt";
    "cli" No "cli";
    "sti" No "sti";
    "clts" No "clts";
    "invd" No "invd";
    "wbinvd" No "wbinvd";
    "wbnoinvd" No "wbnoinvd";
    "invlpg" No "invlpg [rsp]";
    "invpcid" No "xor eax, eax", "invpcid rax, [rsp]";
    "invlpga" No "xor eax, eax", "xor ecx, ecx", "invlpga";
    "monitor" No "mov rax, rsp", "xor ecx, ecx", "xor edx, edx", "monitor";
    "mwait" No "xor eax, eax", "xor ecx, ecx", "mwait";
    "swapgs" No "swapgs";
    "rsm" No "rsm";
    "stac" No "stac";
    "undefined" No "ud2";
    "locked-undefined" No ".byte 0xf0, 0x0f, 0xc7, 0xc8";
    "divide-by-zero" No "xor ecx, ecx", "mov eax, 1", "xor edx, edx", "div ecx";

    // Control and debug registers.
    "mov-to-cr0" No "xor eax, eax", "mov cr0, rax";
    "mov-from-cr0" No "mov rax, cr0";
    "mov-to-cr2" No "xor eax, eax", "mov cr2, rax";
    "mov-to-cr3" No "xor eax, eax", "mov cr3, rax";
    "mov-from-cr3" No "mov rax, cr3";
    "mov-to-cr4" No "mov eax, 0x40620", "mov cr4, rax";
    "mov-from-cr4" No "mov rax, cr4";
    "mov-to-cr8" No "xor eax, eax", "mov cr8, rax";
    "mov-to-dr0" No "mov rax, rsp", "mov dr0, rax";
    "mov-to-dr7" No "mov eax, 0x401", "mov dr7, rax";
    "mov-from-dr0" No "mov rax, dr0";
    "mov-from-dr6" No "mov rax, dr6";
    "mov-from-dr7" No "mov rax, dr7";
    "lmsw" No "mov eax, 1", "lmsw ax";
    "xsetbv" No "xor ecx, ecx", "mov eax, 7", "xor edx, edx", "xsetbv";

    // Model-specific registers: one of each kind.
    "rdmsr-tsc" No "mov ecx, 0x10", "rdmsr";
    "rdmsr-apic-base" No "mov ecx, 0x1b", "rdmsr";
    "rdmsr-efer" No "mov ecx, 0xc0000080", "rdmsr";
    "rdmsr-fs-base" No "mov ecx, 0xc0000100", "rdmsr";
    "rdmsr-kernel-gs-base" No "mov ecx, 0xc0000102", "rdmsr";
    "rdmsr-hypervisor" No "mov ecx, 0x40000000", "rdmsr";
    "wrmsr-tsc" No "mov ecx, 0x10", "xor eax, eax", "xor edx, edx", "wrmsr";
    "wrmsr-efer" No "mov ecx, 0xc0000080", "mov eax, 0xd01", "xor edx, edx", "wrmsr";
    "wrmsr-star" No "mov ecx, 0xc0000081", "xor eax, eax", "xor edx, edx", "wrmsr";
    "wrmsr-lstar" No "mov ecx, 0xc0000082", "xor eax, eax", "xor edx, edx", "wrmsr";
    "wrmsr-kernel-gs-base" No "mov ecx, 0xc0000102", "mov eax, 1", "xor edx, edx", "wrmsr";
    "wrmsr-tsc-aux" No "mov ecx, 0xc0000103", "mov eax, 1", "xor edx, edx", "wrmsr";
    "wrmsr-speculation" No "mov ecx, 0x48", "xor eax, eax", "xor edx, edx", "wrmsr";
    "wrmsr-debug-control" No "mov ecx, 0x1d9", "mov eax, 1", "xor edx, edx", "wrmsr";
    "wrmsr-paravirtual-clock" No "mov ecx, 0x4b564d01", "mov eax, 0x10002001", "xor edx, edx", "wrmsr";
    "rdpmc" No "xor ecx, ecx", "rdpmc";

    // Descriptor tables and the way to other privilege levels.
    "lgdt" No "lgdt [rsp]";
    "lidt" No "lidt [rsp]";
    "lldt" No "mov eax, 8", "lldt ax";
    "ltr" No "mov eax, 0x40", "ltr ax";
    "load-code-segment-as-data" Perhaps "mov eax, 0x33", "mov ds, ax", "xor eax, eax", "mov ds, ax";
    "load-stack-segment-of-the-kernel" No "mov eax, 0x18", "mov ss, ax";
    "far-return-to-the-kernel" No "mov eax, 0x10", "push rax", "lea rax, [rip]", "push rax", "retfq";
    "interrupt-return-to-the-kernel" No
        "mov eax, 0x18", "push rax", "push rsp", "pushfq", "mov eax, 0x10", "push rax", "lea rax, [rip]", "push rax",
        "iretq";
    "interrupt-return-with-privileges" No
        // To the next instruction, with I/O privilege level 3 and interrupts on; neither may come of it.
        "mov rdx, rsp", "xor eax, eax", "mov ax, ss", "push rax", "push rdx", "mov eax, 0x3202", "push rax",
        "xor eax, eax", "mov ax, cs", "push rax", "lea rax, [rip + 3f]", "push rax", "iretq", "3:", "cli";
    "flags-with-privileges" No "mov eax, 0x3202", "push rax", "popfq", "cli";
    "compatibility-mode" No
        // Where there is such a segment, 32-bit code at an address below 4 GiB: a system call of old.
        "mov eax, 0x23", "push rax", "lea rax, [rip + 4f]", "push rax", "retfq",
        "4:", ".byte 0xb8, 0x14, 0x00, 0x00, 0x00, 0xcd, 0x80", "ud2";
    "sysret" No "sysretq";
    "sysexit" No "sysexitq";
    "syscall" No "mov eax, 39", "syscall";
    "syscall-of-x32" No "mov eax, 0x40000027", "syscall";
    "sysenter" No "mov eax, 20", "sysenter";

    // Interrupts and exceptions.
    "int-0" No "int 0";
    "int-1" No "int 1";
    "int-2" No "int 2";
    "int-3" No "int3";
    "int-4" No "int 4";
    "int-8" No "int 8";
    "int-13" No "int 13";
    "int-14" No "int 14";
    "int-32" No "int 32";
    "int-128" No "mov eax, 20", "int 0x80";
    "int-255" No "int 255";
    "icebp" No ".byte 0xf1";
    "trap-flag" No "pushfq", "or dword ptr [rsp], 0x100", "popfq", "nop", "nop";

    // Ports: the doorbell's is next to the first and the last of the "out" of a byte.
    "out-byte-0xb6" No "xor eax, eax", "out 0xb6, al";
    "out-byte-0xb8" No "xor eax, eax", "out 0xb8, al";
    "out-byte-0x80" No "xor eax, eax", "out 0x80, al";
    "out-byte-0x3f8" No "mov edx, 0x3f8", "out dx, al";
    "out-byte-0xcf9" No "mov edx, 0xcf9", "mov eax, 6", "out dx, al";
    "out-byte-0xffff" No "mov edx, 0xffff", "out dx, al";
    "out-word-0xb6" No "xor eax, eax", "out 0xb6, ax";
    "out-word-0xb7" No "xor eax, eax", "out 0xb7, ax";
    "out-long-0xb4" No "xor eax, eax", "out 0xb4, eax";
    "out-long-0xb7" No "xor eax, eax", "out 0xb7, eax";
    "out-long-0xcf8" No "mov edx, 0xcf8", "mov eax, 0x80000000", "out dx, eax";
    "in-byte-0xb7" No "in al, 0xb7";
    "in-word-0xb7" No "in ax, 0xb7";
    "in-byte-0x60" No "in al, 0x60";
    "in-byte-0xcfc" No "mov edx, 0xcfc", "in al, dx";
    "in-string-0xb7" No "mov edx, 0xb7", "mov rdi, rsp", "mov ecx, 1", "rep insb";
    "out-string-0x80" No "mov edx, 0x80", "mov rsi, rsp", "outsb";

    // Virtualisation and enclaves.
    "vmcall" Perhaps "mov eax, 1", "vmcall";
    "vmmcall" Perhaps "mov eax, 1", "vmmcall";
    "vmxon" No "vmxon qword ptr [rsp]";
    "vmxoff" No "vmxoff";
    "vmlaunch" No "vmlaunch";
    "vmptrld" No "vmptrld qword ptr [rsp]";
    "vmread" No "xor eax, eax", "vmread rcx, rax";
    "invept" No "xor eax, eax", "invept rax, [rsp]";
    "vmrun" No "xor eax, eax", "vmrun";
    "vmload" No "xor eax, eax", "vmload";
    "vmsave" No "xor eax, eax", "vmsave";
    "clgi" No "clgi";
    "stgi" No "stgi";
    "skinit" No "xor eax, eax", "skinit";
    "getsec" No "xor eax, eax", "getsec";
    "encls" No "xor eax, eax", "encls";
    "pconfig" No "xor eax, eax", "pconfig";

    // What anybody may run, or what the processor may leave to anybody.
    "cpuid" Yes "push rbx", "xor eax, eax", "cpuid", "pop rbx";
    "rdtsc" Yes "rdtsc";
    "rdtscp" Perhaps "rdtscp";
    "clflush" Yes "clflush [rsp]";
    "prefetch" Yes "prefetcht0 [rsp]", "xor eax, eax", "prefetcht0 [rax]";
    "fences" Yes "mfence", "lfence", "sfence";
    "pause" Yes "pause";
    "non-temporal" Yes "push rax", "movnti [rsp], rax", "pop rax";
    "read-selectors" Yes "mov eax, cs", "mov eax, ss", "mov eax, ds", "lar eax, eax", "mov eax, cs", "lsl eax, eax";
    "verify-selectors" Yes "mov eax, cs", "verr ax", "verw ax";
    "null-selectors" Yes "xor eax, eax", "mov ds, ax", "mov es, ax", "mov fs, ax", "mov gs, ax";
    "flags" Yes "pushfq", "or dword ptr [rsp], 0x244cd5", "popfq", "pushfq", "and dword ptr [rsp], 0xdbb32a", "popfq";
    "rdrand" Perhaps "rdrand rax";
    "rdseed" Perhaps "rdseed rax";
    "rdpid" Perhaps "rdpid rax";
    "xgetbv" Perhaps "xor ecx, ecx", "xgetbv";
    "rdfsbase" Perhaps "rdfsbase rax";
    "rdgsbase" Perhaps "rdgsbase rax";
    "rdpkru" Perhaps "xor ecx, ecx", "rdpkru";
    "sgdt" Perhaps "sub rsp, 16", "sgdt [rsp]", "add rsp, 16";
    "sidt" Perhaps "sub rsp, 16", "sidt [rsp]", "add rsp, 16";
    "sldt" Perhaps "sldt eax";
    "str" Perhaps "str eax";
    "smsw" Perhaps "smsw eax";
    "avx" Perhaps "vpxor xmm0, xmm0, xmm0", "vcmpps ymm15, ymm15, ymm15, 15", "vzeroupper";
    "avx-512" Perhaps "vpxorq zmm31, zmm31, zmm31", "kxnorq k1, k1, k1";
    "tile" Perhaps "tilerelease";
    "transaction" Perhaps "xbegin 5f", "xend", "5:";
    "tpause" Perhaps "xor ecx, ecx", "xor eax, eax", "xor edx, edx", "tpause ecx";
    "clzero" Perhaps "sub rsp, 128", "lea rax, [rsp + 63]", "and rax, -64", "clzero", "add rsp, 128";
    "enclu" Perhaps "xor eax, eax", "enclu";
}

/// Tells the names of all attempts, each with what may become of it.
fn list(rings: &mut Rings) {
    let lines: Vec<Vec<u8>> = ATTEMPTS
        .iter()
        .map(|(name, allowed, _)| {
            let allowed = match allowed {
                No => "no",
                Yes => "yes",
                Perhaps => "perhaps",
            };
            [allowed.as_bytes(), b" ", name.as_bytes()].concat()
        })
        .collect();
    rings.message(&lines.join(&b'\n'));
}

fn attempt(rings: &mut Rings, name: &[u8]) {
    match ATTEMPTS
        .iter()
        .find(|(known, _, _)| known.as_bytes() == name)
    {
        Some((_, _, attempt)) => attempt(),
        None => rings.exit(2, &[b"no such instruction: ", name].concat()),
    }
}
