//! The sizes that OTP's heaps have: what it rounds a `min_heap_size` up to, and tells as `heap_sizes`.

/// Up to here a size is the sum of the two before it, and one; beyond, it is a fifth larger than the one before.
const LAST_OF_SERIES: usize = 833_026;

/// All sizes in words, from the smallest; the last is the greatest whose number of bytes is a positive 64-bit integer.
pub fn sizes() -> impl Iterator<Item = usize> {
    let follow = |&(before, size): &(usize, usize)| {
        let next = if size < LAST_OF_SERIES {
            size + before + 1
        } else {
            size.checked_add(size / 5)?
        };
        (next <= i64::MAX as usize / size_of::<usize>()).then_some((size, next))
    };
    core::iter::successors(Some((0, 12)), move |pair| match pair {
        (0, 12) => Some((12, 38)),
        pair => follow(pair),
    })
    .map(|(_, size)| size)
}

/// The least size that has room for `words`.
pub fn next_size(words: usize) -> usize {
    sizes().find(|&size| size >= words).unwrap_or(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_otp() {
        let first: [usize; 8] = [12, 38, 51, 90, 142, 233, 376, 610];
        assert!(sizes().take(8).eq(first));
        for size in [46_422, 318_187, 833_026, 999_631, 1_199_557] {
            assert_eq!(next_size(size), size);
        }
        assert_eq!(next_size(0), 12);
        assert_eq!(next_size(234), 376);
        assert_eq!(next_size(usize::MAX), usize::MAX);
    }
}
