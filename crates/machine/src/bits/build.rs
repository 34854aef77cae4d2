//! Construction: a builder that knows the final size and fills it segment by segment.

use alloc::vec::Vec;

use brood_term::binary::{
    Bits, HEAP_BINARY_LIMIT, SharedBytes, copy_bits, make_heap_binary, make_shared, make_sub,
    make_sub_of_whole, whole_of,
};
use brood_term::integer::{self, Endianness};
use brood_term::{Heap, Subtag, Term};

use super::{Flags, utf};

/// The flag of a sub binary that may be appended to in place: nothing follows it in its whole.
const WRITABLE: u64 = 1;
/// The least room that a binary which is appended to has, in bytes: OTP's number.
const LEAST_APPEND_CAPACITY: usize = 256;

/// A bitstring under construction. Each `put` gives false, and leaves the segment zero, when the value does not fit the
/// segment's type or there is no room.
#[derive(Debug)]
pub struct Builder {
    result: Term,
    data: *mut u8,
    /// Bits of the whole, from the first byte at `data`.
    end: usize,
    position: usize,
    /// Bits of a binary to be continued that had to be moved.
    moved: usize,
}

impl Builder {
    /// A builder of `bits` bits.
    pub fn new<H: Heap + ?Sized>(heap: &mut H, bits: usize) -> Builder {
        let bytes = bits.div_ceil(8);
        let (whole, data) = if bytes <= HEAP_BINARY_LIMIT {
            make_heap_binary(heap, bytes)
        } else {
            let shared = SharedBytes::allocate(bytes, bytes);
            // SAFETY: `shared` is fresh; its reference goes to the object made from it.
            let data = unsafe { (*shared).data() };
            (make_shared(heap, shared, bytes), data)
        };
        Builder {
            result: make_sub(heap, whole, 0, bits),
            data,
            end: bits,
            position: 0,
            moved: 0,
        }
    }

    /// A builder that continues `binary` with `extra` more bits: in place when nothing follows it in its whole,
    /// as in a loop that appends. `None` when it is no bitstring of a multiple of `unit` bits.
    pub fn append<H: Heap + ?Sized>(
        heap: &mut H,
        binary: Term,
        extra: usize,
        unit: usize,
    ) -> Option<Builder> {
        let size = binary.bit_size()?;
        if !size.is_multiple_of(unit.max(1)) {
            return None;
        }
        let (whole, first) = whole_of(binary);
        if let Some(shared) = whole.as_shared_bytes()
            && take_writable(binary)
        {
            let end = first + size + extra;
            // SAFETY: `whole` holds a reference to the shared bytes. Word 3 of a refc binary is its size,
            // raw; it may grow since the bytes do first.
            let data = unsafe {
                (*shared).grow(end.div_ceil(8));
                whole
                    .address()
                    .add(3)
                    .write(Term::from_raw(end.div_ceil(8) as u64));
                (*shared).data()
            };
            heap.off_heap().bytes += extra / 8;
            let result = make_sub_of_whole(heap, whole, first, size + extra, WRITABLE);
            return Some(Builder {
                result,
                data,
                end,
                position: first + size,
                moved: 0,
            });
        }
        let end = size + extra;
        let bytes = end.div_ceil(8);
        let capacity = SharedBytes::roomy(bytes).max(LEAST_APPEND_CAPACITY);
        let shared = SharedBytes::allocate(bytes, capacity);
        // SAFETY: `shared` is fresh; its reference goes to the object made from it.
        let data = unsafe { (*shared).data() };
        let whole = make_shared(heap, shared, bytes);
        let result = make_sub_of_whole(heap, whole, 0, end, WRITABLE);
        let mut builder = Builder {
            result,
            data,
            end,
            position: 0,
            moved: size,
        };
        builder.put_bits(binary.as_bits()?);
        Some(builder)
    }

    /// How many bits of the binary that is continued had to be moved.
    pub fn moved(&self) -> usize {
        self.moved
    }

    /// The bitstring, with what was not put being zero.
    pub fn finish(self) -> Term {
        self.result
    }

    fn target(&mut self) -> &mut [u8] {
        // SAFETY: `data` points to the bytes of the whole, of which there are enough for `end` bits; nothing
        // else refers to them while the builder is used, since the term was not given out yet.
        unsafe { core::slice::from_raw_parts_mut(self.data, self.end.div_ceil(8)) }
    }

    /// The position for a segment of `size` bits, if there is room, and advances.
    fn take(&mut self, size: usize) -> Option<usize> {
        let first = self.position;
        let next = first.checked_add(size).filter(|next| *next <= self.end)?;
        self.position = next;
        Some(first)
    }

    /// Puts bits that are none of the whole which is under construction.
    fn put_bits(&mut self, bits: Bits<'_>) -> bool {
        let Some(first) = self.take(bits.bit_size) else {
            return false;
        };
        copy_bits(bits, self.target(), first);
        true
    }

    /// Puts the first `size` bits of a bitstring, all of it when `None`; it must have so many.
    pub fn put_binary(&mut self, binary: Term, size: Option<usize>) -> bool {
        let Some(bits) = binary.as_bits() else {
            return false;
        };
        let size = size.unwrap_or(bits.bit_size);
        if size > bits.bit_size {
            return false;
        }
        let bits = bits.slice(0, size);
        if self.holds(bits.bytes) {
            // A binary may be appended to itself.
            let copy = bits.to_bytes().into_owned();
            self.put_bits(Bits::new(&copy, 0, size))
        } else {
            self.put_bits(bits)
        }
    }

    /// Whether bytes are some of the whole's.
    fn holds(&self, bytes: &[u8]) -> bool {
        let (start, length) = (self.data as usize, self.end.div_ceil(8));
        let first = bytes.as_ptr() as usize;
        first < start + length && start < first + bytes.len()
    }

    /// Puts whole bytes.
    pub fn put_bytes(&mut self, bytes: &[u8]) -> bool {
        self.put_bits(Bits::new(bytes, 0, bytes.len() * 8))
    }

    /// Puts an integer modulo 2^`size`.
    #[inline]
    pub fn put_integer(&mut self, value: Term, size: usize, flags: Flags) -> bool {
        let Some(first) = self.take(size) else {
            return false;
        };
        if let Some(small) = value.as_small()
            && size == 8
            && first.is_multiple_of(8)
        {
            self.target()[first / 8] = small as u8;
            return true;
        }
        integer::write_bits(value, self.target(), first, size, flags.endianness)
    }

    /// Puts a number as a float of 16, 32 or 64 bits. One that is too large becomes infinite, as in OTP, and then
    /// matches no float.
    pub fn put_float(&mut self, value: Term, size: usize, flags: Flags) -> bool {
        let Some(value) = value.as_float().or_else(|| integer::to_float(value)) else {
            return false;
        };
        let mut bytes: Vec<u8> = match size {
            16 => half::f16::from_f64(value).to_be_bytes().to_vec(),
            32 => (value as f32).to_be_bytes().to_vec(),
            64 => value.to_be_bytes().to_vec(),
            _ => return false,
        };
        if flags.endianness == Endianness::Little {
            bytes.reverse();
        }
        self.put_bytes(&bytes)
    }

    /// Puts a code point in UTF-8.
    pub fn put_utf8(&mut self, point: Term) -> bool {
        let Some(point) = point.as_small().and_then(utf::code_point) else {
            return false;
        };
        self.put_bytes(point.encode_utf8(&mut [0; 4]).as_bytes())
    }

    /// Puts a code point in UTF-16.
    pub fn put_utf16(&mut self, point: Term, flags: Flags) -> bool {
        let Some(point) = point.as_small().and_then(utf::code_point) else {
            return false;
        };
        point.encode_utf16(&mut [0; 2]).iter().all(|unit| {
            self.put_bytes(&match flags.endianness {
                Endianness::Big => unit.to_be_bytes(),
                Endianness::Little => unit.to_le_bytes(),
            })
        })
    }

    /// Puts a code point in UTF-32.
    pub fn put_utf32(&mut self, point: Term, flags: Flags) -> bool {
        let Some(point) = point.as_small().and_then(utf::code_point) else {
            return false;
        };
        self.put_bytes(&match flags.endianness {
            Endianness::Big => (point as u32).to_be_bytes(),
            Endianness::Little => (point as u32).to_le_bytes(),
        })
    }
}

/// More than that is not reserved in advance, whatever the code says, in bytes.
const MOST_RESERVED: usize = 1 << 26;

/// An empty binary with room for `size` bytes to be appended in place, as far as that is sensible.
pub fn init_writable<H: Heap + ?Sized>(heap: &mut H, size: usize) -> Term {
    let shared = SharedBytes::allocate(0, size.min(MOST_RESERVED));
    let whole = make_shared(heap, shared, 0);
    make_sub_of_whole(heap, whole, 0, 0, WRITABLE)
}

/// Whether a sub binary may be appended to in place. Only one append may: the flag is taken away.
fn take_writable(binary: Term) -> bool {
    if binary.subtag() != Some(Subtag::SubBinary) || binary.boxed_words()[2].raw() & WRITABLE == 0 {
        return false;
    }
    // SAFETY: word 3 of a sub binary is its flags, raw; nobody holds a reference to it.
    unsafe { binary.address().add(3).write(Term::from_raw(0)) };
    true
}
