//! The state that a virtual processor starts with: set completely, each time.

use brood_abi::layout::DOORBELL_PORT;
use kvm_bindings::{
    CpuId, KVM_MAX_CPUID_ENTRIES, Msrs, kvm_cpuid_entry2, kvm_msr_entry, kvm_regs, kvm_segment,
    kvm_sregs, kvm_xsave,
};
use kvm_ioctls::{Kvm, VcpuFd};

use super::page_tables::{SYSTEM_BASE, TABLES_BASE, TASK_STATE_LIMIT};
use crate::error::Error;
use crate::report::Registers;

const CR0: u64 = {
    let (protected, monitor, extension, numeric, write_protect, paging) =
        (1 << 0, 1 << 1, 1 << 4, 1 << 5, 1 << 16, 1 << 31);
    protected | monitor | extension | numeric | write_protect | paging
};
/// PAE, OSFXSR, OSXMMEXCPT. Without OSXSAVE there is no AVX state to leave behind.
const CR4: u64 = 1 << 5 | 1 << 9 | 1 << 10;
/// LME, LMA, NXE; not SCE.
const EFER: u64 = 1 << 8 | 1 << 10 | 1 << 11;
/// The bit that is always set. I/O privilege level 0: the task state segment says which port may be
/// written, and interrupts can't be switched.
const RFLAGS: u64 = 1 << 1;
/// In CR2 until there is a page fault: an address that can't have one.
const NO_PAGE_FAULT: u64 = 1 << 63;

/// Time-stamp counter, system call targets, auxiliary value of `rdtscp`.
const MSR_TSC: u32 = 0x10;
const MSRS_ZERO: [u32; 8] = [
    0x174,       // SYSENTER_CS
    0x175,       // SYSENTER_ESP
    0x176,       // SYSENTER_EIP
    0xc000_0081, // STAR
    0xc000_0082, // LSTAR
    0xc000_0084, // SFMASK
    0xc000_0102, // KERNEL_GS_BASE
    0xc000_0103, // TSC_AUX
];

/// The system registers of every instance, on top of what this kernel gives a new processor.
pub(super) fn system_registers(fresh: kvm_sregs) -> kvm_sregs {
    let code = kvm_segment {
        base: 0,
        limit: 0xffff_ffff,
        selector: 0x33,
        type_: 0xb, // execute, read, accessed
        present: 1,
        dpl: 3,
        db: 0,
        s: 1,
        l: 1,
        g: 1,
        avl: 0,
        unusable: 0,
        padding: 0,
    };
    let data = kvm_segment {
        selector: 0x2b,
        type_: 0x3, // read, write, accessed
        db: 1,
        l: 0,
        ..code
    };
    let task = kvm_segment {
        selector: 0x40,
        base: SYSTEM_BASE,
        limit: TASK_STATE_LIMIT,
        type_: 0xb, // 64-bit TSS, busy
        dpl: 0,
        s: 0,
        l: 0,
        g: 0,
        ..code
    };
    let none = kvm_segment {
        unusable: 1,
        ..kvm_segment::default()
    };
    kvm_sregs {
        cs: code,
        ss: data,
        ds: data,
        es: data,
        fs: data,
        gs: data,
        tr: task,
        ldt: none,
        gdt: Default::default(),
        idt: Default::default(),
        cr0: CR0,
        cr2: NO_PAGE_FAULT,
        cr3: TABLES_BASE,
        cr4: CR4,
        cr8: 0,
        efer: EFER,
        interrupt_bitmap: [0; 4],
        ..fresh
    }
}

/// General registers at entry.
pub(super) fn general_registers(instruction_pointer: u64, stack_pointer: u64) -> kvm_regs {
    kvm_regs {
        rip: instruction_pointer,
        rsp: stack_pointer,
        rflags: RFLAGS,
        ..kvm_regs::default()
    }
}

/// Floating-point and vector state at entry: x87 and SSE as after power-on, and every other
/// component that the processor may have (AVX, ...) in its initial state, too. A paravirtual KVM
/// can't keep a guest from using those.
pub(super) fn extended_state() -> kvm_xsave {
    const CONTROL_WORD: usize = 0;
    const MXCSR: usize = 24 / 4;
    /// Which components are not in their initial state: x87 and SSE, which are given.
    const COMPONENTS: usize = 512 / 4;
    let mut state = kvm_xsave::default();
    state.region[CONTROL_WORD] = 0x37f;
    state.region[MXCSR] = 0x1f80;
    state.region[COMPONENTS] = 0b11;
    state
}

/// The MSRs that could carry something from one instance to the next.
pub(super) fn model_specific() -> Result<Msrs, Error> {
    let entries: Vec<kvm_msr_entry> = MSRS_ZERO
        .iter()
        .map(|&index| kvm_msr_entry {
            index,
            reserved: 0,
            data: 0,
        })
        .collect();
    Msrs::from_entries(&entries).map_err(|_| Error::Processor("too many MSRs".to_owned()))
}

/// Host cycles that reading the guest's counter takes at most, unless the thread was interrupted.
const READING: u64 = 30_000;
/// How often to try for a reading without interruption.
const READINGS: u32 = 8;

/// Guest counter minus host counter: constant for a virtual processor. The best of some readings:
/// an interruption in one would shift the instance's clock by half of its length.
pub(super) fn counter_offset(vcpu: &VcpuFd) -> Result<u64, Error> {
    let entry = kvm_msr_entry {
        index: MSR_TSC,
        reserved: 0,
        data: 0,
    };
    let mut msrs =
        Msrs::from_entries(&[entry]).map_err(|_| Error::Processor("too many MSRs".to_owned()))?;
    let (mut best, mut offset) = (u64::MAX, 0);
    for _ in 0..READINGS {
        let before = crate::clock::tsc();
        vcpu.get_msrs(&mut msrs)
            .map_err(Error::host("KVM_GET_MSRS"))?;
        let took = crate::clock::tsc().wrapping_sub(before);
        if took < best {
            let host = before.wrapping_add(took / 2);
            (best, offset) = (took, msrs.as_slice()[0].data.wrapping_sub(host));
        }
        if best <= READING {
            break;
        }
    }
    Ok(offset)
}

/// What `cpuid` answers: the baseline of the contract, and the host's address width. Nothing else
/// of the host shows.
pub(super) fn cpuid(kvm: &Kvm) -> Result<CpuId, Error> {
    let supported = kvm
        .get_supported_cpuid(KVM_MAX_CPUID_ENTRIES)
        .map_err(Error::host("KVM_GET_SUPPORTED_CPUID"))?;
    let find = |function: u32| {
        let mut entries = supported.as_slice().iter();
        entries
            .find(|entry| entry.function == function)
            .copied()
            .unwrap_or_default()
    };
    let vendor = find(0);
    let address_width = find(0x8000_0008).eax & 0xffff;
    let entry = |function, eax, ebx, ecx, edx| kvm_cpuid_entry2 {
        function,
        eax,
        ebx,
        ecx,
        edx,
        ..kvm_cpuid_entry2::default()
    };
    // FPU, TSC, PAE, CX8, CMOV, MMX, FXSR, SSE, SSE2
    let baseline = 1 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 15 | 1 << 23 | 1 << 24 | 1 << 25 | 1 << 26;
    let (no_execute, long_mode) = (1 << 20, 1 << 29);
    CpuId::from_entries(&[
        entry(0, 1, vendor.ebx, vendor.ecx, vendor.edx),
        entry(1, find(1).eax, 0, 0, baseline),
        entry(0x8000_0000, 0x8000_0008, 0, 0, 0),
        entry(0x8000_0001, 0, 0, 0, no_execute | long_mode),
        entry(0x8000_0008, address_width, 0, 0, 0),
    ])
    .map_err(|_| Error::Processor("too many CPUID entries".to_owned()))
}

/// Registers after a fault, and the address of the page fault if it was one.
pub(super) fn after_fault(vcpu: &VcpuFd) -> Result<(Option<Registers>, Option<u64>), Error> {
    let system = vcpu.get_sregs().map_err(Error::host("KVM_GET_SREGS"))?;
    // Some processors lose their state on shutdown, and KVM then resets them.
    if system.cr3 != TABLES_BASE {
        return Ok((None, None));
    }
    let r = vcpu.get_regs().map_err(Error::host("KVM_GET_REGS"))?;
    let registers = Registers {
        rip: r.rip,
        rsp: r.rsp,
        rbp: r.rbp,
        rflags: r.rflags,
        rax: r.rax,
        rbx: r.rbx,
        rcx: r.rcx,
        rdx: r.rdx,
        rsi: r.rsi,
        rdi: r.rdi,
        r8: r.r8,
        r9: r.r9,
        r10: r.r10,
        r11: r.r11,
        r12: r.r12,
        r13: r.r13,
        r14: r.r14,
        r15: r.r15,
    };
    Ok((
        Some(registers),
        (system.cr2 != NO_PAGE_FAULT).then_some(system.cr2),
    ))
}

/// The code of the hypercall page: `out` between saving and restoring what the System V ABI lets a
/// function's caller expect.
pub(super) fn hypercall_page() -> Vec<u8> {
    crate::backend::hypercall_page(&[0xe6, DOORBELL_PORT as u8]) // out DOORBELL_PORT, al
}
