use super::*;
use crate::compare::exact_eq;
use crate::heap::Chunks;

fn parsed(heap: &mut Chunks, text: &str) -> Term {
    parse(heap, text.as_bytes(), 10).expect("digits")
}

#[test]
fn results_are_in_normal_form() {
    let heap = &mut Chunks::new();
    let least = Term::small(Term::MIN_SMALL);
    let beyond = sub(heap, least, Term::small(1)).expect("integers");
    assert_eq!(to_text(beyond, 10).as_deref(), Some("-576460752303423489"));
    assert!(beyond.as_big().is_some());
    assert_eq!(add(heap, beyond, Term::small(1)), Ok(least));
    let positive = neg(heap, least).expect("an integer");
    assert!(positive.as_big().is_some());
    assert_eq!(neg(heap, positive), Ok(least));
    assert_eq!(div(heap, beyond, beyond), Ok(Term::small(1)));
    assert_eq!(bxor(heap, beyond, beyond), Ok(Term::small(0)));
}

#[test]
fn carries_cross_limbs() {
    let heap = &mut Chunks::new();
    let all_ones = make(heap, false, &[u64::MAX; 3]).expect("within limits");
    let power = add(heap, all_ones, Term::small(1)).expect("integers");
    assert_eq!(power.as_big(), Some((false, &[0, 0, 0, 1][..])));
    let again = sub(heap, power, Term::small(1)).expect("integers");
    assert!(exact_eq(again, all_ones));
    let square = mul(heap, all_ones, all_ones).expect("integers");
    let root = div(heap, square, all_ones).expect("integers");
    assert!(exact_eq(root, all_ones));
    assert_eq!(rem(heap, square, all_ones), Ok(Term::small(0)));
}

#[test]
fn complements_have_endless_signs() {
    let heap = &mut Chunks::new();
    let power = parsed(heap, "-18446744073709551616");
    assert_eq!(bsr(heap, power, Term::small(64)), Ok(Term::small(-1)));
    let inverse = bnot(heap, power).expect("an integer");
    assert_eq!(inverse.as_big(), Some((false, &[u64::MAX][..])));
    assert_eq!(
        band(heap, power, Term::small(-1)).map(to_i128),
        Ok(Some(-1 << 64))
    );
    let mut bytes = [0; 10];
    assert!(to_bytes(power, &mut bytes, Endianness::Big));
    assert_eq!(bytes, [255, 255, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn limits_and_wrong_operands_are_errors() {
    let heap = &mut Chunks::new();
    let one = Term::small(1);
    let huge = parsed(heap, "100000000000000000000000000");
    assert_eq!(bsl(heap, one, huge), Err(ArithmeticError::SystemLimit));
    assert_eq!(bsl(heap, Term::small(0), huge), Ok(Term::small(0)));
    assert_eq!(bsr(heap, Term::small(-9), huge), Ok(Term::small(-1)));
    assert_eq!(add(heap, one, Term::NIL), Err(ArithmeticError::Badarith));
    assert_eq!(
        div(heap, huge, Term::small(0)),
        Err(ArithmeticError::Badarith)
    );
    assert_eq!(to_text(Term::NIL, 10), None);
    assert_eq!(parse(heap, b"9", 9), None);
    assert_eq!(parse(heap, b"1_000", 10), None);
}

#[test]
fn conversions_refuse_what_does_not_fit() {
    let heap = &mut Chunks::new();
    let greatest = heap.unsigned(u64::MAX);
    assert_eq!(to_u64(greatest), Some(u64::MAX));
    assert_eq!(to_i64(greatest), None);
    let more = add(heap, greatest, Term::small(1)).expect("integers");
    assert_eq!(to_u64(more), None);
    assert_eq!(to_i128(more), Some(1 << 64));
    let least = heap.integer(i64::MIN);
    assert_eq!(to_i64(least), Some(i64::MIN));
    assert_eq!(to_u64(least), None);
    let beyond_floats = bsl(heap, Term::small(1), Term::small(1024)).expect("integers");
    assert_eq!(to_float(beyond_floats), None);
    assert_eq!(from_float(heap, -1.0e30).map(to_float), Ok(Some(-1.0e30)));
}

#[test]
fn magnitudes_go_to_bytes_and_back() {
    let heap = &mut Chunks::new();
    let value = parsed(heap, "-1208925819614629174706189");
    let (negative, mut bytes) = magnitude_bytes(value).expect("an integer");
    assert_eq!(bytes, [13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    let little = from_magnitude_bytes(heap, negative, &bytes, Endianness::Little);
    assert!(exact_eq(little.expect("within limits"), value));
    bytes.reverse();
    let big = from_magnitude_bytes(heap, negative, &bytes, Endianness::Big);
    assert!(exact_eq(big.expect("within limits"), value));
}
