//! `ram_file_drv`: a file that has no name, behind `file:open(Data, [ram])`.

use alloc::rc::Rc;
use alloc::vec::Vec;

use brood_term::SharedBinary;

use super::driver::{Driver, Output};
use crate::files::PosixError;
use crate::files::content::{Content, Data, Room};
use crate::platform::Platform;

/// First bytes of answers.
const OK: u8 = 0;
const ERROR: u8 = 1;
const DATA: u8 = 2;
const NUMBER: u8 = 3;

/// Bits of the mode.
const READ: u32 = 1;
const WRITE: u32 = 2;

/// What an operation gives.
enum Answer {
    Ok,
    Number(u64),
    Data(SharedBinary),
}

/// The file.
#[derive(Debug)]
pub struct RamFile {
    content: Content,
    position: u64,
    /// How it was opened; 0 before.
    mode: u32,
}

/// Reads the arguments of a command.
struct Arguments<'a>(&'a [u8]);

impl Arguments<'_> {
    fn signed(&mut self) -> Option<i32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(i32::from_be_bytes(*number))
    }

    /// A position or a count.
    fn unsigned(&mut self) -> Option<Result<u64, PosixError>> {
        let number = u64::try_from(self.signed()?);
        Some(number.map_err(|_| PosixError::Invalid))
    }
}

impl RamFile {
    /// A file that is to be opened.
    pub fn new(room: &Rc<Room>) -> RamFile {
        RamFile {
            content: Content::new(room),
            position: 0,
            mode: 0,
        }
    }

    /// What a command gives; `None` for what is no command.
    fn run(&mut self, input: &[u8]) -> Option<Result<Answer, PosixError>> {
        let (&operation, rest) = input.split_first()?;
        let mut arguments = Arguments(rest);
        Some(match operation {
            1 => {
                let mode = arguments.signed()? as u32;
                self.open(mode, arguments.0)
            }
            2 => {
                let count = arguments.unsigned()?;
                self.read(count)
            }
            3 => {
                let (offset, mark) = (arguments.signed()?, arguments.signed()?);
                self.seek(offset, mark)
            }
            4 => self.write(arguments.0),
            9 | 19 | 38 | 39 => self.opened(0).map(|()| Answer::Ok),
            14 => self.truncate(),
            17 => {
                let (position, count) = (arguments.unsigned()?, arguments.unsigned()?);
                position.and_then(|position| self.read_at(position, count?))
            }
            18 => {
                let position = arguments.unsigned()?;
                position.and_then(|position| self.write_at(position, arguments.0))
            }
            30 => self.content.read(0, u64::MAX).map(Answer::Data),
            37 => Ok(Answer::Number(self.content.len())),
            _ => return None,
        })
    }

    /// Whether it is open in this mode.
    fn opened(&self, mode: u32) -> Result<(), PosixError> {
        if self.mode == 0 || self.mode & mode != mode {
            return Err(PosixError::BadDescriptor);
        }
        Ok(())
    }

    fn open(&mut self, mode: u32, bytes: &[u8]) -> Result<Answer, PosixError> {
        self.content.truncate(0)?;
        self.position = 0;
        self.content.write(0, Data::Bytes(bytes)).1?;
        self.mode = mode;
        Ok(Answer::Number(0))
    }

    fn read(&mut self, count: Result<u64, PosixError>) -> Result<Answer, PosixError> {
        let answer = self.read_at(self.position, count?)?;
        if let Answer::Data(bytes) = &answer {
            self.position += bytes.len() as u64;
        }
        Ok(answer)
    }

    fn read_at(&self, position: u64, count: u64) -> Result<Answer, PosixError> {
        self.opened(READ)?;
        self.content.read(position, count).map(Answer::Data)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Answer, PosixError> {
        let answer = self.write_at(self.position, bytes)?;
        self.position += bytes.len() as u64;
        Ok(answer)
    }

    fn write_at(&mut self, position: u64, bytes: &[u8]) -> Result<Answer, PosixError> {
        self.opened(WRITE)?;
        self.content.write(position, Data::Bytes(bytes)).1?;
        Ok(Answer::Number(bytes.len() as u64))
    }

    fn seek(&mut self, offset: i32, mark: i32) -> Result<Answer, PosixError> {
        self.opened(0)?;
        let base = match mark {
            0 => 0,
            1 => self.position,
            2 => self.content.len(),
            _ => return Err(PosixError::Invalid),
        };
        let position = base.checked_add_signed(i64::from(offset));
        self.position = position.ok_or(PosixError::Invalid)?;
        Ok(Answer::Number(self.position))
    }

    fn truncate(&mut self) -> Result<Answer, PosixError> {
        if self.mode & WRITE == 0 {
            return Err(PosixError::NotAllowed);
        }
        self.content.truncate(self.position)?;
        Ok(Answer::Ok)
    }
}

impl Driver for RamFile {
    fn command(&mut self, input: &[u8], _: &mut dyn Platform) -> Option<Output> {
        self.answer(input)
    }
}

impl RamFile {
    /// Carries out a command.
    fn answer(&mut self, input: &[u8]) -> Option<Output> {
        let numbered = |tag: u8, number: u64| {
            let mut header = Vec::from([tag]);
            header.extend_from_slice(&(number as u32).to_be_bytes());
            header
        };
        let (header, body) = match self.run(input)? {
            Ok(Answer::Ok) => (Vec::from([OK]), None),
            Ok(Answer::Number(number)) => (numbered(NUMBER, number), None),
            Ok(Answer::Data(bytes)) => (numbered(DATA, bytes.len() as u64), Some(bytes)),
            Err(error) => {
                // The room of files is this file's memory.
                let error = match error {
                    PosixError::NoSpace => PosixError::NoMemory,
                    error => error,
                };
                let mut header = Vec::from([ERROR]);
                header.extend_from_slice(error.name().as_bytes());
                (header, None)
            }
        };
        Some(Output::Data { header, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(file: &mut RamFile, parts: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
        let Some(Output::Data { header, body }) = file.answer(&parts.concat()) else {
            panic!("no data");
        };
        let body = body.map(|body| body.to_vec());
        (header, body.unwrap_or_default())
    }

    #[test]
    fn it_is_a_file() {
        let mut file = RamFile::new(&Room::new(1 << 20));
        let number = |number: u32| number.to_be_bytes();
        assert_eq!(answer(&mut file, &[&[4], b"early"]).0, b"\x01ebadf");
        assert_eq!(
            answer(&mut file, &[&[1], &number(3), b"hello"]).0,
            [3, 0, 0, 0, 0]
        );
        assert_eq!(
            answer(&mut file, &[&[2], &number(3)]),
            ([2, 0, 0, 0, 3].into(), b"hel".into())
        );
        assert_eq!(answer(&mut file, &[&[4], b"p!"]).0, [3, 0, 0, 0, 2]);
        assert_eq!(
            answer(&mut file, &[&[3], &number(-1_i32 as u32), &number(1)]).0,
            [3, 0, 0, 0, 4]
        );
        assert_eq!(answer(&mut file, &[&[14]]).0, [0]);
        assert_eq!(answer(&mut file, &[&[30]]).1, b"help");
        assert_eq!(
            answer(&mut file, &[&[17], &number(-1_i32 as u32), &number(1)]).0,
            b"\x01einval"
        );
        assert_eq!(answer(&mut file, &[&[37]]).0, [3, 0, 0, 0, 4]);
        assert!(file.answer(&[99]).is_none() && file.answer(&[2, 0]).is_none());
    }
}
