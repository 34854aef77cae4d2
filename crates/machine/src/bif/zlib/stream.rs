//! A stream that is compressed or decompressed, over the library's interface for C programs: the only one of it that
//! goes step by step with dictionaries, parameters and all kinds of flushing.

use alloc::alloc::{Layout, alloc, dealloc};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ffi::{c_int, c_uint, c_void};
use core::fmt;
use core::ptr;

use libz_rs_sys::{
    Z_BUF_ERROR, Z_DATA_ERROR, Z_ERRNO, Z_MEM_ERROR, Z_NEED_DICT, Z_OK, Z_STREAM_END,
    Z_STREAM_ERROR, Z_VERSION_ERROR, z_stream,
};

/// What a step gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It went well.
    Ok,
    /// The stream's end is reached.
    End,
    /// Only a dictionary can help on.
    NeedDictionary,
    /// Neither input nor room for output: nothing to be done.
    BufferError,
    /// Not what can be done with this stream, or bad parameters.
    StreamError,
    /// The input is no such stream.
    DataError,
    /// No memory.
    MemoryError,
    /// Another version of the library.
    VersionError,
    /// Something else.
    Unknown,
}

impl Status {
    fn from_code(code: c_int) -> Status {
        match code {
            Z_OK => Status::Ok,
            Z_STREAM_END => Status::End,
            Z_NEED_DICT => Status::NeedDictionary,
            Z_BUF_ERROR => Status::BufferError,
            Z_STREAM_ERROR => Status::StreamError,
            Z_DATA_ERROR => Status::DataError,
            Z_MEM_ERROR => Status::MemoryError,
            Z_VERSION_ERROR => Status::VersionError,
            Z_ERRNO => Status::Unknown,
            _ => Status::Unknown,
        }
    }

    /// `Ok(value)` for [`Status::Ok`].
    fn with<T>(self, value: T) -> Result<T, Status> {
        match self {
            Status::Ok => Ok(value),
            other => Err(other),
        }
    }
}

/// What deflation is set up with; the library checks the numbers.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "zlib's own names")]
pub struct Parameters {
    pub level: i32,
    pub method: i32,
    pub window_bits: i32,
    pub memory_level: i32,
    pub strategy: i32,
}

/// Which way a stream goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// It compresses.
    Deflate,
    /// It decompresses.
    Inflate,
}

/// What one step did.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// How it went.
    pub status: Status,
    /// How many bytes of the input were used.
    pub consumed: usize,
    /// How many bytes of the output were written.
    pub produced: usize,
}

/// A stream.
pub struct Stream {
    /// Boxed: the library's state points back to it.
    raw: Box<z_stream>,
    direction: Direction,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("direction", &self.direction)
            .finish_non_exhaustive()
    }
}

impl Stream {
    /// A stream that compresses.
    ///
    /// # Errors
    ///
    /// What the library says of the parameters.
    pub fn deflate(parameters: Parameters) -> Result<Stream, Status> {
        let mut raw = Box::new(empty());
        // SAFETY: `raw` is a stream with functions for memory and without a state; the version and the size are those
        // of the library that is linked.
        let code = unsafe {
            libz_rs_sys::deflateInit2_(
                &raw mut *raw,
                parameters.level,
                parameters.method,
                parameters.window_bits,
                parameters.memory_level,
                parameters.strategy,
                libz_rs_sys::zlibVersion(),
                size_of::<z_stream>() as c_int,
            )
        };
        Status::from_code(code).with(())?;
        Ok(Stream {
            raw,
            direction: Direction::Deflate,
        })
    }

    /// A stream that decompresses.
    ///
    /// # Errors
    ///
    /// What the library says of the parameter.
    pub fn inflate(window_bits: i32) -> Result<Stream, Status> {
        let mut raw = Box::new(empty());
        // SAFETY: as for `deflate`.
        let code = unsafe {
            libz_rs_sys::inflateInit2_(
                &raw mut *raw,
                window_bits,
                libz_rs_sys::zlibVersion(),
                size_of::<z_stream>() as c_int,
            )
        };
        Status::from_code(code).with(())?;
        Ok(Stream {
            raw,
            direction: Direction::Inflate,
        })
    }

    /// Which way the stream goes.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Goes on with as much of `input` as possible, into as much of `output` as necessary.
    pub fn step(&mut self, input: &[u8], output: &mut [u8], flush: i32) -> Step {
        let available_in = c_uint::try_from(input.len()).unwrap_or(c_uint::MAX);
        let available_out = c_uint::try_from(output.len()).unwrap_or(c_uint::MAX);
        self.raw.next_in = input.as_ptr();
        self.raw.avail_in = available_in;
        self.raw.next_out = output.as_mut_ptr();
        self.raw.avail_out = available_out;
        let raw = &raw mut *self.raw;
        // SAFETY: the stream was initialised for its direction; input and output are borrowed for the call, and
        // forgotten right after it.
        let code = unsafe {
            match self.direction {
                Direction::Deflate => libz_rs_sys::deflate(raw, flush),
                Direction::Inflate => libz_rs_sys::inflate(raw, flush),
            }
        };
        self.raw.next_in = ptr::null();
        self.raw.next_out = ptr::null_mut();
        Step {
            status: Status::from_code(code),
            consumed: (available_in - self.raw.avail_in) as usize,
            produced: (available_out - self.raw.avail_out) as usize,
        }
    }

    /// Sets the dictionary.
    ///
    /// # Errors
    ///
    /// What the library says: that it isn't the time for one, or that it's another one.
    pub fn set_dictionary(&mut self, dictionary: &[u8]) -> Result<(), Status> {
        let length = c_uint::try_from(dictionary.len()).map_err(|_| Status::StreamError)?;
        let raw = &raw mut *self.raw;
        // SAFETY: the stream was initialised for its direction; the dictionary is readable for its length.
        let code = unsafe {
            match self.direction {
                Direction::Deflate => {
                    libz_rs_sys::deflateSetDictionary(raw, dictionary.as_ptr(), length)
                }
                Direction::Inflate => {
                    libz_rs_sys::inflateSetDictionary(raw, dictionary.as_ptr(), length)
                }
            }
        };
        Status::from_code(code).with(())
    }

    /// The dictionary of a stream that decompresses: its last output.
    ///
    /// # Errors
    ///
    /// For a stream that compresses.
    pub fn dictionary(&mut self) -> Result<Vec<u8>, Status> {
        /// Enough for any.
        const LARGEST: usize = 32768;
        if self.direction != Direction::Inflate {
            return Err(Status::StreamError);
        }
        let mut dictionary = alloc::vec![0; LARGEST];
        let mut length: c_uint = 0;
        // SAFETY: the stream was initialised for decompression; the largest dictionary fits.
        let code = unsafe {
            libz_rs_sys::inflateGetDictionary(&*self.raw, dictionary.as_mut_ptr(), &mut length)
        };
        dictionary.truncate(length as usize);
        Status::from_code(code).with(dictionary)
    }

    /// Begins a new stream with the same parameters.
    pub fn reset(&mut self) -> Status {
        let raw = &raw mut *self.raw;
        // SAFETY: the stream was initialised for its direction.
        Status::from_code(unsafe {
            match self.direction {
                Direction::Deflate => libz_rs_sys::deflateReset(raw),
                Direction::Inflate => libz_rs_sys::inflateReset(raw),
            }
        })
    }

    /// Changes level and strategy of a stream that compresses and has nothing to write: one that has is refused.
    pub fn set_parameters(&mut self, level: i32, strategy: i32) -> Status {
        if self.direction != Direction::Deflate {
            return Status::StreamError;
        }
        let mut rest = [0; 1];
        self.raw.next_in = ptr::null();
        self.raw.avail_in = 0;
        self.raw.next_out = rest.as_mut_ptr();
        self.raw.avail_out = 1;
        // SAFETY: the stream was initialised for compression; `rest` outlives the call and is forgotten after it.
        let code = unsafe { libz_rs_sys::deflateParams(&raw mut *self.raw, level, strategy) };
        self.raw.next_out = ptr::null_mut();
        if self.raw.avail_out == 0 {
            return Status::StreamError;
        }
        Status::from_code(code)
    }

    /// The checksum of what went through, or of the dictionary that is needed.
    pub fn checksum(&self) -> u32 {
        self.raw.adler as u32
    }

    /// Ends the stream: [`Status::DataError`] when it was not at its end.
    pub fn end(mut self) -> Status {
        self.release()
    }

    fn release(&mut self) -> Status {
        if self.raw.state.is_null() {
            return Status::Ok;
        }
        let raw = &raw mut *self.raw;
        // SAFETY: the stream was initialised for its direction and has its state still.
        let code = unsafe {
            match self.direction {
                Direction::Deflate => libz_rs_sys::deflateEnd(raw),
                Direction::Inflate => libz_rs_sys::inflateEnd(raw),
            }
        };
        self.raw.state = ptr::null_mut();
        Status::from_code(code)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.release();
    }
}

/// A stream that is not initialised, with the machine's memory.
fn empty() -> z_stream {
    z_stream {
        zalloc: Some(allocate),
        zfree: Some(free),
        ..z_stream::default()
    }
}

/// Room in front of each block, for its size; keeps blocks aligned.
const HEADER: usize = 16;

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(HEADER)?, HEADER).ok()
}

unsafe extern "C" fn allocate(_: *mut c_void, items: c_uint, size: c_uint) -> *mut c_void {
    let size = items as usize * size as usize;
    let Some(layout) = layout(size) else {
        return ptr::null_mut();
    };
    // SAFETY: the layout is not empty; the block has room for the header, which is aligned for a `usize`.
    unsafe {
        let block = alloc(layout);
        if block.is_null() {
            return ptr::null_mut();
        }
        block.cast::<usize>().write(size);
        block.add(HEADER).cast()
    }
}

unsafe extern "C" fn free(_: *mut c_void, block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // SAFETY: the library gives back only what `allocate` gave it, which has its size in front.
    unsafe {
        let block = block.cast::<u8>().sub(HEADER);
        if let Some(layout) = layout(block.cast::<usize>().read()) {
            dealloc(block, layout);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINISH: i32 = 4;
    const DEFAULT: Parameters = Parameters {
        level: 6,
        method: 8,
        window_bits: 15,
        memory_level: 8,
        strategy: 0,
    };

    #[test]
    fn what_was_deflated_is_inflated_in_small_steps() {
        let text: Vec<u8> = (0..50_000_u32).map(|n| ((n * n) >> 7) as u8).collect();
        let mut packed = alloc::vec![0; 60_000];
        let mut deflate = Stream::deflate(DEFAULT).expect("a stream");
        let step = deflate.step(&text, &mut packed, FINISH);
        assert_eq!((step.status, step.consumed), (Status::End, text.len()));
        assert_eq!(deflate.end(), Status::Ok);
        packed.truncate(step.produced);

        let mut inflate = Stream::inflate(15).expect("a stream");
        let mut unpacked = Vec::new();
        let mut rest = &packed[..];
        loop {
            let mut piece = [0; 100];
            let step = inflate.step(&rest[..rest.len().min(70)], &mut piece, 0);
            unpacked.extend_from_slice(&piece[..step.produced]);
            rest = &rest[step.consumed..];
            match step.status {
                Status::End => break,
                Status::Ok => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(unpacked, text);
        assert_eq!(inflate.dictionary().map(|window| window.len()), Ok(32768));
    }

    #[test]
    fn bad_parameters_and_bad_data_are_refused() {
        let method = Parameters {
            method: 7,
            ..DEFAULT
        };
        assert_eq!(Stream::deflate(method).err(), Some(Status::StreamError));
        let mut inflate = Stream::inflate(15).expect("a stream");
        assert_eq!(
            inflate.step(b"garbage", &mut [0; 10], 0).status,
            Status::DataError
        );
        assert_eq!(inflate.reset(), Status::Ok);
        assert_eq!(inflate.set_parameters(1, 0), Status::StreamError);
    }
}
