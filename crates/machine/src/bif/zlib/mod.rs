//! The NIFs of `zlib`: streams that compress and decompress, with a queue of input.

mod stream;

use alloc::collections::VecDeque;
use core::cell::{RefCell, RefMut};

use brood_term::{Heap, OwnedTerm, SharedBinary, Term, integer, known};

use self::stream::{Direction, Parameters, Status, Stream};
use super::{BifResult, Entry, entry, iolist};
use crate::context::Context;
use crate::exception::{Control, badarg, error};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("zlib", "open_nif", 0, open_0),
    entry("zlib", "close_nif", 1, close_1),
    entry("zlib", "set_controller_nif", 2, set_controller_2),
    entry("zlib", "deflateInit_nif", 6, deflate_init_6),
    entry(
        "zlib",
        "deflateSetDictionary_nif",
        2,
        deflate_set_dictionary_2,
    ),
    entry("zlib", "deflateReset_nif", 1, deflate_reset_1),
    entry("zlib", "deflateEnd_nif", 1, deflate_end_1),
    entry("zlib", "deflateParams_nif", 3, deflate_params_3),
    entry("zlib", "deflate_nif", 4, deflate_4),
    entry("zlib", "inflateInit_nif", 3, inflate_init_3),
    entry(
        "zlib",
        "inflateSetDictionary_nif",
        2,
        inflate_set_dictionary_2,
    ),
    entry(
        "zlib",
        "inflateGetDictionary_nif",
        1,
        inflate_get_dictionary_1,
    ),
    entry("zlib", "inflateReset_nif", 1, inflate_reset_1),
    entry("zlib", "inflateEnd_nif", 1, inflate_end_1),
    entry("zlib", "inflate_nif", 4, inflate_4),
    entry("zlib", "crc32_nif", 1, crc32_1),
    entry("zlib", "getStash_nif", 1, get_stash_1),
    entry("zlib", "clearStash_nif", 1, clear_stash_1),
    entry("zlib", "setStash_nif", 2, set_stash_2),
    entry("zlib", "getBufSize_nif", 1, get_buffer_size_1),
    entry("zlib", "setBufSize_nif", 2, set_buffer_size_2),
    entry("zlib", "enqueue_nif", 2, enqueue_2),
];

/// Names of exceptions.
const NOT_INITIALIZED: &str = "not_initialized";
const DATA_ERROR: &str = "data_error";

/// zlib's number for "go on, flush nothing".
const NO_FLUSH: i32 = 0;

/// What happens to input behind the end of a stream that is decompressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Behind {
    /// It is refused.
    Refuse,
    /// It is the next stream.
    Reset,
    /// It is forgotten.
    Cut,
}

/// What a reference to a stream holds.
#[derive(Debug)]
struct Zlib {
    stream: Option<Stream>,
    closed: bool,
    /// The process that may use it.
    controller: Term,
    /// Binaries that are still to go through the stream.
    input: VecDeque<SharedBinary>,
    /// A term that `zlib` keeps from call to call.
    stash: Option<OwnedTerm>,
    /// Without zlib's or gzip's header and checksum.
    raw: bool,
    behind: Behind,
    ended: bool,
    /// Of the data that is not compressed; counted only for raw streams.
    crc: crc32fast::Hasher,
    buffer_size: i32,
}

impl Zlib {
    fn new(controller: Term) -> Zlib {
        /// The size of `inflateChunk`'s pieces, unless another is set.
        const BUFFER_SIZE: i32 = 4000;
        Zlib {
            stream: None,
            closed: false,
            controller,
            input: VecDeque::new(),
            stash: None,
            raw: false,
            behind: Behind::Cut,
            ended: false,
            crc: crc32fast::Hasher::new(),
            buffer_size: BUFFER_SIZE,
        }
    }

    fn reset_input(&mut self) {
        self.input.clear();
        self.stash = None;
    }

    /// The stream, if it goes this way.
    fn stream(&mut self, direction: Direction) -> Option<&mut Stream> {
        self.stream
            .as_mut()
            .filter(|stream| stream.direction() == direction)
    }

    fn begin(&mut self, stream: Stream, window_bits: i32) {
        self.stream = Some(stream);
        self.ended = false;
        self.raw = window_bits < 0;
        self.crc = crc32fast::Hasher::new();
    }

    /// Sends at most `limit` bytes of the input through the stream; flushes at the input's end.
    fn work(&mut self, stream_output: &mut [u8], limit: usize, flush: i32) -> Work {
        let mut work = Work::default();
        let Some(stream) = self.stream.as_mut() else {
            return work;
        };
        let counts_input = self.raw && stream.direction() == Direction::Deflate;
        while work.status == Status::Ok && work.consumed < limit {
            let Some(front) = self.input.front_mut() else {
                break;
            };
            let block = &front[..front.len().min(limit)];
            let step = stream.step(block, &mut stream_output[work.produced..], NO_FLUSH);
            if counts_input {
                self.crc.update(&block[..step.consumed]);
            }
            work.add(step);
            let all = step.consumed == front.len();
            if all {
                self.input.pop_front();
            } else {
                *front = front.part(step.consumed, usize::MAX);
                break;
            }
        }
        work.remaining = !self.input.is_empty();
        if work.status == Status::Ok && !work.remaining && work.produced < stream_output.len() {
            // Also when nothing is to be flushed: the last output may not have had room for everything.
            work.add(stream.step(&[], &mut stream_output[work.produced..], flush));
        }
        if self.raw && stream.direction() == Direction::Inflate {
            self.crc.update(&stream_output[..work.produced]);
        }
        self.ended |= work.status == Status::End;
        work
    }
}

/// What went through a stream.
#[derive(Clone, Copy, Debug)]
struct Work {
    status: Status,
    consumed: usize,
    produced: usize,
    /// Whether there is more input.
    remaining: bool,
}

impl Default for Work {
    fn default() -> Work {
        Work {
            status: Status::Ok,
            consumed: 0,
            produced: 0,
            remaining: false,
        }
    }
}

impl Work {
    fn add(&mut self, step: stream::Step) {
        self.status = step.status;
        self.consumed += step.consumed;
        self.produced += step.produced;
    }
}

/// Raises an error that has this name.
fn raise(context: &mut Context<'_>, name: &'static str) -> Control {
    error(context.machine.atom(name))
}

/// What a reference holds, for the process that controls it.
fn zlib<'a>(context: &mut Context<'_>, term: &'a Term) -> Result<RefMut<'a, Zlib>, Control> {
    let zlib = term.as_resource::<RefCell<Zlib>>().ok_or_else(badarg)?;
    let zlib = zlib.borrow_mut();
    if zlib.controller == context.process.pid {
        Ok(zlib)
    } else {
        Err(raise(context, "not_on_controlling_process"))
    }
}

/// The same, if it has a stream of this direction.
fn initialized<'a>(
    context: &mut Context<'_>,
    term: &'a Term,
    direction: Direction,
) -> Result<RefMut<'a, Zlib>, Control> {
    let mut zlib = zlib(context, term)?;
    if zlib.stream(direction).is_some() {
        Ok(zlib)
    } else {
        Err(raise(context, NOT_INITIALIZED))
    }
}

/// What a status is to Erlang: an atom, or an error.
fn answer(context: &mut Context<'_>, status: Status) -> BifResult {
    Ok(context.machine.atom(match status {
        Status::Ok => return Ok(known::OK),
        Status::End => "stream_end",
        Status::BufferError => "buf_error",
        Status::MemoryError => "mem_error",
        Status::VersionError => "version_error",
        Status::NeedDictionary | Status::Unknown => "unknown_error",
        Status::StreamError => return Err(raise(context, "stream_error")),
        Status::DataError => return Err(raise(context, DATA_ERROR)),
    }))
}

/// An integer of 32 bits.
fn int(term: Term) -> Result<i32, Control> {
    let value = integer::to_i64(term).and_then(|value| i32::try_from(value).ok());
    value.ok_or_else(badarg)
}

fn open_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    /// About what a stream takes, be it for compression or not.
    const STREAM_BYTES: usize = 128 << 10;
    let zlib = RefCell::new(Zlib::new(context.process.pid));
    Ok(context.make_resource(zlib, STREAM_BYTES))
}

fn close_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut zlib = zlib(context, &arguments[0])?;
    if zlib.closed {
        return Err(raise(context, NOT_INITIALIZED));
    }
    zlib.closed = true;
    zlib.stream = None;
    zlib.stash = None;
    Ok(known::OK)
}

fn set_controller_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [reference, controller] = arguments else {
        return Err(badarg());
    };
    if reference.as_resource::<RefCell<Zlib>>().is_none() || !controller.is_local_pid() {
        return Err(badarg());
    }
    zlib(context, reference)?.controller = *controller;
    Ok(known::OK)
}

/// Begins with a stream that `make` gives, unless there is one.
fn initialize(
    context: &mut Context<'_>,
    zlib: &mut Zlib,
    window_bits: i32,
    make: impl FnOnce() -> Result<Stream, Status>,
) -> BifResult {
    if zlib.stream.is_some() || zlib.closed {
        return Err(raise(context, "already_initialized"));
    }
    match make() {
        Ok(stream) => {
            zlib.begin(stream, window_bits);
            Ok(known::OK)
        }
        Err(status) => answer(context, status),
    }
}

fn deflate_init_6(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [
        reference,
        level,
        method,
        window_bits,
        memory_level,
        strategy,
    ] = arguments
    else {
        return Err(badarg());
    };
    let parameters = Parameters {
        level: int(*level)?,
        method: int(*method)?,
        window_bits: int(*window_bits)?,
        memory_level: int(*memory_level)?,
        strategy: int(*strategy)?,
    };
    let mut zlib = zlib(context, reference)?;
    initialize(context, &mut zlib, parameters.window_bits, || {
        Stream::deflate(parameters)
    })
}

fn inflate_init_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [reference, window_bits, behind] = arguments else {
        return Err(badarg());
    };
    let window_bits = int(*window_bits)?;
    let behind = match int(*behind)? {
        0 => Behind::Refuse,
        1 => Behind::Reset,
        _ => Behind::Cut,
    };
    let mut zlib = zlib(context, reference)?;
    let result = initialize(context, &mut zlib, window_bits, || {
        Stream::inflate(window_bits)
    })?;
    if result == known::OK {
        zlib.behind = behind;
    }
    Ok(result)
}

/// The checksum of the dictionary, in the form of a signed integer.
fn deflate_set_dictionary_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let dictionary = iolist::to_bytes(arguments[1]).ok_or_else(badarg)?;
    let mut zlib = initialized(context, &arguments[0], Direction::Deflate)?;
    let raw = zlib.raw;
    let Some(stream) = zlib.stream.as_mut() else {
        return Err(raise(context, NOT_INITIALIZED));
    };
    match stream.set_dictionary(&dictionary) {
        Ok(()) => {
            let checksum = if raw {
                let mut checksum = adler2::Adler32::from_checksum(0);
                checksum.write_slice(&dictionary);
                checksum.checksum()
            } else {
                stream.checksum()
            };
            Ok(Term::small(i64::from(checksum as i32)))
        }
        Err(status) => answer(context, status),
    }
}

fn inflate_set_dictionary_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let dictionary = iolist::to_bytes(arguments[1]).ok_or_else(badarg)?;
    let mut zlib = initialized(context, &arguments[0], Direction::Inflate)?;
    let result = zlib
        .stream
        .as_mut()
        .map_or(Ok(()), |stream| stream.set_dictionary(&dictionary));
    answer(context, result.err().unwrap_or(Status::Ok))
}

fn inflate_get_dictionary_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut zlib = initialized(context, &arguments[0], Direction::Inflate)?;
    match zlib.stream.as_mut().map(Stream::dictionary) {
        Some(Ok(dictionary)) => Ok(context.heap().binary(&dictionary)),
        Some(Err(status)) => answer(context, status),
        None => Err(raise(context, NOT_INITIALIZED)),
    }
}

fn reset(context: &mut Context<'_>, term: &Term, direction: Direction) -> BifResult {
    let mut zlib = initialized(context, term, direction)?;
    let status = zlib.stream.as_mut().map_or(Status::Ok, Stream::reset);
    zlib.crc = crc32fast::Hasher::new();
    zlib.ended = false;
    zlib.reset_input();
    answer(context, status)
}

fn deflate_reset_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    reset(context, &arguments[0], Direction::Deflate)
}

fn inflate_reset_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    reset(context, &arguments[0], Direction::Inflate)
}

/// A stream that did not come to its end, or has input left, was no good one.
fn end(context: &mut Context<'_>, term: &Term, direction: Direction) -> BifResult {
    let mut zlib = initialized(context, term, direction)?;
    let status = zlib.stream.take().map_or(Status::Ok, Stream::end);
    let unfinished = direction == Direction::Inflate && !zlib.ended;
    let status = match status {
        Status::Ok if unfinished || !zlib.input.is_empty() => Status::DataError,
        status => status,
    };
    zlib.reset_input();
    answer(context, status)
}

fn deflate_end_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    end(context, &arguments[0], Direction::Deflate)
}

fn inflate_end_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    end(context, &arguments[0], Direction::Inflate)
}

fn deflate_params_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (level, strategy) = (int(arguments[1])?, int(arguments[2])?);
    let mut zlib = initialized(context, &arguments[0], Direction::Deflate)?;
    let status = zlib
        .stream
        .as_mut()
        .map_or(Status::Ok, |stream| stream.set_parameters(level, strategy));
    answer(context, status)
}

/// `{finished | continue, Output}`, or `{need_dictionary, Checksum, Output}`. Output is a list of at most one binary.
fn codec(context: &mut Context<'_>, arguments: &[Term], direction: Direction) -> BifResult {
    let [reference, limit, room, flush] = arguments else {
        return Err(badarg());
    };
    let flush = int(*flush)?;
    let [limit, room] = [limit, room].map(|size| int(*size).map(usize::try_from));
    let (Ok(limit), Ok(room)) = (limit?, room?) else {
        return Err(badarg());
    };
    let mut zlib = initialized(context, reference, direction)?;
    if direction == Direction::Inflate && zlib.ended && !zlib.input.is_empty() {
        match zlib.behind {
            Behind::Refuse => return Err(raise(context, DATA_ERROR)),
            Behind::Reset => match zlib.stream.as_mut().map_or(Status::Ok, Stream::reset) {
                Status::Ok => zlib.ended = false,
                status => return answer(context, status),
            },
            Behind::Cut => zlib.reset_input(),
        }
    }
    let mut work = Work::default();
    let output = SharedBinary::filled(room, |output| {
        work = zlib.work(output, limit, flush);
    });
    context.charge(work.consumed / 20 + work.produced / 100);
    match work.status {
        Status::Ok | Status::End | Status::NeedDictionary | Status::BufferError => {}
        status => return answer(context, status),
    }
    if work.consumed == 0 && work.produced == 0 && work.remaining {
        return Err(raise(context, DATA_ERROR));
    }
    let heap = &mut context.process.heap;
    let output = if work.produced > 0 {
        // What is much smaller than its room does not keep it.
        let part = if work.produced < room / 2 {
            heap.binary(&output[..work.produced])
        } else {
            output.part(0, work.produced).to_term(heap)
        };
        heap.list(&[part])
    } else {
        Term::NIL
    };
    let tag = if !work.remaining && work.produced < room {
        "finished"
    } else if work.status != Status::NeedDictionary {
        "continue"
    } else {
        let checksum = zlib.stream.as_ref().map_or(0, Stream::checksum) as i32;
        let tag = context.machine.atom("need_dictionary");
        let parts = [tag, Term::small(i64::from(checksum)), output];
        return Ok(context.heap().tuple(&parts));
    };
    let tag = context.machine.atom(tag);
    Ok(context.heap().tuple(&[tag, output]))
}

fn deflate_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    codec(context, arguments, Direction::Deflate)
}

fn inflate_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    codec(context, arguments, Direction::Inflate)
}

fn crc32_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let zlib = zlib(context, &arguments[0])?;
    if zlib.stream.is_none() {
        return Err(raise(context, NOT_INITIALIZED));
    }
    Ok(Term::small(i64::from(zlib.crc.clone().finalize())))
}

fn get_stash_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let zlib = zlib(context, &arguments[0])?;
    match &zlib.stash {
        Some(stash) => {
            let stash = context.import(stash.term());
            Ok(context.heap().tuple(&[known::OK, stash]))
        }
        None => Ok(context.machine.atom("empty")),
    }
}

fn clear_stash_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match zlib(context, &arguments[0])?.stash.take() {
        Some(_) => Ok(known::OK),
        None => Err(error(known::ERROR)),
    }
}

fn set_stash_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut zlib = zlib(context, &arguments[0])?;
    if zlib.stash.is_some() {
        return Err(error(known::ERROR));
    }
    zlib.stash = Some(context.own(arguments[1]));
    Ok(known::OK)
}

fn get_buffer_size_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let size = zlib(context, &arguments[0])?.buffer_size;
    Ok(Term::small(i64::from(size)))
}

fn set_buffer_size_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    zlib(context, &arguments[0])?.buffer_size = int(arguments[1])?;
    Ok(known::OK)
}

fn enqueue_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut zlib = zlib(context, &arguments[0])?;
    if zlib.stream.is_none() {
        return Err(raise(context, NOT_INITIALIZED));
    }
    let mut parts = arguments[1].list();
    if !parts.by_ref().all(|part| part.is_binary()) || !parts.ended_proper() {
        return Err(badarg());
    }
    let parts = arguments[1].list().filter_map(SharedBinary::of);
    zlib.input.extend(parts.filter(|part| !part.is_empty()));
    Ok(known::OK)
}
