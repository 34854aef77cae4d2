//! The boot block: all that an instance knows about itself, one page written by the monitor
//! before the instance is entered and never after.
//!
//! There is no environment and no metadata server: what the parent wants to tell the child is the
//! *argument*, bytes whose place the boot block gives. Files are there if the parent gives some.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// First eight bytes of a boot block: `brood-bb`, little endian.
pub const MAGIC: u64 = u64::from_le_bytes(*b"brood-bb");

/// [`BootBlock::flags`]: this instance is building an image. The argument is empty, the package is
/// what to build, and the instance is expected to submit [`Ready`](crate::Operation::Ready).
pub const FLAG_BUILD: u32 = 1 << 0;

/// A run of guest memory: its first address and its length in bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Extent {
    /// First address.
    pub address: u64,
    /// Length in bytes.
    pub length: u64,
}

impl Extent {
    /// The address behind the last byte; saturates instead of wrapping.
    pub const fn end(self) -> u64 {
        self.address.saturating_add(self.length)
    }
}

/// How to turn the time-stamp counter into time.
///
/// `monotonic = monotonic_base + ((tsc - tsc_base) × multiplier) >> shift`, the product taken in
/// 128 bits. The result is nanoseconds of the host's `CLOCK_MONOTONIC`, so times of all instances
/// of one host, and of the host itself, can be compared.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Clock {
    /// Counter value at which `monotonic_base` was read.
    pub tsc_base: u64,
    /// `CLOCK_MONOTONIC` at `tsc_base`, nanoseconds.
    pub monotonic_base: u64,
    /// Nanoseconds of a tick, times 2^`shift`.
    pub multiplier: u64,
    /// See `multiplier`; less than 64.
    pub shift: u32,
    /// Zero.
    pub reserved: u32,
    /// Unix time in nanoseconds = monotonic time + this.
    pub wall_offset: i64,
}

impl Clock {
    /// Monotonic time in nanoseconds at counter value `tsc`. A value before `tsc_base` (another
    /// core's counter may lag by a few ticks) counts as `tsc_base`.
    pub const fn monotonic(&self, tsc: u64) -> u64 {
        let ticks = tsc.saturating_sub(self.tsc_base) as u128;
        let elapsed = (ticks * self.multiplier as u128) >> (self.shift & 63);
        self.monotonic_base.wrapping_add(elapsed as u64)
    }

    /// Unix time in nanoseconds at counter value `tsc`.
    pub const fn wall(&self, tsc: u64) -> i64 {
        (self.monotonic(tsc) as i64).wrapping_add(self.wall_offset)
    }
}

/// The boot block. Lies at [`BOOT_BLOCK`](crate::layout::BOOT_BLOCK); the rest of its page is zero.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct BootBlock {
    /// [`MAGIC`].
    pub magic: u64,
    /// [`VERSION`](crate::VERSION) of the monitor.
    pub version: u32,
    /// [`FLAG_BUILD`] or zero.
    pub flags: u32,
    /// The instance's id: unique among the instances of this host.
    pub instance_id: u64,
    /// End of guest memory.
    pub memory_end: u64,
    /// Memory for the guest's allocator.
    pub heap: Extent,
    /// What the image was built from; length 0 when there is none.
    pub package: Extent,
    /// What the parent gave. Begins on a page boundary.
    pub argument: Extent,
    /// The clock.
    pub clock: Clock,
    /// Monotonic time at which the parent asked for this instance.
    pub launched: u64,
    /// Monotonic time just before the instance was entered.
    pub entered: u64,
    /// Random bytes that no other instance has.
    pub entropy: [u8; 32],
    /// The table of [mounts](crate::file::Mounts), readable; length 0 when there are none.
    pub mounts: Extent,
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::{offset_of, size_of};

    #[test]
    fn layout_is_the_specified_one() {
        assert_eq!(size_of::<BootBlock>(), 184);
        assert_eq!(offset_of!(BootBlock, instance_id), 16);
        assert_eq!(offset_of!(BootBlock, memory_end), 24);
        assert_eq!(offset_of!(BootBlock, heap), 32);
        assert_eq!(offset_of!(BootBlock, package), 48);
        assert_eq!(offset_of!(BootBlock, argument), 64);
        assert_eq!(offset_of!(BootBlock, clock), 80);
        assert_eq!(offset_of!(BootBlock, launched), 120);
        assert_eq!(offset_of!(BootBlock, entered), 128);
        assert_eq!(offset_of!(BootBlock, entropy), 136);
        assert_eq!(offset_of!(BootBlock, mounts), 168);
        assert_eq!(size_of::<Clock>(), 40);
    }

    #[test]
    fn encodes_and_decodes() {
        let block = BootBlock {
            magic: MAGIC,
            version: crate::VERSION,
            instance_id: 7,
            entropy: [3; 32],
            ..BootBlock::default()
        };
        let bytes = block.as_bytes();
        assert_eq!(&bytes[..8], b"brood-bb");
        assert_eq!(BootBlock::read_from_bytes(bytes).unwrap(), block);
        assert!(BootBlock::read_from_bytes(&bytes[1..]).is_err());
    }

    #[test]
    fn clock_scales_without_overflow() {
        let clock = Clock {
            tsc_base: 1_000,
            monotonic_base: 5_000,
            multiplier: 1 << 31, // half a nanosecond a tick
            shift: 32,
            reserved: 0,
            wall_offset: 100,
        };
        assert_eq!(clock.monotonic(1_000), 5_000);
        assert_eq!(clock.monotonic(3_000), 6_000);
        assert_eq!(clock.monotonic(0), 5_000);
        assert_eq!(clock.wall(3_000), 6_100);
        // A year of ticks.
        let year = 2 * 365 * 86_400 * 1_000_000_000_u64;
        assert_eq!(clock.monotonic(1_000 + year), 5_000 + year / 2);
    }
}
