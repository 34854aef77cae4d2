//! The external term format.

/// How many bits of a local pid's number are its first part (the rest is the serial).
const PID_NUMBER_BITS: u32 = 28;
/// How many bits of a reference's number are its first 32-bit number.
const REFERENCE_FIRST_BITS: u32 = 18;

/// The number and the serial of a pid, as other nodes and programs see them.
pub const fn pid_parts(number: u64) -> (u32, u32) {
    (
        number as u32 & ((1 << PID_NUMBER_BITS) - 1),
        (number >> PID_NUMBER_BITS) as u32,
    )
}

/// The three numbers of a local reference, as other nodes and programs see them.
pub const fn reference_numbers(number: u64) -> [u32; 3] {
    let rest = number >> REFERENCE_FIRST_BITS;
    [
        number as u32 & ((1 << REFERENCE_FIRST_BITS) - 1),
        rest as u32,
        (rest >> 32) as u32,
    ]
}
