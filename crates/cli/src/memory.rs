//! How much memory instances get.

use anyhow::{Context, bail};
use brood_abi::layout::MEMORY_BASE;
use brood_image::Image;

const MIB: u64 = 1 << 20;

/// Bytes in so many MiB.
pub fn mib(count: u64) -> anyhow::Result<u64> {
    count
        .checked_mul(MIB)
        .with_context(|| format!("{count} MiB of memory are too many"))
}

/// Memory of a clone of `image`: `asked` MiB, or else what the image holds and `room` MiB more.
pub fn of_clone(image: &Image, asked: Option<u64>, room: u64) -> anyhow::Result<u64> {
    let held = (image.memory_kept_end() - MEMORY_BASE).next_multiple_of(MIB);
    match asked {
        None => Ok(held + room * MIB),
        Some(asked) => {
            let asked = mib(asked)?;
            if asked <= held {
                bail!(
                    "--memory {} is too little: the image alone holds {} MiB",
                    asked / MIB,
                    held / MIB
                );
            }
            Ok(asked)
        }
    }
}
