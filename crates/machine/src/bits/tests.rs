use alloc::vec;
use alloc::vec::Vec;

use brood_term::heap::Chunks;
use brood_term::integer::Endianness;
use brood_term::{Heap, Term};

use super::*;

const LITTLE_SIGNED: Flags = Flags {
    endianness: Endianness::Little,
    signed: true,
};

#[test]
fn fields_of_odd_sizes_come_back() {
    let mut heap = Chunks::new();
    let mut builder = Builder::new(&mut heap, 3 + 13 + 64 + 5);
    assert!(builder.put_integer(Term::small(5), 3, Flags::DEFAULT));
    assert!(builder.put_integer(Term::small(-77), 13, LITTLE_SIGNED));
    let half = heap.float(0.5);
    assert!(builder.put_float(half, 64, Flags::DEFAULT));
    assert!(
        !builder.put_integer(Term::small(1), 6, Flags::DEFAULT),
        "no room"
    );
    let binary = builder.finish();
    assert_eq!(binary.bit_size(), Some(85));

    let context = Context::start(&mut heap, binary).expect("a bitstring");
    assert_eq!(
        get_integer(&mut heap, context, 3, Flags::DEFAULT),
        Some(Term::small(5))
    );
    let start = context.position();
    assert_eq!(
        get_integer(&mut heap, context, 13, LITTLE_SIGNED),
        Some(Term::small(-77))
    );
    context.set_position(start);
    assert!(skip(context, 13));
    let float = get_float(&mut heap, context, 64, Flags::DEFAULT).expect("a float");
    assert_eq!(float.as_float(), Some(0.5));
    assert_eq!(context.remaining(), 5);
    assert!(get_integer(&mut heap, context, 6, Flags::DEFAULT).is_none());
    assert_eq!(get_tail(&mut heap, context).bit_size(), Some(5));
}

#[test]
fn appending_in_a_loop_reuses_the_bytes_and_keeps_old_values() {
    let mut heap = Chunks::new();
    let mut binary = init_writable(&mut heap, 0);
    let mut earlier: Vec<(usize, Term)> = vec![];
    for index in 0..2000 {
        earlier.push((index, binary));
        let mut builder = Builder::append(&mut heap, binary, 8, 8).expect("a binary");
        assert!(builder.put_integer(Term::small(index as i64), 8, Flags::DEFAULT));
        binary = builder.finish();
    }
    for (length, old) in earlier {
        let bytes = old.as_binary().expect("a binary");
        assert!(
            bytes.iter().enumerate().all(|(i, byte)| *byte == i as u8) && bytes.len() == length
        );
    }
    // Two continuations of one binary must not see each other.
    let mut first = Builder::append(&mut heap, binary, 8, 1).expect("a binary");
    first.put_bytes(b"a");
    let mut second = Builder::append(&mut heap, binary, 8, 1).expect("a binary");
    second.put_bytes(b"b");
    assert_eq!(
        first.finish().as_binary().expect("binary").last(),
        Some(&b'a')
    );
    assert_eq!(
        second.finish().as_binary().expect("binary").last(),
        Some(&b'b')
    );
}

#[test]
fn a_binary_is_appended_to_itself() {
    let mut heap = Chunks::new();
    // Both where it grows in place, with room and without, and where the bytes don't begin at a whole one.
    for room in [0, 4096] {
        let mut binary = init_writable(&mut heap, room);
        let mut expected = Vec::new();
        for step in 0..8 {
            let size = binary.bit_size().expect("a bitstring");
            let mut builder = Builder::append(&mut heap, binary, 8 + size, 8).expect("a binary");
            assert!(builder.put_integer(Term::small(step), 8, Flags::DEFAULT));
            assert!(builder.put_binary(binary, None));
            binary = builder.finish();
            let before = expected.clone();
            expected.push(step as u8);
            expected.extend(before);
            assert_eq!(binary.as_binary().expect("a binary"), expected);
        }
    }
    let mut builder = Builder::append(&mut heap, Term::NIL, 0, 8);
    assert!(builder.is_none());
    let three = init_writable(&mut heap, 0);
    builder = Builder::append(&mut heap, three, 3, 1);
    let mut builder = builder.expect("a bitstring");
    assert!(builder.put_integer(Term::small(5), 3, Flags::DEFAULT));
    let three = builder.finish();
    let mut builder = Builder::append(&mut heap, three, 3, 1).expect("a bitstring");
    assert!(builder.put_binary(three, None));
    let bits = builder.finish();
    assert_eq!(bits.bit_size(), Some(6));
    assert_eq!(
        bits.as_bits().expect("bits").byte(0) & 0b1111_1100,
        0b1011_0100
    );
}

#[test]
fn utf_takes_scalar_values_only() {
    let mut heap = Chunks::new();
    for point in [0x24, 0xe5, 0x20ac, 0x1f600] {
        let mut builder = Builder::new(&mut heap, 12 * 8);
        assert!(builder.put_utf8(Term::small(point)));
        assert!(builder.put_utf16(Term::small(point), LITTLE_SIGNED));
        assert!(builder.put_utf32(Term::small(point), Flags::DEFAULT));
        let context = builder.finish();
        let context = Context::start(&mut heap, context).expect("a binary");
        assert_eq!(get_utf8(context), Some(point as u32));
        assert_eq!(get_utf16(context, Endianness::Little), Some(point as u32));
        assert_eq!(get_utf32(context, Endianness::Big), Some(point as u32));
    }
    let mut builder = Builder::new(&mut heap, 32);
    assert!(!builder.put_utf8(Term::small(0xd800)) && !builder.put_utf8(Term::small(0x110000)));
    for bad in [&b"\xed\xa0\x80"[..], b"\xc0\x80", b"\xe2\x82", b"\x80", b""] {
        let binary = heap.binary(bad);
        let context = Context::start(&mut heap, binary).expect("a binary");
        assert_eq!(get_utf8(context), None);
    }
}
