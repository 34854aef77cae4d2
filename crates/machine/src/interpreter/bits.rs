//! The bit syntax.

use brood_term::{Heap, Term, integer, known, map};

use super::Interpreter;
use crate::bits::{self, Builder, Context, Flags};
use crate::code::stream::Ip;
use crate::code::translate_bits::{SegmentType, UNNUMBERED};
use crate::exception::{Exception, Trace};

/// The room for a binary that grows whose size code can't tell, in bytes: OTP's number.
const DEFAULT_ROOM: usize = 1024;
/// How many bytes of a segment a reduction pays for.
const BYTES_COPIED_PER_REDUCTION: usize = 1024;
/// How many bytes of a binary that is appended to a reduction pays for, if they have to be moved.
const BYTES_SET_UP_PER_REDUCTION: usize = 4096;
/// The most bits that a bitstring may have here: more is `system_limit`.
const MOST_BITS: usize = 1 << 42;

/// Why a segment can't be built: the reasons that OTP's explanations know.
#[derive(Clone, Copy)]
struct Failure {
    reason: Term,
    segment: u64,
    kind: &'static str,
    why: &'static str,
    value: Term,
}

impl Interpreter<'_> {
    pub(super) fn bits_start_match(&mut self, ip: Ip) -> Ip {
        let binary = self.source_at(ip, 2);
        match Context::start(self.context.heap(), binary) {
            Some(context) => {
                let context = self.keep(context.term(), ip.word(1));
                self.set_register(ip.a(), context);
                ip.skip(3)
            }
            None => self.unmatched(ip),
        }
    }

    /// Goes on where an operation of matching says, when it doesn't match. Without a label the compiler knew that it does:
    /// then it is a compiler that errs.
    #[inline(always)]
    fn unmatched(&mut self, ip: Ip) -> Ip {
        if ip.has_label() {
            return ip.label();
        }
        self.no_match_context(ip)
    }

    #[cold]
    fn no_match_context(&mut self, ip: Ip) -> Ip {
        self.raise(Exception::error(known::BADARG), Some(ip), None)
    }

    /// The context in a register.
    #[inline(always)]
    fn context_in(&self, register: usize) -> Option<Context> {
        Context::of(self.register(register))
    }

    /// How many bits `size` units are; `None` if that is no size.
    #[inline(always)]
    fn size_in_bits(size: Term, unit: u64) -> Option<usize> {
        size.as_usize()?.checked_mul(unit as usize)
    }

    #[inline(always)]
    pub(super) fn bits_get_integer(&mut self, ip: Ip) -> Ip {
        let operands = ip.word(1);
        let flags = Flags::from_operand(operands >> 32);
        let value = self
            .context_in(operands as u16 as usize)
            .and_then(|context| {
                let size = Self::size_in_bits(self.source_at(ip, 2), ip.word(3))?;
                bits::get_integer(self.context.heap(), context, size, flags)
            });
        self.matched(ip, value)
    }

    pub(super) fn bits_get_float(&mut self, ip: Ip) -> Ip {
        let operands = ip.word(1);
        let flags = Flags::from_operand(operands >> 32);
        let value = self
            .context_in(operands as u16 as usize)
            .and_then(|context| {
                let size = Self::size_in_bits(self.source_at(ip, 2), ip.word(3))?;
                bits::get_float(self.context.heap(), context, size, flags)
            });
        self.matched(ip, value)
    }

    pub(super) fn bits_get_binary(&mut self, ip: Ip) -> Ip {
        let value = self
            .context_in(ip.word(1) as u16 as usize)
            .and_then(|context| {
                let size = Self::part_size(context, self.source_at(ip, 2), ip.word(3))?;
                bits::get_binary(self.context.heap(), context, size)
            });
        self.matched(ip, value)
    }

    /// The bits of a part: `all` that are left, if they are whole units, or so many units.
    fn part_size(context: Context, size: Term, unit: u64) -> Option<usize> {
        if size == known::ALL {
            let left = context.remaining();
            left.is_multiple_of((unit as usize).max(1)).then_some(left)
        } else {
            Self::size_in_bits(size, unit)
        }
    }

    /// What was matched goes to the register of an operation of four words.
    #[inline(always)]
    fn matched(&mut self, ip: Ip, value: Option<Term>) -> Ip {
        match value {
            Some(value) => {
                let value = self.keep(value, ip.word(1) >> 16 & 0xffff);
                self.set_register(ip.a(), value);
                ip.skip(4)
            }
            None => self.unmatched(ip),
        }
    }

    pub(super) fn bits_skip(&mut self, ip: Ip) -> Ip {
        let skipped = self.context_in(ip.a()).is_some_and(|context| {
            let size = Self::part_size(context, self.source_at(ip, 1), ip.word(2));
            size.is_some_and(|size| bits::skip(context, size))
        });
        if skipped {
            ip.skip(3)
        } else {
            self.unmatched(ip)
        }
    }

    /// Goes on behind an operation of `words` words if what is left fulfils `test`.
    #[inline(always)]
    fn test_left(&mut self, ip: Ip, words: usize, test: impl FnOnce(u64) -> bool) -> Ip {
        match self.context_in(ip.a()) {
            Some(context) if test(context.remaining() as u64) => ip.skip(words),
            _ => ip.label(),
        }
    }

    pub(super) fn bits_test_tail(&mut self, ip: Ip) -> Ip {
        self.test_left(ip, 2, |left| left == ip.word(1))
    }

    pub(super) fn bits_test_unit(&mut self, ip: Ip) -> Ip {
        self.test_left(ip, 2, |left| left.is_multiple_of(ip.word(1)))
    }

    pub(super) fn bits_test_least(&mut self, ip: Ip) -> Ip {
        self.test_left(ip, 3, |left| {
            left.checked_sub(ip.word(1))
                .is_some_and(|more| more.is_multiple_of(ip.word(2)))
        })
    }

    pub(super) fn bits_match_string(&mut self, ip: Ip) -> Ip {
        let size = ip.word(1) as usize;
        let expected = ip.bytes(2, size.div_ceil(8));
        match self.context_in(ip.a()) {
            Some(context) if bits::match_bytes(context, size, expected) => ip.skip(3),
            _ => ip.label(),
        }
    }

    pub(super) fn bits_match_number(&mut self, ip: Ip) -> Ip {
        match self.context_in(ip.a()) {
            Some(context) if bits::match_number(context, ip.word(1) as usize, ip.word(2)) => {
                ip.skip(3)
            }
            _ => ip.label(),
        }
    }

    fn utf(&self, register: usize, operands: u64) -> Option<u32> {
        let context = self.context_in(register)?;
        let endianness = Flags::from_operand(operands >> 32).endianness;
        match operands >> 16 & 0xffff {
            8 => bits::get_utf8(context),
            16 => bits::get_utf16(context, endianness),
            _ => bits::get_utf32(context, endianness),
        }
    }

    pub(super) fn bits_get_utf(&mut self, ip: Ip) -> Ip {
        let operands = ip.word(1);
        match self.utf(operands as u16 as usize, operands) {
            Some(point) => {
                self.set_register(ip.a(), Term::small(i64::from(point)));
                ip.skip(2)
            }
            None => ip.label(),
        }
    }

    pub(super) fn bits_skip_utf(&mut self, ip: Ip) -> Ip {
        match self.utf(ip.a(), ip.word(1)) {
            Some(_) => ip.skip(2),
            None => ip.label(),
        }
    }

    pub(super) fn bits_get_tail(&mut self, ip: Ip) -> Ip {
        let Some(context) = self.context_in(ip.b()) else {
            return self.no_match_context(ip);
        };
        let tail = bits::get_tail(self.context.heap(), context);
        let tail = self.keep(tail, ip.c() as u64);
        self.set_register(ip.a(), tail);
        ip.skip(1)
    }

    pub(super) fn bits_get_position(&mut self, ip: Ip) -> Ip {
        let Some(context) = self.context_in(ip.b()) else {
            return self.no_match_context(ip);
        };
        self.set_register(ip.a(), Term::small(context.position() as i64));
        ip.skip(1)
    }

    pub(super) fn bits_set_position(&mut self, ip: Ip) -> Ip {
        let position = self.source_at(ip, 1).as_usize();
        let (Some(context), Some(position)) = (self.context_in(ip.a()), position) else {
            return self.no_match_context(ip);
        };
        context.set_position(position);
        ip.skip(2)
    }

    /// First + second * unit: the size of a bitstring, before OTP 25.
    pub(super) fn bits_add(&mut self, ip: Ip) -> Ip {
        let (sum, more) = (self.source_at(ip, 1), self.source_at(ip, 2));
        let size = |term: Term| match term.as_small() {
            Some(small) => small >= 0,
            None => term.as_big().is_some_and(|(negative, _)| !negative),
        };
        let failure = if !size(sum) || !size(more) {
            known::BADARG
        } else {
            let size = Self::size_in_bits(more, ip.word(3));
            let size = size.and_then(|size| size.checked_add(sum.as_usize()?));
            match size.and_then(|size| Term::try_small(i64::try_from(size).ok()?)) {
                Some(size) => {
                    self.set_register(ip.a(), size);
                    return ip.skip(4);
                }
                None => known::SYSTEM_LIMIT,
            }
        };
        if ip.has_label() {
            return ip.label();
        }
        self.raise(Exception::error(failure), Some(ip), None)
    }

    /// The bytes that a character takes. That it is one is checked when it is put.
    pub(super) fn bits_utf_size(&mut self, ip: Ip) -> Ip {
        let point = self.source_at(ip, 1).as_small();
        let size = match ip.b() {
            8 => point.and_then(bits::utf8_size),
            _ => point.and_then(bits::utf16_size),
        };
        self.set_register(ip.a(), Term::small(size.unwrap_or(4) as i64));
        ip.skip(2)
    }

    pub(super) fn bits_init_writable(&mut self, ip: Ip) -> Ip {
        let size = self.x(0).as_usize().unwrap_or(DEFAULT_ROOM);
        let binary = bits::init_writable(self.context.heap(), size);
        self.set_x(0, binary);
        self.ensure(0, 1);
        ip.skip(1)
    }

    pub(super) fn bits_create(&mut self, ip: Ip) -> Ip {
        let counts = ip.word(1);
        let (live, count) = (counts & 0xffff, (counts >> 16) as usize);
        match self.create(ip, count) {
            Ok(binary) => {
                let binary = self.keep(binary, live);
                self.set_register(ip.a(), binary);
                ip.skip(2 + 3 * count)
            }
            Err(_) if ip.has_label() => ip.label(),
            Err(failure) => self.create_failed(ip, failure),
        }
    }

    fn create(&mut self, ip: Ip, count: usize) -> Result<Term, Failure> {
        let mut total = 0usize;
        let mut appends = false;
        for index in 0..count {
            let segment = Segment::at(ip, index);
            let size = self.segment_size(ip, &segment)?;
            let append = matches!(
                segment.kind,
                SegmentType::Append | SegmentType::PrivateAppend
            );
            appends |= append;
            if !append {
                total = total.saturating_add(size);
            }
            if total > MOST_BITS {
                let size = self.source_at(ip, segment.word + 2);
                return Err(Failure {
                    reason: known::SYSTEM_LIMIT,
                    ..segment.failure("size", size)
                });
            }
        }
        let mut builder = if appends {
            let segment = Segment::at(ip, 0);
            let value = self.source_at(ip, segment.word + 1);
            let unit = segment.unit;
            let failure = || {
                let why = if value.is_bitstring() { "unit" } else { "type" };
                segment.failure(why, value)
            };
            if total == 0
                && value
                    .bit_size()
                    .is_some_and(|bits| bits.is_multiple_of(unit.max(1)))
            {
                return Ok(value);
            }
            let builder =
                Builder::append(self.context.heap(), value, total, unit).ok_or_else(failure)?;
            self.context
                .charge(builder.moved() / 8 / BYTES_SET_UP_PER_REDUCTION);
            builder
        } else {
            Builder::new(self.context.heap(), total)
        };
        for index in usize::from(appends)..count {
            let segment = Segment::at(ip, index);
            let size = self.segment_size(ip, &segment)?;
            let flags = segment.flags;
            if segment.kind == SegmentType::String {
                builder.put_bytes(ip.bytes(segment.word + 1, size / 8));
                continue;
            }
            let value = self.source_at(ip, segment.word + 1);
            let done = match segment.kind {
                SegmentType::Integer => builder.put_integer(value, size, flags),
                SegmentType::Float => builder.put_float(value, size, flags),
                SegmentType::Utf8 => builder.put_utf8(value),
                SegmentType::Utf16 => builder.put_utf16(value, flags),
                SegmentType::Utf32 => builder.put_utf32(value, flags),
                _ => {
                    self.context.charge(size / 8 / BYTES_COPIED_PER_REDUCTION);
                    builder.put_binary(value, Some(size))
                }
            };
            if !done {
                let why = match segment.kind {
                    SegmentType::Binary if value.is_bitstring() => "short",
                    SegmentType::Float if value.is_number() => match size {
                        16 | 32 | 64 => "no_float",
                        _ => "invalid",
                    },
                    _ => "type",
                };
                let size = self.source_at(ip, segment.word + 2);
                return Err(segment.failure(why, if why == "invalid" { size } else { value }));
            }
        }
        Ok(builder.finish())
    }

    /// How many bits a segment takes. For one that is appended to: any number.
    fn segment_size(&mut self, ip: Ip, segment: &Segment) -> Result<usize, Failure> {
        if segment.kind == SegmentType::String {
            return Ok(ip.word(segment.word + 2) as usize * 8);
        }
        let value = self.source_at(ip, segment.word + 1);
        let size = self.source_at(ip, segment.word + 2);
        let kind_failure = || segment.failure("type", value);
        match segment.kind {
            SegmentType::Append | SegmentType::PrivateAppend => Ok(0),
            SegmentType::Utf8 => value
                .as_small()
                .and_then(bits::utf8_size)
                .map(|n| n * 8)
                .ok_or_else(kind_failure),
            SegmentType::Utf16 => value
                .as_small()
                .and_then(bits::utf16_size)
                .map(|n| n * 8)
                .ok_or_else(kind_failure),
            SegmentType::Utf32 => Ok(32),
            SegmentType::Binary if size == known::ALL => {
                let bits = value.bit_size().ok_or_else(kind_failure)?;
                if bits.is_multiple_of(segment.unit.max(1)) {
                    Ok(bits)
                } else {
                    Err(segment.failure("unit", value))
                }
            }
            _ => {
                if !size.is_integer() {
                    return Err(segment.failure("size", size));
                }
                match integer::to_i64(size) {
                    Some(negative) if negative < 0 => Err(segment.failure("size", size)),
                    Some(size) if !size.is_negative() => {
                        Ok((size as usize).saturating_mul(segment.unit))
                    }
                    _ if size.as_big().is_some_and(|(negative, _)| negative) => {
                        Err(segment.failure("size", size))
                    }
                    _ => {
                        let failure = segment.failure("size", size);
                        Err(Failure {
                            reason: known::SYSTEM_LIMIT,
                            ..failure
                        })
                    }
                }
            }
        }
    }

    /// Raises `badarg` (or `system_limit`) with the explanation that OTP gives.
    #[cold]
    fn create_failed(&mut self, ip: Ip, failure: Failure) -> Ip {
        if failure.segment == UNNUMBERED {
            return self.raise(Exception::error(failure.reason), Some(ip), None);
        }
        let atoms = &mut self.context.machine.atoms;
        let mut atom = |text| atoms.intern(text).unwrap_or(known::UNDEFINED);
        let names = [
            "erl_erts_errors",
            "format_bs_fail",
            failure.kind,
            failure.why,
        ];
        let [module, function, kind, why] = names.map(&mut atom);
        let heap = &mut self.context.process.heap;
        let segment = Term::small(failure.segment as i64);
        let cause = heap.tuple(&[segment, kind, why, failure.value]);
        let mut pairs = alloc::vec::Vec::from([
            (known::CAUSE, cause),
            (known::MODULE, module),
            (known::FUNCTION, function),
        ]);
        let error_info = map::from_pairs(heap, &mut pairs, &self.context.machine.atoms);
        let trace = Trace::Arguments {
            arguments: known::NONE,
            error_info,
        };
        self.raise(
            Exception {
                trace,
                ..Exception::error(failure.reason)
            },
            Some(ip),
            None,
        )
    }
}

/// A segment of `bs_create_bin`, as its first word says.
struct Segment {
    kind: SegmentType,
    name: &'static str,
    flags: Flags,
    number: u64,
    unit: usize,
    /// The index of its first word in the operation.
    word: usize,
}

impl Segment {
    #[inline(always)]
    fn at(ip: Ip, index: usize) -> Segment {
        let word = 2 + 3 * index;
        let first = ip.word(word);
        let (name, kind) = SegmentType::from_number(first & 0xff);
        Segment {
            kind,
            name,
            flags: Flags::from_operand(first >> 8 & 0xff),
            number: first >> 16 & 0xffff,
            unit: (first >> 32) as usize,
            word,
        }
    }

    fn failure(&self, why: &'static str, value: Term) -> Failure {
        let kind = match self.kind {
            SegmentType::Append | SegmentType::PrivateAppend => "binary",
            _ => self.name,
        };
        Failure {
            reason: known::BADARG,
            segment: self.number,
            kind,
            why,
            value,
        }
    }
}
