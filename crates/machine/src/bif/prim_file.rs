//! The NIFs of `prim_file`, over the files of the image, which can only be read.
//!
//! Paths arrive as binaries that end in a zero byte, as `internal_name2native/1` makes them. Whatever would change a
//! file is refused with `erofs`. Files have no times (all are 0), no owner (0), and may be read by all.

use alloc::string::String;
use alloc::vec::Vec;

use brood_term::{Heap, Term, boxed, integer, known};
use hashbrown::HashMap;

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg};
use crate::files::{Files, normalize};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("prim_file", "open_nif", 2, open_2),
    entry("prim_file", "close_nif", 1, close_1),
    entry("prim_file", "delayed_close_nif", 1, close_1),
    entry("prim_file", "read_nif", 2, read_2),
    entry("prim_file", "pread_nif", 3, pread_3),
    entry("prim_file", "seek_nif", 3, seek_3),
    entry("prim_file", "ipread_s32bu_p32bu_nif", 3, indirect_read_3),
    entry("prim_file", "read_handle_info_nif", 1, read_handle_info_1),
    entry("prim_file", "write_nif", 2, not_writable),
    entry("prim_file", "pwrite_nif", 3, not_writable),
    entry("prim_file", "allocate_nif", 3, not_writable),
    entry("prim_file", "truncate_nif", 1, not_writable),
    entry("prim_file", "sync_nif", 2, handle_ok),
    entry("prim_file", "advise_nif", 4, handle_ok),
    entry("prim_file", "get_handle_nif", 1, not_supported),
    entry("prim_file", "file_desc_to_ref_nif", 1, not_supported),
    entry("prim_file", "read_file_nif", 1, read_file_1),
    entry("prim_file", "read_info_nif", 2, read_info_2),
    entry("prim_file", "list_dir_nif", 1, list_dir_1),
    entry("prim_file", "read_link_nif", 1, read_link_1),
    entry("prim_file", "get_cwd_nif", 0, get_cwd_0),
    entry("prim_file", "set_cwd_nif", 1, set_cwd_1),
    entry("prim_file", "get_device_cwd_nif", 1, not_supported),
    entry("prim_file", "altname_nif", 1, not_supported),
    entry("prim_file", "set_permissions_nif", 2, read_only),
    entry("prim_file", "set_owner_nif", 3, read_only),
    entry("prim_file", "set_time_nif", 4, read_only),
    entry("prim_file", "make_hard_link_nif", 2, read_only),
    entry("prim_file", "make_soft_link_nif", 2, read_only),
    entry("prim_file", "rename_nif", 2, read_only),
    entry("prim_file", "make_dir_nif", 1, read_only),
    entry("prim_file", "del_file_nif", 1, read_only),
    entry("prim_file", "del_dir_nif", 1, read_only),
    entry("prim_file", "internal_name2native", 1, name2native_1),
    entry("prim_file", "internal_native2name", 1, native2name_1),
    entry("prim_file", "is_translatable", 1, is_translatable_1),
    entry("file", "native_name_encoding", 0, native_name_encoding_0),
];

/// A file that is open.
#[derive(Debug)]
struct OpenFile {
    /// The process that opened it; when it ends the file is closed.
    owner: Term,
    path: Vec<u8>,
    position: u64,
}

/// The files that are open, by the number of their reference, and the working directory.
#[derive(Debug, Default)]
pub struct OpenFiles {
    files: HashMap<u64, OpenFile>,
    /// Normalized; empty for the root.
    working_directory: Vec<u8>,
}

impl OpenFiles {
    /// Closes what the process had open.
    pub fn owner_ended(&mut self, pid: Term) {
        self.files.retain(|_, file| file.owner != pid);
    }

    /// The absolute form of a path.
    fn resolve(&self, path: &[u8]) -> Vec<u8> {
        if path.first() == Some(&b'/') {
            return normalize(path);
        }
        let mut absolute = self.working_directory.clone();
        absolute.push(b'/');
        absolute.extend_from_slice(path);
        normalize(&absolute)
    }
}

/// What is at a path.
#[derive(Clone, Copy, Debug)]
enum Node<'a> {
    File(&'a [u8]),
    Directory,
}

/// What is at a normalized path, or the name of the POSIX error.
fn find<'a>(files: &'a Files, path: &[u8]) -> Result<Node<'a>, &'static str> {
    if let Some(bytes) = files.get(path) {
        return Ok(Node::File(bytes));
    }
    if files.is_directory(path) {
        return Ok(Node::Directory);
    }
    let mut parents = (1..path.len()).filter(|&end| path[end] == b'/');
    let through_file = parents.any(|end| files.get(&path[..end]).is_some());
    Err(if through_file { "enotdir" } else { "enoent" })
}

/// `{error, Reason}`.
fn posix_error(context: &mut Context<'_>, reason: &'static str) -> BifResult {
    let reason = context.machine.atom(reason);
    Ok(context.heap().tuple(&[known::ERROR, reason]))
}

/// `{ok, Value}`.
fn ok(context: &mut Context<'_>, value: Term) -> BifResult {
    Ok(context.heap().tuple(&[known::OK, value]))
}

/// The absolute path in a binary that ends in its only zero byte, or `None` for an empty one, which names nothing.
fn path_of(context: &Context<'_>, term: Term) -> Result<Option<Vec<u8>>, Control> {
    let bytes = term.as_binary().ok_or_else(badarg)?;
    match bytes.split_last() {
        Some((0, path)) if !path.contains(&0) => {
            Ok((!path.is_empty()).then(|| context.machine.open_files.resolve(path)))
        }
        _ => Err(badarg()),
    }
}

/// Answers `{error, Reason}` for what `find` does not find, else what `use_node` gives.
fn with_node(
    context: &mut Context<'_>,
    path: Term,
    use_node: impl FnOnce(&mut dyn Heap, Node<'_>, &[u8]) -> Result<Term, &'static str>,
) -> BifResult {
    let Some(path) = path_of(context, path)? else {
        return posix_error(context, "enoent");
    };
    let Context { machine, process } = context;
    let result =
        find(&machine.files, &path).and_then(|node| use_node(&mut process.heap, node, &path));
    result.or_else(|reason| posix_error(context, reason))
}

fn open_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let wanted = |context: &Context<'_>, mode: &str| {
        arguments[1]
            .list()
            .any(|term| context.machine.atoms.name(term) == Some(mode))
    };
    let Some(path) = path_of(context, arguments[0])? else {
        return posix_error(context, "enoent");
    };
    let node = find(&context.machine.files, &path);
    let directory = wanted(context, "directory");
    let refusal = match node {
        Ok(_) if wanted(context, "exclusive") => Some("eexist"),
        Ok(Node::Directory) if !directory => Some("eisdir"),
        Ok(Node::File(_)) if directory => Some("enotdir"),
        Err("enotdir") => Some("enotdir"),
        _ if wanted(context, "write")
            || wanted(context, "append")
            || wanted(context, "exclusive") =>
        {
            Some("erofs")
        }
        Ok(_) => None,
        Err(reason) => Some(reason),
    };
    if let Some(reason) = refusal {
        return posix_error(context, reason);
    }
    let number = context.machine.new_reference();
    let file = OpenFile {
        owner: context.process.pid,
        path,
        position: 0,
    };
    context.machine.open_files.files.insert(number, file);
    let reference = boxed::make_reference(context.heap(), number, 0);
    ok(context, reference)
}

/// The open file that a reference names; `Ok(None)` when it is closed.
fn handle<'a>(
    context: &'a mut Context<'_>,
    term: Term,
) -> Result<Option<&'a mut OpenFile>, Control> {
    let (number, _) = term.as_reference().ok_or_else(badarg)?;
    Ok(context.machine.open_files.files.get_mut(&number))
}

fn close_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (number, _) = arguments[0].as_reference().ok_or_else(badarg)?;
    match context.machine.open_files.files.remove(&number) {
        Some(_) => Ok(known::OK),
        None => posix_error(context, "einval"),
    }
}

/// `{ok, Bytes}` or `eof`: up to `count` bytes from `position` of the file.
fn read_at(context: &mut Context<'_>, handle_term: Term, position: u64, count: u64) -> BifResult {
    let Some(path) = handle(context, handle_term)?.map(|file| file.path.clone()) else {
        return posix_error(context, "einval");
    };
    let Context { machine, process } = context;
    let Some(bytes) = machine.files.get(&path) else {
        return posix_error(context, "eisdir");
    };
    let rest = usize::try_from(position)
        .ok()
        .and_then(|start| bytes.get(start..))
        .unwrap_or(&[]);
    if rest.is_empty() {
        return Ok(known::EOF);
    }
    let part = &rest[..rest.len().min(usize::try_from(count).unwrap_or(usize::MAX))];
    let binary = process.heap.binary(part);
    ok(context, binary)
}

fn read_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let count = integer::to_u64(arguments[1]).ok_or_else(badarg)?;
    let Some(position) = handle(context, arguments[0])?.map(|file| file.position) else {
        return posix_error(context, "einval");
    };
    if count == 0 {
        let empty = context.heap().binary(&[]);
        return ok(context, empty);
    }
    let result = read_at(context, arguments[0], position, count)?;
    if let Some(&[known::OK, binary]) = result.as_tuple_of::<2>()
        && let Some(file) = handle(context, arguments[0])?
    {
        file.position += binary.bit_size().unwrap_or(0) as u64 / 8;
    }
    Ok(result)
}

fn pread_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let offset = integer::to_i64(arguments[1]).ok_or_else(badarg)?;
    let count = integer::to_u64(arguments[2]).ok_or_else(badarg)?;
    match u64::try_from(offset) {
        Ok(_) if count == 0 => Ok(known::EOF),
        Ok(offset) => read_at(context, arguments[0], offset, count),
        Err(_) => posix_error(context, "einval"),
    }
}

fn seek_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [reference, mark, offset] = *arguments else {
        return Err(badarg());
    };
    let offset = integer::to_i64(offset).ok_or_else(badarg)?;
    let mark = context.machine.atoms.name(mark).ok_or_else(badarg)?;
    let Some((position, path)) =
        handle(context, reference)?.map(|file| (file.position, file.path.clone()))
    else {
        return posix_error(context, "einval");
    };
    let base = match mark {
        "bof" => 0,
        "cur" => position,
        "eof" => context
            .machine
            .files
            .get(&path)
            .map_or(0, |bytes| bytes.len() as u64),
        _ => return Err(badarg()),
    };
    let Some(position) = base.checked_add_signed(offset) else {
        return posix_error(context, "einval");
    };
    if let Some(file) = handle(context, reference)? {
        file.position = position;
    }
    let position = context.heap().unsigned(position);
    ok(context, position)
}

/// At the offset stand a size and a position, 32 bits each, most significant byte first: reads what they point to.
/// `{ok, {Size, Position, Bytes | eof}}`, or `eof` for a header that is not there or too large a size.
fn indirect_read_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [reference, offset, limit] = *arguments else {
        return Err(badarg());
    };
    let offset = integer::to_u64(offset).ok_or_else(badarg)?;
    let limit = integer::to_u64(limit).ok_or_else(badarg)?;
    let header = read_at(context, reference, offset, 8)?;
    let Some(&[known::OK, header]) = header.as_tuple_of::<2>() else {
        return Ok(header);
    };
    let bytes = header.as_binary().ok_or_else(badarg)?;
    let [size, position] = [bytes.get(..4), bytes.get(4..8)].map(|part| {
        let part: Option<[u8; 4]> = part.and_then(|part| part.try_into().ok());
        part.map(u32::from_be_bytes)
    });
    let (Some(size), Some(position)) = (size, position) else {
        return Ok(known::EOF);
    };
    if u64::from(size) > limit {
        return Ok(known::EOF);
    }
    let data = if size == 0 {
        known::EOF
    } else {
        match read_at(context, reference, u64::from(position), u64::from(size))? {
            result if result == known::EOF => known::EOF,
            result => match result.as_tuple_of::<2>() {
                Some(&[known::OK, binary]) => binary,
                _ => return Ok(result),
            },
        }
    };
    let numbers = [
        Term::small(i64::from(size)),
        Term::small(i64::from(position)),
        data,
    ];
    let triple = context.heap().tuple(&numbers);
    ok(context, triple)
}

fn read_handle_info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(path) = handle(context, arguments[0])?.map(|file| file.path.clone()) else {
        return posix_error(context, "einval");
    };
    info(context, &path)
}

/// For what needs a file that is open for writing.
fn not_writable(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let reason = if handle(context, arguments[0])?.is_some() {
        "ebadf"
    } else {
        "einval"
    };
    posix_error(context, reason)
}

/// For what has nothing to do: nothing is written, and advice is not needed.
fn handle_ok(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match handle(context, arguments[0])? {
        Some(_) => Ok(known::OK),
        None => posix_error(context, "einval"),
    }
}

fn not_supported(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    posix_error(context, "enotsup")
}

fn read_only(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    path_of(context, arguments[0])?;
    posix_error(context, "erofs")
}

fn read_file_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with_node(context, arguments[0], |heap, node, _| match node {
        Node::File(bytes) => {
            let binary = heap.binary(bytes);
            Ok(heap.tuple(&[known::OK, binary]))
        }
        Node::Directory => Err("eisdir"),
    })
}

/// The second argument says whether to follow links: there are none.
fn read_info_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match path_of(context, arguments[0])? {
        Some(path) => info(context, &path),
        None => posix_error(context, "enoent"),
    }
}

/// The record `file_info`, with times in seconds since 1970.
fn info(context: &mut Context<'_>, path: &[u8]) -> BifResult {
    let (size, kind, mode) = match find(&context.machine.files, path) {
        Ok(Node::File(bytes)) => (bytes.len(), "regular", 0o100_444),
        Ok(Node::Directory) => (0, "directory", 0o040_555),
        Err(reason) => return posix_error(context, reason),
    };
    let [tag, kind, access] = ["file_info", kind, "read"].map(|text| context.machine.atom(text));
    let zero = Term::small(0);
    let size = context.heap().unsigned(size as u64);
    let (mode, links) = (Term::small(mode), Term::small(1));
    let fields = [
        tag, size, kind, access, zero, zero, zero, mode, links, zero, zero, zero, zero, zero,
    ];
    Ok(context.heap().tuple(&fields))
}

fn list_dir_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(path) = path_of(context, arguments[0])? else {
        return posix_error(context, "enoent");
    };
    let Context { machine, process } = context;
    match (find(&machine.files, &path), machine.files.list(&path)) {
        (Ok(Node::Directory), Some(names)) => {
            let names: Vec<Term> = names.iter().map(|name| process.heap.binary(name)).collect();
            let names = process.heap.list(&names);
            ok(context, names)
        }
        (Err(reason), _) => posix_error(context, reason),
        _ => posix_error(context, "enotdir"),
    }
}

/// Nothing is a link.
fn read_link_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with_node(context, arguments[0], |_, _, _| Err("einval"))
}

fn get_cwd_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let Context { machine, process } = context;
    let directory = machine.open_files.resolve(b".");
    let directory = process.heap.binary(&directory);
    ok(context, directory)
}

fn set_cwd_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(path) = path_of(context, arguments[0])? else {
        return posix_error(context, "enoent");
    };
    match find(&context.machine.files, &path) {
        Ok(Node::Directory) => {
            context.machine.open_files.working_directory = path;
            Ok(known::OK)
        }
        Ok(Node::File(_)) => posix_error(context, "enotdir"),
        Err(reason) => posix_error(context, reason),
    }
}

/// A name, a binary or a list of characters (deep), as a binary that ends in a zero byte.
fn name2native_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut bytes: Vec<u8> = match arguments[0].as_binary() {
        Some(bytes) => bytes.into_owned(),
        None => {
            let mut text = String::new();
            let mut pending = Vec::from([arguments[0]]);
            while let Some(term) = pending.pop() {
                if let Some((head, tail)) = term.as_cons() {
                    pending.extend([tail, head]);
                } else if !term.is_nil() {
                    let point = term.as_small().and_then(|value| u32::try_from(value).ok());
                    text.push(point.and_then(char::from_u32).ok_or_else(badarg)?);
                }
            }
            text.into_bytes()
        }
    };
    if bytes.contains(&0) {
        return Err(badarg());
    }
    bytes.push(0);
    Ok(context.heap().binary(&bytes))
}

/// The characters of a native name; `{error, warning}` for one that is not UTF-8.
fn native2name_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bytes = arguments[0].as_binary().ok_or_else(badarg)?;
    match core::str::from_utf8(&bytes) {
        Ok(text) => Ok(context.heap().string(text)),
        Err(_) => {
            let warning = context.machine.atom("warning");
            Ok(context.heap().tuple(&[known::ERROR, warning]))
        }
    }
}

fn is_translatable_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bytes = arguments[0].as_binary().ok_or_else(badarg)?;
    Ok(Term::boolean(core::str::from_utf8(&bytes).is_ok()))
}

fn native_name_encoding_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::UTF8)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use brood_term::display::Display;

    use super::super::Bif;
    use super::super::tests::in_machine;
    use super::*;

    fn path(context: &mut Context<'_>, text: &str) -> Term {
        context.heap().binary(format!("{text}\0").as_bytes())
    }

    fn shown(context: &Context<'_>, result: BifResult) -> String {
        match result {
            Ok(term) => format!(
                "{}",
                Display {
                    term,
                    atoms: &context.machine.atoms
                }
            ),
            Err(_) => "raised".into(),
        }
    }

    fn with_files(test: impl FnOnce(&mut Context<'_>)) {
        in_machine(|context| {
            context.machine.files.insert(b"/lib/a.beam", *b"0123456789");
            context.machine.files.insert(b"/lib/deep/b", *b"");
            test(context);
        });
    }

    #[test]
    fn paths_answer_as_a_read_only_file_system_would() {
        with_files(|context| {
            let cases: [(Bif, &str, &str); 10] = [
                (read_file_1, "/lib/a.beam", "{ok,<<\"0123456789\">>}"),
                (read_file_1, "/lib", "{error,eisdir}"),
                (read_file_1, "/lib/a.beam/x", "{error,enotdir}"),
                (read_file_1, "/lib/none", "{error,enoent}"),
                (read_file_1, "", "{error,enoent}"),
                (list_dir_1, "/lib", "{ok,[<<\"a.beam\">>,<<\"deep\">>]}"),
                (list_dir_1, "/lib/a.beam", "{error,enotdir}"),
                (read_link_1, "/lib", "{error,einval}"),
                (set_cwd_1, "/lib/deep", "ok"),
                (read_file_1, "../a.beam", "{ok,<<\"0123456789\">>}"),
            ];
            for (bif, text, expected) in cases {
                let path = path(context, text);
                let result = bif(context, &[path]);
                assert_eq!(shown(context, result), expected, "{text}");
            }
            let unterminated = context.heap().binary(b"/lib");
            let result = read_file_1(context, &[unterminated]);
            assert_eq!(shown(context, result), "raised");
            let file = path(context, "/lib/a.beam");
            let result = read_info_2(context, &[file, Term::small(1)]);
            let expected = "{file_info,10,regular,read,0,0,0,33060,1,0,0,0,0,0}";
            assert_eq!(shown(context, result), expected);
        });
    }

    #[test]
    fn handles_read_seek_and_close() {
        with_files(|context| {
            let file = path(context, "/lib/a.beam");
            let write = context.machine.atom("write");
            let modes = context.heap().list(&[write]);
            let result = open_2(context, &[file, modes]);
            assert_eq!(shown(context, result), "{error,erofs}");
            let opened = open_2(context, &[file, Term::NIL]).expect("opened");
            let Some(&[known::OK, handle]) = opened.as_tuple_of::<2>() else {
                panic!("{opened:?}")
            };
            let [bof, eof, cur] = ["bof", "eof", "cur"].map(|mark| context.machine.atom(mark));
            let small = Term::small;
            let steps: [(Bif, &[Term], &str); 9] = [
                (read_2, &[handle, small(4)], "{ok,<<\"0123\">>}"),
                (seek_3, &[handle, cur, small(-1)], "{ok,3}"),
                (read_2, &[handle, small(99)], "{ok,<<\"3456789\">>}"),
                (read_2, &[handle, small(1)], "eof"),
                (pread_3, &[handle, small(8), small(9)], "{ok,<<\"89\">>}"),
                (seek_3, &[handle, eof, small(-20)], "{error,einval}"),
                (seek_3, &[handle, bof, small(0)], "{ok,0}"),
                (not_writable, &[handle, Term::NIL], "{error,ebadf}"),
                (close_1, &[handle], "ok"),
            ];
            for (bif, arguments, expected) in steps {
                let result = bif(context, arguments);
                assert_eq!(shown(context, result), expected);
            }
            let result = read_2(context, &[handle, small(1)]);
            assert_eq!(shown(context, result), "{error,einval}");
        });
    }

    #[test]
    fn files_are_closed_when_their_owner_ends() {
        with_files(|context| {
            let file = path(context, "/lib/a.beam");
            open_2(context, &[file, Term::NIL]).expect("opened");
            let pid = context.process.pid;
            context.machine.open_files.owner_ended(pid);
            assert!(context.machine.open_files.files.is_empty());
        });
    }
}
