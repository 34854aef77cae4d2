//! A recycled shell is indistinguishable from a fresh one: what an instance leaves wherever it can, no later one finds.
//!
//! An instance of the test guest dumps all that it can see at its first instruction: registers of every kind, and all of
//! its memory. Whatever ran before on its shell, that must be what an instance in a fresh virtual machine sees.

mod support;

use std::path::Path;

use brood_abi::BootBlock;
use brood_abi::layout::{BOOT_BLOCK, MEMORY_BASE, PAGE_SIZE, RING_PAGE, STACK_BASE};
use brood_image::{Image, Protection};
use brood_monitor::{BackendKind, Control, Exit, Launch, Limits, Monitor, Mount, Outcome};
use support::{Fixture, Kept, lent, on_each_backend};
use zerocopy::{FromBytes, IntoBytes};

const MEMORY: u64 = 16 << 20;
/// What the guest leaves in each byte.
const POISON: u8 = 0xa5;

/// What a processor may have beyond the contract: the guest's bits of it, and instructions that tell.
const FEATURES: [(u64, &str); 5] = [
    (1 << 0, "avx"),
    (1 << 1, "avx-512"),
    (1 << 2, "rdfsbase"),
    (1 << 3, "xgetbv"),
    (1 << 4, "rdpkru"),
];

/// What instances of this backend can reach of those.
fn features(fixture: &Fixture) -> u64 {
    let has = |name: &str| {
        let (outcome, _) = fixture.run(&format!("instruction {name}"));
        matches!(outcome.exit, Exit::Status(0))
    };
    let found = FEATURES.iter().filter(|(_, name)| has(name));
    eprintln!("processor: {:?}", found.clone().collect::<Vec<_>>());
    found.fold(0, |bits, (bit, _)| bits | bit)
}

/// What is to be run, on which image and in how much memory.
struct Place<'a> {
    monitor: &'a Monitor,
    image: &'a Image,
    memory: u64,
    features: u64,
    reuse: bool,
}

impl Place<'_> {
    fn launch(&self, launch: &Launch<'_>) -> (Outcome, Kept) {
        let launch = Launch {
            limits: Limits {
                memory_bytes: self.memory,
                message_bytes: 2 * self.memory,
                ..Limits::default()
            },
            reuse: self.reuse,
            ..launch.clone()
        };
        let mut kept = Kept::default();
        let outcome = self.monitor.run(self.image, &launch, &mut kept).unwrap();
        (outcome, kept)
    }

    fn run(&self, argument: &str) -> (Outcome, Kept) {
        self.launch(&Launch::new(argument.as_bytes()))
    }

    /// Every range of memory that a guest may use so, as an operand.
    fn ranges(&self, is_wanted: impl Fn(u64, Protection) -> bool) -> String {
        let mappings = self.image.space().mappings(MEMORY_BASE + self.memory);
        let wanted = mappings.filter(|mapping| is_wanted(mapping.address, mapping.protection));
        let words = wanted.flat_map(|mapping| [mapping.address, mapping.length]);
        words.map(|word| format!(" {word}")).collect()
    }

    /// What an instance finds.
    fn dump(&self) -> Dump {
        let argument = format!("dump {}{}", self.features, self.ranges(|_, _| true));
        let (outcome, kept) = self.run(&argument);
        assert!(matches!(outcome.exit, Exit::Status(0)), "{}", outcome.exit);
        let mut parts = kept.messages.into_iter();
        let processor = parts.next().unwrap();
        let mappings = self.image.space().mappings(MEMORY_BASE + self.memory);
        let memory: Vec<(u64, Vec<u8>)> =
            mappings.map(|mapping| mapping.address).zip(parts).collect();
        Dump {
            reused: outcome.usage.reused,
            processor,
            memory,
        }
    }

    /// An instance that leaves something wherever it can. The argument is long, so that there is more of it than later.
    fn poison(&self) -> Outcome {
        let is_filled_at_once = |address, protection| {
            protection == Protection::ReadWrite && address != RING_PAGE && address != STACK_BASE
        };
        let ranges = self.ranges(is_filled_at_once);
        let argument = format!("poison {}{ranges} ", self.features);
        let argument = [argument.as_bytes(), &[b'0'; 300_000]].concat();
        self.launch(&Launch::new(&argument)).0
    }
}

/// All that an instance can see.
struct Dump {
    reused: bool,
    processor: Vec<u8>,
    memory: Vec<(u64, Vec<u8>)>,
}

impl Dump {
    /// Checks that it is what an instance in a fresh shell saw.
    fn must_be(&self, fresh: &Dump, after: &str) {
        assert!(!fresh.reused);
        let differing: Vec<usize> = (self.processor.iter().zip(&fresh.processor).enumerate())
            .filter_map(|(at, (one, other))| (one != other).then_some(at))
            .collect();
        assert!(
            self.processor.len() == fresh.processor.len() && differing.is_empty(),
            "registers after {after}: {} bytes differ, from {:?} on",
            differing.len(),
            differing.first()
        );
        assert_eq!(self.memory.len(), fresh.memory.len());
        for ((address, ours), (_, theirs)) in self.memory.iter().zip(&fresh.memory) {
            if *address == BOOT_BLOCK {
                boot_blocks_match(ours, theirs);
                continue;
            }
            assert_eq!(ours.len(), theirs.len());
            let pages = ours
                .chunks(PAGE_SIZE as usize)
                .zip(theirs.chunks(PAGE_SIZE as usize));
            for (page, (ours, theirs)) in (*address..).step_by(PAGE_SIZE as usize).zip(pages) {
                let at = ours
                    .iter()
                    .zip(theirs)
                    .position(|(one, other)| one != other);
                if let Some(at) = at {
                    let near = |bytes: &[u8]| bytes[at..bytes.len().min(at + 16)].to_vec();
                    panic!(
                        "memory after {after}: {:#x} has {:x?}, and {:x?} in a fresh shell",
                        page + at as u64,
                        near(ours),
                        near(theirs)
                    );
                }
            }
        }
    }
}

/// What is each instance's own may differ, and nothing else; behind the block there are zeros.
fn boot_blocks_match(ours: &[u8], theirs: &[u8]) {
    let decode = |bytes: &[u8]| {
        let (block, rest) = BootBlock::read_from_prefix(bytes).unwrap();
        assert!(rest.iter().all(|&byte| byte == 0));
        block
    };
    let (ours, theirs) = (decode(ours), decode(theirs));
    assert_ne!(ours.instance_id, theirs.instance_id);
    assert_ne!(ours.entropy, theirs.entropy);
    let without_self = |block: BootBlock| BootBlock {
        instance_id: 0,
        launched: 0,
        entered: 0,
        entropy: [0; 32],
        clock: Default::default(),
        ..block
    };
    assert_eq!(without_self(ours), without_self(theirs));
}

/// What a fresh shell shows is what the contract says.
#[test]
fn a_fresh_shell_is_as_the_contract_says() {
    on_each_backend(|fixture| {
        let place = Place {
            monitor: &fixture.monitor,
            image: &fixture.image,
            memory: MEMORY,
            features: features(fixture),
            reuse: false,
        };
        let (one, other) = (place.dump(), place.dump());
        other.must_be(&one, "nobody");
        // The beginning of what `fxsave` stores: control, status and tag word; `mxcsr`; and the registers.
        let state = &one.processor[..512];
        assert_eq!(state[..6], [0x7f, 0x03, 0, 0, 0, 0]);
        assert_eq!(state[24..28], 0x1f80_u32.to_le_bytes());
        assert!(state[32..416].iter().all(|&byte| byte == 0), "x87 and SSE");
        let (wide, rest) = one.processor[512..].split_at(32 * 64 + 64);
        assert!(wide.iter().all(|&byte| byte == 0), "AVX");
        let (general, rest) = rest.split_at(9 * 8);
        assert!(general.iter().all(|&byte| byte == 0), "general registers");
        let flags = u64::from_le_bytes(rest[..8].try_into().unwrap());
        const DIRECTION: u64 = 1 << 10;
        assert_eq!(flags & DIRECTION, 0);
        // The image says what is in memory; what it doesn't have is zero.
        let file = std::fs::read(fixture.image.path()).unwrap();
        let monitors_own = [BOOT_BLOCK, RING_PAGE, MEMORY_BASE, STACK_BASE];
        for (address, bytes) in &one.memory {
            if monitors_own.contains(address) {
                continue;
            }
            let expected = as_frozen(&fixture.image, &file, *address, bytes.len());
            let differing = bytes
                .iter()
                .zip(&expected)
                .filter(|(one, other)| one != other);
            // The argument, and what the guest keeps of its registers.
            assert!(differing.count() < 4096, "{address:#x}");
        }
    });
}

/// What an image has in a range of memory.
fn as_frozen(image: &Image, file: &[u8], address: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    for region in image.regions() {
        let start = region.address.max(address);
        let end = (region.address + region.length).min(address + length as u64);
        if start < end {
            let from = (region.file_offset + start - region.address) as usize;
            let count = (end - start) as usize;
            let to = (start - address) as usize;
            bytes[to..to + count].copy_from_slice(&file[from..from + count]);
        }
    }
    bytes
}

/// Runs `test` with a place on an image, and another image: one with a package in it, so that everything lies elsewhere.
fn with_two_images(test: impl Fn(&Place<'_>, &Place<'_>)) {
    on_each_backend(|fixture| {
        let package = [b"hello ".to_vec(), vec![b'p'; 50_000]].concat();
        let other = Fixture::with_package(fixture.monitor.backend(), &package);
        let features = features(fixture);
        let place = |image| Place {
            monitor: &fixture.monitor,
            image,
            memory: MEMORY,
            features,
            reuse: true,
        };
        test(&place(&fixture.image), &place(&other.image));
    });
}

fn fresh(place: &Place<'_>) -> Dump {
    let fresh = Place {
        reuse: false,
        ..*place
    };
    fresh.dump()
}

/// Lets some ordinary instances run, from which the monitor may learn what the next ones will need.
fn make_ordinary(place: &Place<'_>) {
    for _ in 0..5 {
        assert_eq!(place.run("remember x").1.message(), "2 from before+x");
    }
}

/// Says what could be tested: where nothing is recycled, instances are alone anyway.
fn say(what: &str, place: &Place<'_>, reused: usize, of: usize) {
    let backend = place.monitor.backend();
    eprintln!("{backend}: {what}: {reused} of {of} were in a recycled shell");
}

#[test]
fn nothing_that_an_instance_leaves_is_found_by_the_next() {
    const ROUNDS: usize = 6;
    with_two_images(|one, other| {
        // Of one image the first lives are these; of the other, the monitor has learnt what an ordinary one writes.
        make_ordinary(other);
        for place in [one, other] {
            let fresh = fresh(place);
            let (mut poisoned, mut reused) = (0, 0);
            for _ in 0..ROUNDS {
                let outcome = place.poison();
                assert!(matches!(outcome.exit, Exit::Status(0)), "{}", outcome.exit);
                poisoned += usize::from(outcome.usage.reused);
                let found = place.dump();
                reused += usize::from(found.reused);
                found.must_be(&fresh, "poison");
            }
            say("after poison", place, reused, ROUNDS);
            if place.monitor.backend() == BackendKind::Kvm {
                assert!(reused == ROUNDS && poisoned >= ROUNDS - 1);
            }
        }
    });
}

#[test]
fn nothing_is_found_by_an_instance_of_another_image_or_size() {
    const ROUNDS: usize = 4;
    with_two_images(|one, other| {
        let smaller = Place {
            memory: MEMORY / 2,
            ..*one
        };
        let larger = Place {
            memory: MEMORY * 2,
            ..*other
        };
        let places = [one, other, &smaller, &larger];
        let fresh = places.map(fresh);
        let mut reused = 0;
        for round in 0..ROUNDS {
            for (index, place) in places.iter().enumerate() {
                // Whoever comes before it on its shell, all of them have left something.
                for poisoner in places.iter().cycle().skip(round).take(places.len() - 1) {
                    poisoner.poison();
                }
                let found = place.dump();
                reused += usize::from(found.reused);
                found.must_be(&fresh[index], "poison of others");
            }
        }
        say(
            "of another image or size",
            one,
            reused,
            ROUNDS * places.len(),
        );
    });
}

/// The monitor, too, writes to a guest's memory: input, files, completions.
#[test]
fn nothing_that_the_monitor_wrote_is_found() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("secret"), [POISON; 60_000]).unwrap();
    with_two_images(|place, _| {
        make_ordinary(place);
        let fresh = fresh(place);
        let mounts = [Mount::open(Path::new(directory.path()), b"/", true).unwrap()];
        for _ in 0..6 {
            let control = Control::new();
            control.console_input(&[POISON; 3000]);
            control.console_eof();
            let (_, kept) = place.launch(&lent(b"read-console", &[], Some(&control)));
            assert_eq!(kept.messages[0].len(), 3000);
            let (_, kept) = place.launch(&lent(b"read-file secret", &mounts, None));
            assert_eq!(kept.messages[0].len(), 60_000);
            place.dump().must_be(&fresh, "what the monitor wrote");
        }
    });
}

/// An instance may ring its last doorbell in its own way, or end in any other. What its processor was about to do then
/// nobody else does.
#[test]
fn it_makes_no_difference_how_the_one_before_ended() {
    with_two_images(|place, _| {
        make_ordinary(place);
        let fresh = fresh(place);
        for end in [
            "leave-by 0",
            "leave-by 1",
            "leave-by 2",
            "leave-by 3",
            "exit 3",
            "slogan enough",
            "panic by intent",
            "allocate",
            "violate",
            "null-write",
            "stack-overflow",
            "instruction hlt",
            "instruction in-byte-0xb7",
            "instruction out-string-0x80",
            "instruction trap-flag",
            "flood-console",
        ] {
            place.poison();
            let (outcome, _) = place.run(end);
            let found = place.dump();
            let after = format!("{end} ({})", outcome.exit);
            eprintln!(
                "{after}: reused {} and {}",
                outcome.usage.reused, found.reused
            );
            found.must_be(&fresh, &after);
        }
    });
}

#[test]
fn a_shell_is_not_recycled_after_a_fault_or_without_leave() {
    on_each_backend(|fixture| {
        let run = |argument: &str, reuse: bool| {
            fixture
                .launch(&Launch {
                    reuse,
                    ..Launch::new(argument.as_bytes())
                })
                .0
                .usage
                .reused
        };
        assert!(!run("hello", false));
        assert!(
            !run("null-write", true),
            "the first shell was not to be kept"
        );
        assert!(!run("violate", true));
        assert!(!run("hello", true), "the ones before faulted");
        assert!(!run("hello", false), "not asked for");
        let is_kvm = fixture.monitor.backend() == BackendKind::Kvm;
        assert_eq!(run("hello", true), is_kvm);
    });
}

/// The boot block of each instance says what it was given and lies within its memory, whatever the sizes.
#[test]
fn a_boot_block_describes_its_instance() {
    let directory = tempfile::tempdir().unwrap();
    on_each_backend(|fixture| {
        let long = "/".to_owned() + &"x".repeat(3000);
        let all_mounts: Vec<Mount> = ["/a", "/", &long]
            .into_iter()
            .map(|path| Mount::open(directory.path(), path.as_bytes(), true).unwrap())
            .collect();
        for memory in [4 << 20, 5 << 20, 64 << 20, 1 << 30] {
            for padding in [0, 1, 7, 8, 4084, 4085, 4086, 4096, 100_000] {
                for mounts in [&[][..], &all_mounts[..1], &all_mounts] {
                    let argument = format!("boot-block {}", "x".repeat(padding));
                    let (outcome, kept) = fixture.launch(&Launch {
                        limits: Limits {
                            memory_bytes: memory,
                            ..Limits::default()
                        },
                        ..lent(argument.as_bytes(), mounts, None)
                    });
                    let block = BootBlock::read_from_bytes(&kept.messages[0]).unwrap();
                    let end = MEMORY_BASE + memory;
                    assert_eq!(block.instance_id, outcome.id.0);
                    assert_eq!(block.memory_end, end);
                    assert_eq!(block.argument.length, argument.len() as u64);
                    assert_eq!(block.argument.address % PAGE_SIZE, 0);
                    assert_eq!(block.heap.end(), block.argument.address);
                    assert_eq!(block.heap.address, fixture.image.space().heap_start());
                    assert!(block.argument.end() <= end && block.mounts.end() <= end);
                    if !mounts.is_empty() {
                        assert!(block.argument.end() <= block.mounts.address);
                    }
                    assert_eq!(block.mounts.length == 0, mounts.is_empty());
                    assert_eq!(block.as_bytes().len(), kept.messages[0].len());
                }
            }
        }
    });
}
