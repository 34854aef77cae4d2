//! The line on the screen that the cursor is in: its characters, and what a terminal is to be sent so that it shows
//! them. A line that is longer than the window is wide goes on in the next row.

use alloc::vec::Vec;
use core::ops::Range;

use super::capability;

/// A tabulator goes to the next multiple of this.
const TAB: usize = 8;

const ESCAPE: u8 = 0x1b;

/// One place in the line. Characters that are not printed take several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    /// Shown as it is.
    Character(u32),
    /// A control character, shown with `^`; a tabulator; or an escape, which is sent as it is.
    Control(u8),
    /// Shown as its number.
    Escaped(u32),
    /// Belongs to the control character, or the tabulator, before.
    ControlRest,
    /// Belongs to the number before.
    EscapedRest,
}

impl Cell {
    fn is_rest(self) -> bool {
        matches!(self, Cell::ControlRest | Cell::EscapedRest)
    }

    /// How many columns it counts for. As in OTP, what is not printed counts for none.
    fn width(self) -> usize {
        match self {
            Cell::Character(character) => capability::width(character).unwrap_or(0),
            _ => 0,
        }
    }
}

/// What was put out last: that is what is repeated at the beginning of a row.
enum Last {
    Byte(u8),
    Character(u32),
}

/// The line.
#[derive(Debug)]
pub struct Line {
    cells: Vec<Cell>,
    /// The cell that the cursor is on.
    position: usize,
    /// Columns of the window.
    columns: usize,
    /// Whether the terminal shows UTF-8.
    pub utf8: bool,
}

impl Line {
    /// An empty line in a window of so many columns.
    pub fn new(columns: u16, utf8: bool) -> Line {
        Line {
            cells: Vec::new(),
            position: 0,
            columns: usize::from(columns).max(1),
            utf8,
        }
    }

    /// The window has as many columns from now on.
    pub fn resize(&mut self, columns: u16) {
        self.columns = usize::from(columns).max(1);
    }

    /// The cell that the cursor is on.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Puts characters over those that are there.
    pub fn put(&mut self, characters: &[u8], out: &mut Vec<u8>) {
        let written = self.set(characters, out);
        if written > 0 {
            self.write(self.position - written..self.position, false, out);
        }
    }

    /// Inserts characters where the cursor is.
    pub fn insert(&mut self, characters: &[u8], out: &mut Vec<u8>) {
        let tail = self.cells.split_off(self.position);
        let written = self.set(characters, out);
        self.cells.truncate(self.position);
        self.cells.extend(tail);
        let length = self.cells.len();
        self.write(self.position - written..length, false, out);
        self.move_cursor(length, self.position, out);
    }

    /// Moves the cursor by so many characters.
    pub fn move_by(&mut self, distance: i16, out: &mut Vec<u8>) {
        let to = self.step(distance);
        self.move_cursor(self.position, to, out);
        self.position = to;
    }

    /// Deletes so many characters behind the cursor, or before it.
    pub fn delete(&mut self, distance: i16, out: &mut Vec<u8>) {
        let to = self.step(distance);
        let deleted = self.position.min(to)..self.position.max(to);
        if deleted.is_empty() {
            return;
        }
        let columns = self.column(deleted.end) - self.column(deleted.start);
        self.move_cursor(self.position, deleted.start, out);
        self.position = deleted.start;
        self.cells.drain(deleted);
        // What was behind moves up; what it leaves is blank.
        let length = self.cells.len();
        self.write(self.position..length, false, out);
        out.resize(out.len() + columns, b' ');
        if (self.column(length) + columns).is_multiple_of(self.columns) {
            out.push(b' ');
            out.extend_from_slice(capability::LEFT);
        }
        self.move_cursor(length + columns, self.position, out);
    }

    /// The cell that is so many characters away.
    fn step(&self, distance: i16) -> usize {
        let mut to = self.position;
        let is_rest = |cell: usize| self.cells.get(cell).is_some_and(|cell| cell.is_rest());
        for _ in 0..distance {
            if to < self.cells.len() {
                to += 1;
            }
            while is_rest(to) {
                to += 1;
            }
        }
        for _ in distance..0 {
            to = to.saturating_sub(1);
            while to > 0 && is_rest(to) {
                to -= 1;
            }
        }
        to
    }

    /// Sets the cell that the cursor is on, and goes on.
    fn set_cell(&mut self, cell: Cell) {
        match self.cells.get_mut(self.position) {
            Some(place) => *place = cell,
            None => self.cells.push(cell),
        }
        self.position += 1;
    }

    /// Sets cells to characters. What ends a line is put out at once, with the line; gives how many cells were set
    /// behind the last such end.
    fn set(&mut self, characters: &[u8], out: &mut Vec<u8>) -> usize {
        let mut start = self.position;
        let mut rest = characters;
        while let Some((character, behind)) = next_character(rest) {
            rest = behind;
            match (character, u8::try_from(character)) {
                (_, Ok(b' '..=b'~')) => self.set_cell(Cell::Character(character)),
                (128.., _) if self.utf8 => self.set_cell(Cell::Character(character)),
                (128.., _) => {
                    self.set_cell(Cell::Escaped(character));
                    for _ in 0..digits(character) {
                        self.set_cell(Cell::EscapedRest);
                    }
                }
                (_, Ok(end @ (b'\n' | b'\r'))) => {
                    self.write(start..self.position, true, out);
                    out.push(b'\r');
                    if end == b'\n' {
                        out.push(b'\n');
                    }
                    self.cells.drain(..self.position);
                    self.position = 0;
                    start = 0;
                }
                (_, Ok(b'\t')) => {
                    self.set_cell(Cell::Control(b'\t'));
                    while !self.position.is_multiple_of(TAB) {
                        self.set_cell(Cell::ControlRest);
                    }
                }
                (_, Ok(ESCAPE)) => self.set_cell(Cell::Control(ESCAPE)),
                (_, control) => {
                    self.set_cell(Cell::Control(control.unwrap_or_default()));
                    self.set_cell(Cell::ControlRest);
                }
            }
        }
        self.position - start
    }

    /// Puts out the cells of a range that begins where the cursor is on the screen.
    fn write(&self, range: Range<usize>, ends_line: bool, out: &mut Vec<u8>) {
        let end = range.end;
        let mut last = Last::Byte(b' ');
        let mut place = range.start;
        while let Some(&cell) = self.cells[..end].get(place) {
            place += 1;
            match cell {
                Cell::Character(character) if self.utf8 => {
                    put_utf8(character, out);
                    last = Last::Character(character);
                }
                Cell::Character(character) => {
                    out.push(character as u8);
                    last = Last::Byte(character as u8);
                }
                Cell::Control(b'\t') => {
                    out.push(b' ');
                    while self.cells[..end].get(place) == Some(&Cell::ControlRest) {
                        out.push(b' ');
                        place += 1;
                    }
                    last = Last::Byte(b' ');
                }
                Cell::Control(ESCAPE) => {
                    out.push(ESCAPE);
                    last = Last::Byte(ESCAPE);
                }
                Cell::Control(control) => {
                    let letter = control | 0x40;
                    out.extend_from_slice(&[b'^', letter]);
                    last = Last::Byte(letter);
                }
                Cell::Escaped(character) => {
                    out.push(b'\\');
                    put_number(character, out);
                    last = Last::Byte(out.last().copied().unwrap_or_default());
                }
                // The rest of what is not printed in full is nothing.
                Cell::ControlRest | Cell::EscapedRest => {}
            }
        }
        // A terminal leaves the cursor behind the last column; it is to be at the beginning of the next row.
        let wraps = end != 0 && self.column(end).is_multiple_of(self.columns);
        if wraps && !ends_line {
            match last {
                _ if end >= self.cells.len() => out.push(b' '),
                Last::Character(character) => put_utf8(character, out),
                Last::Byte(byte) => out.push(byte),
            }
            out.extend_from_slice(capability::LEFT);
        }
    }

    /// Moves the cursor on the screen.
    fn move_cursor(&self, from: usize, to: usize, out: &mut Vec<u8>) {
        let [from, to] = [from, to].map(|cell| self.column(cell));
        let mut times = |from: usize, to: usize, back: &[u8], forth: &[u8]| {
            let step = if to < from { back } else { forth };
            for _ in 0..from.abs_diff(to) {
                out.extend_from_slice(step);
            }
        };
        let (row, column) = (self.columns, self.columns);
        times(from / row, to / row, capability::UP, capability::DOWN);
        times(
            from % column,
            to % column,
            capability::LEFT,
            capability::RIGHT,
        );
    }

    /// The column of a cell, in a window of endless width. Escape sequences take none; cells behind the line one.
    fn column(&self, cell: usize) -> usize {
        let length = self.cells.len();
        let mut column = cell.saturating_sub(length);
        let mut place = 0;
        while place < cell.min(length) {
            match self.sequence_length(place) {
                0 => {
                    column += self.cells[place].width();
                    place += 1;
                }
                sequence => place += sequence,
            }
        }
        column
    }

    /// How many cells of an escape sequence begin here: 0 where none does.
    fn sequence_length(&self, place: usize) -> usize {
        let cells = &self.cells[place..];
        match cells {
            [Cell::Control(ESCAPE)] => 1,
            [
                Cell::Control(ESCAPE),
                Cell::Character(0x5b),
                parameters @ ..,
            ] => {
                let is_parameter = |cell: &&Cell| {
                    matches!(cell, Cell::Character(character)
                        if u8::try_from(*character).is_ok_and(|byte| byte == b';' || byte.is_ascii_digit()))
                };
                parameters.iter().take_while(is_parameter).count() + 3
            }
            [Cell::Control(ESCAPE), ..] => 2,
            _ => 0,
        }
    }
}

/// The next character of what should be UTF-8, and what is behind it. A byte that is not is a character itself.
fn next_character(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let first = *bytes.first()?;
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let text = bytes
        .get(..length)
        .and_then(|bytes| core::str::from_utf8(bytes).ok());
    match text.and_then(|text| text.chars().next()) {
        Some(character) => Some((u32::from(character), &bytes[length..])),
        None => Some((u32::from(first), &bytes[1..])),
    }
}

fn put_utf8(character: u32, out: &mut Vec<u8>) {
    if let Some(character) = char::from_u32(character) {
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// How many characters stand for one by its number: three octal digits, or hexadecimal ones in braces.
fn digits(character: u32) -> usize {
    if character <= 0o777 {
        3
    } else {
        (32 - character.leading_zeros() as usize).div_ceil(4) + 3
    }
}

fn put_number(character: u32, out: &mut Vec<u8>) {
    let text = if character <= 0o777 {
        alloc::format!("{character:03o}")
    } else {
        alloc::format!("x{{{character:X}}}")
    };
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(act: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        act(&mut out);
        out
    }

    #[test]
    fn characters_are_inserted_and_deleted_where_the_cursor_is() {
        let mut line = Line::new(80, true);
        assert_eq!(output(|out| line.put(b"1> abd", out)), b"1> abd");
        assert_eq!(output(|out| line.move_by(-1, out)), b"\x08");
        assert_eq!(output(|out| line.insert(b"c", out)), b"cd\x08");
        assert_eq!(output(|out| line.delete(-1, out)), b"\x08d \x08\x08");
        assert_eq!(output(|out| line.delete(1, out)), b" \x08");
        assert_eq!(output(|out| line.delete(5, out)), b"");
        assert_eq!(output(|out| line.put(b"\n", out)), b"\r\n");
        assert_eq!(line.position(), 0);
    }

    #[test]
    fn long_lines_go_on_in_the_next_row() {
        let mut line = Line::new(4, true);
        assert_eq!(output(|out| line.put(b"abcd", out)), b"abcd \x08");
        assert_eq!(output(|out| line.put(b"e", out)), b"e");
        assert_eq!(output(|out| line.move_by(-2, out)), b"\x1b[A\x1b[C\x1b[C");
        assert_eq!(output(|out| line.move_by(2, out)), b"\n\x08\x08");
        line.resize(10);
        assert_eq!(output(|out| line.move_by(-9, out)), b"\x08\x08\x08\x08\x08");
    }

    #[test]
    fn wide_and_combining_characters_take_their_columns() {
        let mut line = Line::new(80, true);
        line.put("中e\u{301}x".as_bytes(), &mut Vec::new());
        assert_eq!(output(|out| line.move_by(-1, out)), b"\x08");
        assert_eq!(output(|out| line.move_by(-1, out)), b"");
        assert_eq!(output(|out| line.move_by(-2, out)), b"\x08\x08\x08");
    }

    #[test]
    fn what_is_not_printed_is_shown() {
        let mut line = Line::new(80, false);
        let put = |line: &mut Line, text: &str| output(|out| line.put(text.as_bytes(), out));
        let shown = b"a^G     \\351\\x{4E2D}";
        assert_eq!(put(&mut line, "a\x07\té中"), shown);
        line.move_by(-1, &mut Vec::new());
        line.delete(1, &mut Vec::new());
        assert_eq!(put(&mut line, "\x1b[31mx"), b"\x1b[31mx");
        assert_eq!(output(|out| line.move_by(-1, out)), b"\x08");
        assert_eq!(output(|out| line.put(&[0xff, b'a'], out)), b"\\377a");
    }
}
