//! The functions of a program, to turn addresses in crash reports into names.

/// A table of functions, sorted by address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbols {
    functions: Vec<Function>,
    names: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Function {
    address: u64,
    size: u32,
    name: u32,
}

const RECORD: usize = 16;

impl Symbols {
    /// A table of these functions: address, size in bytes, name as in the symbol table.
    pub fn new<'a>(functions: impl IntoIterator<Item = (u64, u64, &'a str)>) -> Symbols {
        let mut symbols = Symbols::default();
        for (address, size, name) in functions {
            let Ok(offset) = u32::try_from(symbols.names.len()) else {
                break;
            };
            symbols.functions.push(Function {
                address,
                size: u32::try_from(size).unwrap_or(u32::MAX),
                name: offset,
            });
            symbols.names.push_str(name);
            symbols.names.push('\0');
        }
        symbols.functions.sort_by_key(|function| function.address);
        symbols
    }

    /// How many functions there are.
    pub fn len(&self) -> usize {
        self.functions.len()
    }

    /// Whether there is no function.
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }

    /// The function that `address` is in, and how far into it.
    pub fn lookup(&self, address: u64) -> Option<(&str, u64)> {
        let after = self
            .functions
            .partition_point(|function| function.address <= address);
        let function = self.functions.get(after.checked_sub(1)?)?;
        let offset = address - function.address;
        if offset >= u64::from(function.size.max(1)) {
            return None;
        }
        let name = self.names.get(function.name as usize..)?;
        Some((name.split('\0').next()?, offset))
    }

    /// In a file: the number of functions, then address, size and name offset of each, then the
    /// names, each ended by a zero byte; all little endian.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + RECORD * self.functions.len() + self.names.len());
        bytes.extend((self.functions.len() as u64).to_le_bytes());
        for function in &self.functions {
            bytes.extend(function.address.to_le_bytes());
            bytes.extend(function.size.to_le_bytes());
            bytes.extend(function.name.to_le_bytes());
        }
        bytes.extend(self.names.as_bytes());
        bytes
    }

    /// The inverse of `encode`; `None` when the bytes are malformed.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Symbols> {
        let (count, rest) = bytes.split_first_chunk::<8>()?;
        let table_length = usize::try_from(u64::from_le_bytes(*count))
            .ok()?
            .checked_mul(RECORD)?;
        let (table, names) = rest.split_at_checked(table_length)?;
        let names = std::str::from_utf8(names).ok()?.to_owned();
        let (records, _) = table.as_chunks::<RECORD>();
        let functions: Vec<Function> = records
            .iter()
            .map(|record| {
                let word = u128::from_le_bytes(*record);
                Function {
                    address: word as u64,
                    size: (word >> 64) as u32,
                    name: (word >> 96) as u32,
                }
            })
            .collect();
        functions
            .is_sorted_by_key(|function| function.address)
            .then_some(Symbols { functions, names })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols() -> Symbols {
        Symbols::new([(200, 10, "second"), (100, 50, "first"), (300, 0, "marker")])
    }

    #[test]
    fn lookup_finds_the_function_around_an_address() {
        let symbols = symbols();
        assert_eq!(symbols.lookup(99), None);
        assert_eq!(symbols.lookup(100), Some(("first", 0)));
        assert_eq!(symbols.lookup(149), Some(("first", 49)));
        assert_eq!(symbols.lookup(150), None);
        assert_eq!(symbols.lookup(205), Some(("second", 5)));
        assert_eq!(symbols.lookup(300), Some(("marker", 0)));
        assert_eq!(symbols.lookup(u64::MAX), None);
    }

    #[test]
    fn encoding_round_trips_and_refuses_nonsense() {
        let symbols = symbols();
        let bytes = symbols.encode();
        assert_eq!(Symbols::decode(&bytes), Some(symbols));
        assert_eq!(Symbols::decode(&bytes[..20]), None);
        assert_eq!(Symbols::decode(&[0xff; 8]), None);
        assert_eq!(Symbols::decode(&[]), None);
    }
}
