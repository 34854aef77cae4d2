//! Loading a fresh program: a static ELF linked at the addresses of the contract.

use brood_abi::layout::{MEMORY_BASE, MEMORY_MAX, PAGE_SIZE, page_up};
use brood_image::{AddressSpace, Mapping, Protection, SpaceError, Symbols};
use object::elf::{PF_W, PF_X, PT_INTERP, PT_LOAD, SHT_SYMTAB, STT_FUNC};
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader, Sym};
use object::{Endianness, elf};

/// Why a program can't be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Not an ELF file that can be read.
    #[error("malformed ELF: {0}")]
    Malformed(String),
    /// An ELF file, but not a static x86-64 executable.
    #[error("not a static x86-64 executable: {0}")]
    NotStatic(&'static str),
    /// A segment that may be written and executed.
    #[error("the segment at {0:#x} is both writable and executable")]
    WritableCode(u64),
    /// The segments make no address space.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The entry point is not in code.
    #[error("the entry point {0:#x} is not in an executable segment")]
    EntryPoint(u64),
}

/// A program ready to be put into memory.
#[derive(Debug)]
pub(crate) struct Program {
    pub space: AddressSpace,
    pub entry: u64,
    pub symbols: Symbols,
    /// Contents of memory: address and bytes.
    pub contents: Vec<(u64, Vec<u8>)>,
}

impl Program {
    /// Reads an ELF executable; `package_length` bytes of package will lie behind it.
    pub(crate) fn load(file: &[u8], package_length: u64) -> Result<Program, LoadError> {
        let malformed = |error: object::Error| LoadError::Malformed(error.to_string());
        let parsed = ElfFile64::<Endianness>::parse(file).map_err(malformed)?;
        let (header, endian) = (parsed.elf_header(), parsed.endian());
        if header.e_machine(endian) != elf::EM_X86_64 {
            return Err(LoadError::NotStatic("another processor"));
        }
        if header.e_type(endian) != elf::ET_EXEC {
            return Err(LoadError::NotStatic("not linked to fixed addresses"));
        }
        let mut segments: Vec<Mapping> = Vec::new();
        let mut contents = Vec::new();
        for segment in header.program_headers(endian, file).map_err(malformed)? {
            if segment.p_type(endian) == PT_INTERP {
                return Err(LoadError::NotStatic("it wants a dynamic linker"));
            }
            let (address, size) = (segment.p_vaddr(endian), segment.p_memsz(endian));
            if segment.p_type(endian) != PT_LOAD || size == 0 {
                continue;
            }
            let bytes = segment
                .data(endian, file)
                .map_err(|()| LoadError::Malformed("a segment outside the file".to_owned()))?;
            if bytes.len() as u64 > size {
                return Err(LoadError::Malformed(
                    "a segment larger in the file".to_owned(),
                ));
            }
            let start = address / PAGE_SIZE * PAGE_SIZE;
            let end = address
                .checked_add(size)
                .filter(|&end| end <= MEMORY_BASE + MEMORY_MAX)
                .and_then(page_up)
                .ok_or(SpaceError::Outside(address))?;
            let flags = segment.p_flags(endian);
            let protection = match (flags.contains(PF_W), flags.contains(PF_X)) {
                (true, true) => return Err(LoadError::WritableCode(address)),
                (true, false) => Protection::ReadWrite,
                (false, true) => Protection::ReadExecute,
                (false, false) => Protection::Read,
            };
            segments.push(Mapping {
                address: start,
                length: end - start,
                protection,
            });
            contents.push((address, bytes.to_vec()));
        }
        let entry = header.e_entry(endian);
        let is_code = |mapping: &Mapping| {
            mapping.protection == Protection::ReadExecute
                && (mapping.address..mapping.end()).contains(&entry)
        };
        if !segments.iter().any(is_code) {
            return Err(LoadError::EntryPoint(entry));
        }
        Ok(Program {
            space: AddressSpace::new(segments, package_length)?,
            entry,
            symbols: symbols(file, header, endian).map_err(malformed)?,
            contents,
        })
    }
}

fn symbols(
    file: &[u8],
    header: &elf::FileHeader64<Endianness>,
    endian: Endianness,
) -> object::Result<Symbols> {
    let sections = header.sections(endian, file)?;
    let table = sections.symbols(endian, file, SHT_SYMTAB)?;
    let strings = table.strings();
    Ok(Symbols::new(table.iter().filter_map(|symbol| {
        if symbol.st_type() != STT_FUNC {
            return None;
        }
        let name = std::str::from_utf8(symbol.name(endian, strings).ok()?).ok()?;
        Some((symbol.st_value(endian), symbol.st_size(endian), name))
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_static_program_is_refused() {
        assert!(matches!(
            Program::load(b"", 0),
            Err(LoadError::Malformed(_))
        ));
        assert!(matches!(
            Program::load(b"\x7fELF", 0),
            Err(LoadError::Malformed(_))
        ));
        let this_test = std::fs::read("/proc/self/exe").unwrap();
        assert!(matches!(
            Program::load(&this_test, 0),
            Err(LoadError::NotStatic(_))
        ));
        for length in [64, 200, 4000] {
            assert!(Program::load(&this_test[..length], 0).is_err());
        }
    }
}
