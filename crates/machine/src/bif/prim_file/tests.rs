use alloc::format;
use alloc::string::String;

use brood_term::SharedBinary;
use brood_term::display::Display;

use super::super::Bif;
use super::super::tests::in_machine;
use super::handles::*;
use super::paths::*;
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
        let content = SharedBinary::copy_from(b"0123456789");
        let files = &mut context.machine.files;
        files.install(b"/lib/a.beam", &content).expect("installed");
        let mut files = context.machine.present_files();
        files.make_directory(b"/lib/deep").expect("made");
        test(context);
    });
}

#[test]
fn paths_answer_as_those_of_posix_do() {
    with_files(|context| {
        let cases: [(Bif, &str, &str); 14] = [
            (read_file_1, "/lib/a.beam", "{ok,<<\"0123456789\">>}"),
            (read_file_1, "/lib", "{error,eisdir}"),
            (read_file_1, "/lib/a.beam/x", "{error,enotdir}"),
            (read_file_1, "/lib/none", "{error,enoent}"),
            (read_file_1, "", "{error,enoent}"),
            (read_file_1, "/lib/a.beam\0", "{ok,<<\"0123456789\">>}"),
            (read_file_1, "/lib\0/a.beam", "{error,einval}"),
            (list_dir_1, "/lib", "{ok,[<<\"deep\">>,<<\"a.beam\">>]}"),
            (list_dir_1, "/lib/a.beam", "{error,enotdir}"),
            (read_link_1, "/lib", "{error,einval}"),
            (set_cwd_1, "/lib/deep", "ok"),
            (read_file_1, "../a.beam", "{ok,<<\"0123456789\">>}"),
            (make_dir_1, "further", "ok"),
            (del_dir_1, "/lib/deep", "{error,einval}"),
        ];
        for (bif, text, expected) in cases {
            let path = path(context, text);
            let result = bif(context, &[path]);
            assert_eq!(shown(context, result), expected, "{text}");
        }
        let unterminated = context.heap().binary(b"/lib");
        let result = read_file_1(context, &[unterminated]);
        assert_eq!(shown(context, result), "{error,einval}");
        let file = path(context, "/lib/a.beam");
        let number = context
            .machine
            .present_files()
            .information(b"/lib/a.beam", crate::files::Follow::No);
        let number = number.expect("there").number;
        let result = read_info_2(context, &[file, Term::small(1)]);
        let expected =
            format!("{{file_info,10,regular,read_write,0,0,0,33188,1,1,0,{number},0,0}}");
        assert_eq!(shown(context, result), expected);
    });
}

#[test]
fn handles_read_write_seek_and_close() {
    with_files(|context| {
        let file = path(context, "/lib/a.beam");
        let [read, write] = ["read", "write"].map(|mode| context.machine.atom(mode));
        let modes = context.heap().list(&[read, write]);
        let opened = open_2(context, &[file, modes]).expect("opened");
        let Some(&[known::OK, handle]) = opened.as_tuple_of::<2>() else {
            panic!("{opened:?}")
        };
        let [bof, eof, cur] = ["bof", "eof", "cur"].map(|mark| context.machine.atom(mark));
        let small = Term::small;
        let abc = context.heap().binary(b"abc");
        let data = context.heap().list(&[abc, abc]);
        let improper = context.heap().cons(abc, abc);
        let steps: [(Bif, &[Term], &str); 15] = [
            (read_2, &[handle, small(4)], "{ok,<<\"0123\">>}"),
            (seek_3, &[handle, cur, small(-1)], "{ok,3}"),
            (read_2, &[handle, small(99)], "{ok,<<\"3456789\">>}"),
            (read_2, &[handle, small(1)], "eof"),
            (pread_3, &[handle, small(8), small(9)], "{ok,<<\"89\">>}"),
            (pread_3, &[handle, small(-1), small(9)], "{error,einval}"),
            (seek_3, &[handle, eof, small(-20)], "{error,einval}"),
            (seek_3, &[handle, bof, small(1)], "{ok,1}"),
            (write_2, &[handle, improper], "raised"),
            (write_2, &[handle, data], "ok"),
            (pwrite_3, &[handle, small(9), data], "ok"),
            (truncate_1, &[handle], "ok"),
            (
                pread_3,
                &[handle, small(0), small(99)],
                "{ok,<<\"0abcabc\">>}",
            ),
            (sync_2, &[handle, small(1)], "ok"),
            (close_1, &[handle], "ok"),
        ];
        for (number, (bif, arguments, expected)) in steps.into_iter().enumerate() {
            let result = bif(context, arguments);
            assert_eq!(shown(context, result), expected, "step {number}");
        }
        let result = read_2(context, &[handle, small(1)]);
        assert_eq!(shown(context, result), "{error,einval}");
        let other = brood_term::boxed::make_reference(context.heap(), 1, 0);
        let result = read_2(context, &[other, small(1)]);
        assert_eq!(shown(context, result), "{error,einval}");
    });
}

#[test]
fn files_are_closed_when_their_owner_ends() {
    with_files(|context| {
        let file = path(context, "/lib/a.beam");
        let opened = open_2(context, &[file, Term::NIL]).expect("opened");
        let Some(&[known::OK, handle]) = opened.as_tuple_of::<2>() else {
            panic!("{opened:?}")
        };
        let pid = context.process.pid;
        context.machine.close_files_of(pid);
        let result = close_1(context, &[handle]);
        assert_eq!(shown(context, result), "{error,einval}");
    });
}
