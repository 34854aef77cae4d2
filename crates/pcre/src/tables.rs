//! Classes of characters, as ISO 8859-1 has them, in the form of PCRE2's tables.

/// Where the parts of a table begin.
const FLIPPED: usize = 256;
const CLASSES: usize = 512;
const TYPES: usize = CLASSES + 320;
const LENGTH: usize = TYPES + 256;

/// The characters of a class: ranges.
type Class = &'static [(u8, u8)];

const SPACE: Class = &[(9, 13), (32, 32)];
const HEXADECIMAL: Class = &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')];
const DIGIT: Class = &[(b'0', b'9')];
const UPPER: Class = &[(b'A', b'Z'), (192, 214), (216, 222)];
/// Also the ordinals and the micro sign, which have no upper case.
const LOWER: Class = &[
    (b'a', b'z'),
    (170, 170),
    (181, 181),
    (186, 186),
    (223, 246),
    (248, 255),
];
const WORD: &[Class] = &[UPPER, LOWER, DIGIT, &[(b'_', b'_')]];
const GRAPHIC: Class = &[(33, 126), (160, 255)];
const CONTROL: Class = &[(0, 31), (127, 159)];

const fn is_in(class: Class, byte: u8) -> bool {
    let mut index = 0;
    while index < class.len() {
        if class[index].0 <= byte && byte <= class[index].1 {
            return true;
        }
        index += 1;
    }
    false
}

const fn is_word(byte: u8) -> bool {
    let mut index = 0;
    while index < WORD.len() {
        if is_in(WORD[index], byte) {
            return true;
        }
        index += 1;
    }
    false
}

/// The lower case of a letter that has both cases, and the other way round.
const fn other_case(byte: u8) -> u8 {
    if is_in(UPPER, byte) {
        byte + 32
    } else if byte >= 32 && is_in(UPPER, byte - 32) {
        byte - 32
    } else {
        byte
    }
}

const fn build() -> [u8; LENGTH] {
    let mut tables = [0; LENGTH];
    let mut index = 0;
    while index < 256 {
        let byte = index as u8;
        let (upper, lower, digit) = (is_in(UPPER, byte), is_in(LOWER, byte), is_in(DIGIT, byte));
        let (space, word, graphic) = (is_in(SPACE, byte), is_word(byte), is_in(GRAPHIC, byte));
        tables[index] = if upper { byte + 32 } else { byte };
        tables[FLIPPED + index] = other_case(byte);
        // In PCRE2's order: bit maps of 32 bytes.
        let members = [
            space,
            is_in(HEXADECIMAL, byte),
            digit,
            upper,
            lower,
            word,
            graphic,
            graphic || byte == b' ',
            graphic && !(upper || lower || digit),
            is_in(CONTROL, byte),
        ];
        let mut class = 0;
        while class < members.len() {
            if members[class] {
                tables[CLASSES + 32 * class + index / 8] |= 1 << (index % 8);
            }
            class += 1;
        }
        tables[TYPES + index] = space as u8
            | ((upper || lower) as u8) << 1
            | (lower as u8) << 2
            | (digit as u8) << 3
            | (word as u8) << 4;
        index += 1;
    }
    tables
}

/// The tables.
pub static LATIN_1: [u8; LENGTH] = build();
