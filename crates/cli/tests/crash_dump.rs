//! Crash dumps: OTP's own viewer reads them, and they come when and where OTP's emulator writes them.

mod support;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use support::{Images, Said, backends, brood, built, fixture};
use tempfile::TempDir;

const NAME: &str = "erl_crash.dump";

fn image() -> &'static Images {
    static IMAGE: OnceLock<Images> = OnceLock::new();
    IMAGE.get_or_init(|| built([("planted", fixture("crash_dump/planted"))]))
}

fn quietly<A: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Where the modules of OTP's application `observer` are: of the installed OTP, or else of its package.
fn observer() -> Option<&'static Path> {
    static EBIN: OnceLock<Option<PathBuf>> = OnceLock::new();
    EBIN.get_or_init(|| {
        let eval = "case code:which(crashdump_viewer) of \
                        non_existing -> ok; \
                        File -> io:put_chars(filename:dirname(File)) \
                    end, halt().";
        let said = Said::of(&mut quietly("erl", ["-noshell", "-eval", eval]));
        if !said.output.is_empty() {
            return Some(PathBuf::from(said.output));
        }
        let unpacked = Path::new(env!("CARGO_TARGET_TMPDIR")).join("observer");
        std::fs::create_dir_all(&unpacked).unwrap();
        find(&unpacked).or_else(|| {
            let script = "apt-get download -q erlang-observer && dpkg -x erlang-observer_*.deb .";
            Said::of(quietly("sh", ["-c", script]).current_dir(&unpacked));
            find(&unpacked)
        })
    })
    .as_deref()
}

fn find(unpacked: &Path) -> Option<PathBuf> {
    let libraries = unpacked.join("usr/lib/erlang/lib").read_dir().ok()?;
    let mut found = libraries.map(|entry| entry.unwrap().path().join("ebin"));
    found.find(|ebin| ebin.join("crashdump_viewer.beam").is_file())
}

/// Looks at a dump of the module `planted`, as a person with OTP's viewer does.
#[track_caller]
fn look_at(dump: &Path, slogan: &str) {
    let Some(observer) = observer() else {
        eprintln!("SKIPPED: there is no erlang-observer here, and apt-get can't download it");
        return;
    };
    let compiled = TempDir::new().unwrap();
    let sources = [
        "crash_dump/planted/planted.erl",
        "crash_dump/viewer/look.erl",
    ]
    .map(fixture);
    let output = [OsStr::new("-o"), compiled.path().as_os_str()];
    let arguments = output
        .into_iter()
        .chain(sources.iter().map(|path| path.as_os_str()));
    let said = Said::of(&mut quietly("erlc", arguments));
    assert_eq!(said.status, Some(0), "{said:?}");
    let said = Said::of(
        quietly("erl", ["-noshell", "-pa"])
            .arg(observer)
            .arg(compiled.path())
            .args([
                "-eval",
                "[D, S] = init:get_plain_arguments(), look:main([D, S]).",
            ])
            .arg("-extra")
            .arg(dump)
            .arg(slogan),
    );
    assert_eq!(
        (said.output.as_str(), said.status),
        ("seen\n", Some(0)),
        "{said:?}"
    );
}

#[test]
fn the_viewer_finds_what_was_planted() {
    for backend in backends() {
        let directory = TempDir::new().unwrap();
        let dump = directory.path().join("a dump");
        let mut command = brood(["run", "--backend", backend, "--crash-dump"]);
        command
            .arg(&dump)
            .arg(image().path("planted"))
            .args(["--", "slogan"]);
        let said = Said::of(&mut command);
        assert_eq!(said.status, Some(1), "{said:?}");
        assert_eq!(
            said.errors,
            "a planted\nslogan\n\nCrash dump is being written to: /var/crash/erl_crash.dump...done\n"
        );
        look_at(&dump, "a planted\nslogan");
        // Nothing else is left beside it.
        assert_eq!(directory.path().read_dir().unwrap().count(), 1);
    }
}

#[test]
fn when_memory_has_run_out_there_is_a_dump() {
    let directory = TempDir::new().unwrap();
    for (what, slogan) in [
        ("heap", "eheap_alloc: Cannot allocate"),
        ("binaries", "Memory ran out in"),
    ] {
        let mut command = brood(["run", "--memory", "64", "-v"]);
        let mut volume = directory.path().as_os_str().to_owned();
        volume.push(":/var/crash");
        command
            .arg(volume)
            .arg(image().path("planted"))
            .args(["--", what]);
        let said = Said::of(&mut command);
        assert_eq!(said.status, Some(137), "{said:?}");
        assert!(said.errors.contains("erl_crash.dump...done\n"), "{said:?}");
        look_at(&directory.path().join(NAME), slogan);
    }
}

/// A run of `erl`: what it said, and its dump.
#[derive(PartialEq, Debug)]
struct Ended {
    status: Option<i32>,
    errors: String,
    slogan: Option<String>,
    is_complete: bool,
    is_cut: bool,
}

/// Has `program` (`erl`, or what stands in for it) evaluate an expression.
fn ended(mut program: Command, variables: &[(&str, &str)], flags: &[&str], eval: &str) -> Ended {
    let directory = TempDir::new().unwrap();
    program
        .args(flags)
        .args(["-noshell", "-eval", eval])
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .current_dir(directory.path());
    let said = Said::of(&mut program);
    let named = variables.iter().find(|(name, _)| *name == "ERL_CRASH_DUMP");
    let path = directory.path().join(named.map_or(NAME, |(_, path)| path));
    let dump = std::fs::read(path).unwrap_or_default();
    let dump = String::from_utf8_lossy(&dump);
    let slogan = dump.split_once("\nSlogan: ").map(|(_, rest)| rest);
    let slogan = slogan.and_then(|rest| rest.split_once("\nSystem version: "));
    Ended {
        status: said.status,
        // OTP's emulator puts a carriage return before each line feed of its own, terminal or not.
        errors: said.errors.replace("\r\n", "\n"),
        slogan: slogan.map(|(slogan, _)| slogan.to_owned()),
        is_complete: dump.ends_with("\n=end\n"),
        is_cut: dump.ends_with("\n=abort:CRASH DUMP SIZE LIMIT REACHED\n"),
    }
}

/// Variables of the environment, flags, and what is evaluated.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a str);

#[test]
fn dumps_come_as_those_of_erl() {
    const HALT: &str = r#"halt("the slogan")."#;
    const ATOMS: &str = "[list_to_atom(integer_to_list(I)) || I <- lists:seq(1, 100000)].";
    const KERNEL: &str = "exit(whereis(application_controller), kill).";
    const SIGNAL: &str = "erl_signal_server ! {notify, sigusr1}.";
    let cases: &[Case] = &[
        (&[], &[], HALT),
        (&[], &["+d"], HALT),
        (&[], &[], r#"halt("two\nlines ~p")."#),
        (&[], &[], "halt(3)."),
        (&[("ERL_CRASH_DUMP", "elsewhere")], &[], HALT),
        (&[("ERL_CRASH_DUMP_SECONDS", "0")], &[], HALT),
        (&[("ERL_CRASH_DUMP_SECONDS", "60")], &[], HALT),
        (&[("ERL_CRASH_DUMP_BYTES", "0")], &[], HALT),
        (&[("ERL_CRASH_DUMP_BYTES", "many")], &[], HALT),
        (&[], &["+t", "40000"], ATOMS),
        (&[], &[], KERNEL),
        (&[], &[], SIGNAL),
    ];
    for (variables, flags, eval) in cases {
        let stock = ended(Command::new("erl"), variables, flags, eval);
        let ours = ended(brood(["erl"]), variables, flags, eval);
        assert_eq!(ours, stock, "{variables:?} {flags:?} {eval}");
    }
    let ours = ended(
        brood(["erl"]),
        &[("ERL_CRASH_DUMP_BYTES", "2000")],
        &[],
        HALT,
    );
    assert!(ours.is_cut && !ours.is_complete, "{ours:?}");
    assert_eq!(ours.slogan.as_deref(), Some("the slogan"));
    let ours = ended(brood(["erl"]), &[], &[], "halt(abort).");
    assert_eq!((ours.status, ours.slogan), (Some(134), None));
}
