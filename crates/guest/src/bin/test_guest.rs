//! A guest without a machine, to test monitors: it does what its argument says.
//!
//! While an image is built, the package says what to do before "ready" (nothing, when it is
//! empty); in a clone, the argument does. Commands are words; what follows the first space is
//! their operand.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::arch::asm;
use core::hint::black_box;

use brood_abi::boot::FLAG_BUILD;
use brood_abi::file::{Mounts, OPEN_CREATE, OPEN_PERMISSIONS_SHIFT, OPEN_WRITE};
use brood_abi::layout::{BOOT_BLOCK, HYPERCALL_PAGE, MEMORY_BASE, PAGE_SIZE, RING_PAGE};
use brood_abi::operation::{ACTION_DELIVER, MODE_SET, MODE_SIGNALS};
use brood_abi::ring::{FLAG_SILENT, Submission};
use brood_abi::{BootBlock, Error, Operation};
use brood_guest::boot::{argument, boot_block, monotonic, mount_table, package};
use brood_guest::rings::{Rings, Stream, with_bytes};

brood_guest::entry!(main);

/// What a clone finds in its memory from before it was frozen, and may change for itself.
struct Remembered {
    counter: u64,
    text: String,
}

fn main() -> ! {
    // SAFETY: this is the only value in use; `perform` gets it lent.
    let mut rings = unsafe { Rings::new() };
    let mut remembered = Remembered {
        counter: 1,
        text: String::from("from before"),
    };
    let block = boot_block();
    if block.flags & FLAG_BUILD != 0 {
        if block.package.length > 0 {
            perform(&mut rings, &block, package(&block), &mut remembered);
        }
        brood_guest::clear_free();
        rings.ready(brood_guest::claimed_end());
    }
    let block = boot_block();
    rings.stamp_first_instruction();
    perform(&mut rings, &block, argument(&block), &mut remembered);
    rings.exit(0, b"")
}

type Behaviour = fn(&mut Rings, &BootBlock, &[u8], &mut Remembered);

/// Every behaviour by name.
const BEHAVIOURS: &[(&str, Behaviour)] = &[
    ("hello", |rings, _, _, _| {
        rings.console_write(Stream::Output, b"hello, world\n")
    }),
    ("complain", |rings, _, _, _| {
        rings.console_write(Stream::Errors, b"oh no\n")
    }),
    ("exit", |rings, _, operand, _| {
        rings.exit(number(operand) as u8, b"")
    }),
    ("slogan", |rings, _, operand, _| rings.exit(1, operand)),
    ("panic", |_, _, operand, _| {
        panic!("{}", String::from_utf8_lossy(operand))
    }),
    ("echo", |rings, _, operand, _| rings.message(operand)),
    ("answer", |rings, _, operand, _| answer(rings, operand)),
    ("identity", identity),
    ("remember", remember),
    ("spin", |_, _, _, _| spin()),
    ("echo-and-spin", |rings, _, operand, _| {
        rings.message(operand);
        spin()
    }),
    ("echo-and-print", |rings, _, operand, _| {
        rings.message(operand);
        rings.console_write(Stream::Output, b"done\n");
    }),
    ("null-write", |_, _, _, _| null_write()),
    ("execute-data", |_, _, _, _| execute_data()),
    ("write-code", |_, _, _, _| write_code()),
    ("write-hypercall-page", |_, _, _, _| {
        write_to(HYPERCALL_PAGE)
    }),
    ("write-boot-block", |_, _, _, _| write_to(BOOT_BLOCK)),
    ("write-page-tables", |_, _, _, _| write_to(0x10_0000)),
    ("beyond-memory", |_, block, _, _| write_to(block.memory_end)),
    ("stack-overflow", |_, _, _, _| {
        black_box(overflow_stack(1));
    }),
    ("halt", |_, _, _, _| privileged(0)),
    ("control-register", |_, _, _, _| privileged(1)),
    ("model-specific-register", |_, _, _, _| privileged(2)),
    ("system-call", |_, _, _, _| privileged(3)),
    ("interrupt", |_, _, _, _| privileged(4)),
    ("port", |_, _, _, _| privileged(5)),
    ("undefined", |_, _, _, _| privileged(6)),
    ("interrupt-flag", |_, _, _, _| privileged(7)),
    ("system-entry", |_, _, _, _| privileged(8)),
    ("breakpoint", |_, _, _, _| privileged(9)),
    ("input-port", |_, _, _, _| privileged(10)),
    ("descriptor-table", |_, _, _, _| privileged(11)),
    ("swap-base", |_, _, _, _| privileged(12)),
    ("divide-by-zero", |_, _, _, _| privileged(13)),
    ("allocate", |_, _, _, _| allocate_for_ever()),
    ("use-memory", |rings, _, operand, _| {
        use_memory(rings, number(operand))
    }),
    ("find-dirt", |rings, _, operand, _| {
        find_dirt(rings, number(operand))
    }),
    ("flood-console", |rings, _, _, _| {
        flood(rings, Operation::ConsoleWrite)
    }),
    ("flood-messages", |rings, _, _, _| {
        flood(rings, Operation::Message)
    }),
    ("read-console", |rings, _, _, _| read_console(rings)),
    ("terminal", |rings, _, _, _| terminal(rings)),
    ("spin-for-signal", |rings, _, operand, _| {
        spin_for_signal(rings, number(operand))
    }),
    ("wait", |rings, _, operand, _| wait(rings, number(operand))),
    ("wait-for-ever", |rings, _, _, _| rings.wait(None)),
    ("doorbells", |rings, _, operand, _| {
        (0..number(operand)).for_each(|_| rings.ring())
    }),
    ("mounts", |rings, block, _, _| mounts(rings, block)),
    ("read-file", |rings, _, operand, _| {
        read_file(rings, operand)
    }),
    ("fill-file", |rings, _, operand, _| {
        fill_file(rings, operand)
    }),
    ("vectors", |rings, _, _, _| vectors(rings)),
    ("wide-vectors", |rings, _, _, _| wide_vectors(rings)),
    ("violate", |rings, block, operand, _| {
        violate(rings, block, operand)
    }),
];

fn perform(rings: &mut Rings, block: &BootBlock, command: &[u8], remembered: &mut Remembered) {
    let end = command
        .iter()
        .position(|&byte| byte == b' ')
        .unwrap_or(command.len());
    let operand = command.get(end + 1..).unwrap_or(&[]);
    match BEHAVIOURS
        .iter()
        .find(|(name, _)| name.as_bytes() == &command[..end])
    {
        Some((_, behaviour)) => behaviour(rings, block, operand, remembered),
        None => rings.exit(2, &[b"no such behaviour: ", command].concat()),
    }
}

fn number(text: &[u8]) -> u64 {
    core::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// The message and the exit in one doorbell, as a served request does it.
fn answer(rings: &mut Rings, operand: &[u8]) {
    rings.submit(&Submission {
        flags: FLAG_SILENT,
        ..with_bytes(Operation::Message, operand)
    });
    rings.exit(0, b"")
}

fn identity(rings: &mut Rings, block: &BootBlock, operand: &[u8], _: &mut Remembered) {
    let text = format!(
        "{} {:x?} {} {} {} {}",
        block.instance_id,
        block.entropy,
        block.launched,
        block.entered,
        monotonic(),
        String::from_utf8_lossy(operand)
    );
    rings.message(text.as_bytes());
}

fn remember(rings: &mut Rings, _: &BootBlock, operand: &[u8], remembered: &mut Remembered) {
    remembered.counter += 1;
    remembered.text.push('+');
    remembered.text.push_str(&String::from_utf8_lossy(operand));
    rings.message(format!("{} {}", remembered.counter, remembered.text).as_bytes());
}

#[inline(never)]
fn spin() {
    loop {
        core::hint::spin_loop();
    }
}

#[inline(never)]
fn null_write() {
    write_to(8);
}

#[inline(never)]
fn write_to(address: u64) {
    // SAFETY: none: what happens then is what is tested. In assembly, since to the compiler it
    // would be undefined behaviour.
    unsafe { asm!("mov byte ptr [{}], 1", in(reg) address) };
}

#[inline(never)]
fn write_code() {
    write_to(write_code as *const () as u64);
}

#[inline(never)]
fn execute_data() {
    let code = alloc::boxed::Box::new([0xc3_u8; 16]);
    // SAFETY: none, as above.
    unsafe { asm!("call {}", in(reg) black_box(code.as_ptr()), clobber_abi("C")) };
}

#[inline(never)]
#[allow(unconditional_recursion, reason = "that is what is tested")]
fn overflow_stack(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    overflow_stack(depth + 1) + frame[(depth % 64) as usize]
}

#[inline(never)]
fn privileged(which: u64) {
    // SAFETY: none of these may succeed; what happens is what is tested.
    unsafe {
        match which {
            0 => asm!("hlt"),
            1 => asm!("mov cr3, {}", in(reg) 0_u64),
            2 => asm!("wrmsr", in("ecx") 0xc000_0102_u32, in("eax") 1, in("edx") 0),
            3 => asm!("syscall", in("rax") 39, lateout("rcx") _, lateout("r11") _),
            4 => asm!("int 0x80", in("rax") 20),
            5 => asm!("out 0x80, al", in("al") 0_u8),
            6 => asm!("ud2"),
            7 => asm!("cli"),
            8 => asm!("sysenter"),
            9 => asm!("int3"),
            10 => asm!("in al, 0x60", out("al") _),
            11 => asm!("lgdt [{}]", in(reg) &0_u128),
            12 => asm!("swapgs"),
            _ => asm!("div {0:e}", in(reg) 0_u32, inout("eax") 1 => _, inout("edx") 0 => _),
        }
    }
}

#[inline(never)]
fn allocate_for_ever() {
    let mut blocks = Vec::new();
    loop {
        blocks.push(vec![1_u8; 1 << 20]);
    }
}

/// Fills so many bytes and checks them.
fn use_memory(rings: &mut Rings, length: u64) {
    let mut words = vec![0_u64; length as usize / 8];
    for (index, word) in words.iter_mut().enumerate() {
        *word = index as u64;
    }
    let sum: u64 = black_box(&words).iter().sum();
    rings.message(format!("{sum}").as_bytes());
}

/// Counts the bytes that aren't zero in so much new memory: the allocator's few, or somebody's.
fn find_dirt(rings: &mut Rings, length: u64) {
    let mut untouched = Vec::<u8>::with_capacity(length as usize);
    let start = untouched.spare_capacity_mut().as_ptr().cast::<u8>();
    let dirty = (0..length as usize)
        // SAFETY: within the allocation; volatile, since what it holds is not the program's doing.
        .filter(|&offset| unsafe { start.add(offset).read_volatile() } != 0)
        .count();
    rings.message(format!("{dirty}").as_bytes());
}

#[inline(never)]
fn flood(rings: &mut Rings, operation: Operation) {
    let text = vec![b'x'; 64 << 10];
    loop {
        rings.submit(&Submission {
            flags: FLAG_SILENT,
            argument: 1,
            ..with_bytes(operation, &text)
        });
    }
}

fn read_console(rings: &mut Rings) {
    let mut all = Vec::new();
    let mut buffer = [0_u8; 16];
    loop {
        // SAFETY: the buffer lives, untouched, until the completion below.
        unsafe { rings.console_read(&raw mut buffer, 7) };
        rings.wait(None);
        let completion = loop {
            match rings.take() {
                Some(completion) => break completion,
                None => rings.wait(None),
            }
        };
        assert_eq!(completion.user_data, 7);
        match completion.result {
            0 => break,
            length => all.extend_from_slice(&black_box(buffer)[..length as usize]),
        }
    }
    rings.message(&all);
}

/// Reports what the console is, and what the parent says to a mode.
fn terminal(rings: &mut Rings) {
    rings.ask(Operation::Terminal, 0, 1);
    rings.ask(Operation::TerminalMode, MODE_SET | MODE_SIGNALS, 2);
    rings.ring();
    let mut result = || rings.take().map(|completion| completion.result);
    let results = [result(), result()];
    rings.message(format!("{results:x?}").as_bytes());
}

/// Asks for this signal, computes until the monitor wants attention, and reports what it gets.
fn spin_for_signal(rings: &mut Rings, signal: u64) {
    rings.tell(Operation::SignalAction, signal | ACTION_DELIVER << 8);
    rings.ask(Operation::NextSignal, 0, 1);
    rings.ring();
    rings.console_write(Stream::Output, b"spinning");
    while !rings.has_attention() {
        core::hint::spin_loop();
    }
    rings.ring();
    let result = rings.take().map(|completion| completion.result);
    let attention = rings.has_attention();
    rings.message(format!("{result:?} {attention}").as_bytes());
}

fn wait(rings: &mut Rings, milliseconds: u64) {
    let start = monotonic();
    rings.wait(Some(start + milliseconds * 1_000_000));
    rings.message(format!("{}", monotonic() - start).as_bytes());
}

fn mounts(rings: &mut Rings, block: &BootBlock) {
    let table: Vec<_> = Mounts(mount_table(block))
        .map(|(flags, path)| format!("{flags} {}", String::from_utf8_lossy(path)))
        .collect();
    rings.message(table.join("\n").as_bytes());
}

/// Does an operation on files whose target is `target`, and gives its result.
fn on_files(
    rings: &mut Rings,
    operation: Operation,
    argument: u64,
    (source, offset): (&[u8], u64),
    target: &mut [u8],
) -> i64 {
    rings.submit(&Submission {
        argument,
        offset,
        target_address: target.as_mut_ptr().expose_provenance() as u64,
        target_length: target.len() as u64,
        ..with_bytes(operation, source)
    });
    rings.ring();
    rings.take().map_or(0, |completion| completion.result)
}

/// Tells the content of a file in the first mount, or the error's name.
fn read_file(rings: &mut Rings, path: &[u8]) {
    let mut target = vec![0; 64 << 10];
    let operation = Operation::FileReadWhole;
    let result = on_files(rings, operation, 0, (path, 0), &mut target);
    match usize::try_from(result) {
        Ok(length) => rings.message(&black_box(&target)[..length]),
        Err(_) => rings.message(error_name(result).as_bytes()),
    }
}

/// Writes to a file in the first mount, piece by piece, until an error comes: tells how much was written, and the
/// error's name.
fn fill_file(rings: &mut Rings, path: &[u8]) {
    let mut target = vec![0; 8 << 10];
    let how = OPEN_WRITE | OPEN_CREATE | 0o644 << OPEN_PERMISSIONS_SHIFT;
    let handle = on_files(rings, Operation::FileOpen, 0, (path, how), &mut target);
    let Ok(handle) = u64::try_from(handle) else {
        return rings.message(error_name(handle).as_bytes());
    };
    let piece = vec![b'x'; 100_000];
    let mut written = 0;
    let error = loop {
        let source = (&piece[..], written);
        let result = on_files(rings, Operation::FileWrite, handle, source, &mut target);
        match u64::try_from(result) {
            Ok(count) if written < 64 << 20 => written += count,
            Ok(_) => break "none",
            Err(_) => break error_name(result),
        }
    };
    rings.message(format!("{written} {error}").as_bytes());
}

fn error_name(code: i64) -> &'static str {
    Error::from_code(code).map_or("unknown", Error::name)
}

/// Reports the SSE registers as found, and leaves something in them.
fn vectors(rings: &mut Rings) {
    let mut found = [0_u128; 4];
    // SAFETY: moves registers; `found` has room for four.
    unsafe {
        asm!(
            "movups [{0}], xmm12",
            "movups [{0} + 16], xmm13",
            "movups [{0} + 32], xmm14",
            "movups [{0} + 48], xmm15",
            "pcmpeqd xmm12, xmm12",
            "pcmpeqd xmm13, xmm13",
            "pcmpeqd xmm14, xmm14",
            "pcmpeqd xmm15, xmm15",
            in(reg) found.as_mut_ptr(),
        );
    }
    rings.message(format!("{found:x?}").as_bytes());
}

/// The same for the upper halves of the AVX registers. Outside the contract: where the processor
/// has them, a paravirtual KVM can't keep a guest from using them; elsewhere this faults.
fn wide_vectors(rings: &mut Rings) {
    let mut found = [0_u128; 4];
    // SAFETY: as above.
    unsafe {
        asm!(
            "vextractf128 [{0}], ymm12, 1",
            "vextractf128 [{0} + 16], ymm13, 1",
            "vextractf128 [{0} + 32], ymm14, 1",
            "vextractf128 [{0} + 48], ymm15, 1",
            "pcmpeqd xmm15, xmm15",
            "vinsertf128 ymm12, ymm12, xmm15, 1",
            "vinsertf128 ymm13, ymm13, xmm15, 1",
            "vinsertf128 ymm14, ymm14, xmm15, 1",
            "vinsertf128 ymm15, ymm15, xmm15, 1",
            in(reg) found.as_mut_ptr(),
        );
    }
    rings.message(format!("{found:x?}").as_bytes());
}

/// Breaks a rule of the rings.
fn violate(rings: &mut Rings, block: &BootBlock, which: &[u8]) {
    let write = Submission {
        operation: Operation::ConsoleWrite.code(),
        argument: 1,
        address: RING_PAGE,
        length: 1,
        ..Submission::default()
    };
    let broken = match which {
        b"tail" => {
            rings.write_tail(1000);
            rings.ring();
            return;
        }
        b"operation" => Submission {
            operation: 0xffff,
            ..write
        },
        b"flags" => Submission {
            flags: 0x8000,
            ..write
        },
        b"reserved" => Submission { offset: 1, ..write },
        b"stream" => Submission {
            argument: 3,
            ..write
        },
        b"unmapped" => Submission {
            address: 4096,
            ..write
        },
        b"wrapping" => Submission {
            address: u64::MAX,
            length: 2,
            ..write
        },
        b"too-long" => Submission {
            length: block.memory_end - RING_PAGE + 1,
            ..write
        },
        b"page-tables" => Submission {
            address: 0x10_0000,
            length: PAGE_SIZE,
            ..write
        },
        b"read-into-code" => Submission {
            operation: Operation::ConsoleRead.code(),
            argument: 0,
            address: HYPERCALL_PAGE,
            length: 16,
            ..write
        },
        b"ready" => Submission {
            operation: Operation::Ready.code(),
            address: block.memory_end,
            length: 0,
            argument: 0,
            ..write
        },
        b"status" => Submission {
            operation: Operation::Exit.code(),
            argument: 256,
            length: 0,
            ..write
        },
        b"signal" => Submission {
            operation: Operation::SignalAction.code(),
            argument: 9,
            address: 0,
            length: 0,
            ..write
        },
        b"mode" => Submission {
            operation: Operation::TerminalMode.code(),
            argument: u64::MAX,
            address: 0,
            length: 0,
            ..write
        },
        b"completions" => loop {
            rings.submit(&write);
            rings.ring();
        },
        other => rings.exit(2, &[b"no such violation: ", other].concat()),
    };
    rings.submit(&broken);
    rings.ring();
}
