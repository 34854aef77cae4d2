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
