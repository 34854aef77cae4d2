//! `brood erl`, `brood erlc` and `brood escript`, next to the installed programs of these names.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use support::{Said, backends, brood};

/// A working directory, and a cache that the tests of this program share.
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        Place {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A program of OTP in an instance: `words` begins with its name.
    fn instance(&self, words: &[&str]) -> Command {
        self.at_home(brood(words))
    }

    /// The installed program.
    fn installed(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).stdin(Stdio::null());
        self.at_home(command)
    }

    fn at_home(&self, mut command: Command) -> Command {
        for name in [
            "ERL_AFLAGS",
            "ERL_FLAGS",
            "ERL_ZFLAGS",
            "ERL_LIBS",
            "BROOD_OTP",
        ] {
            command.env_remove(name);
        }
        command.current_dir(self.path());
        command
    }

    /// Runs both, which must print the same and end in the same way.
    #[track_caller]
    fn same(&self, words: &[&str]) -> Said {
        let installed = Said::of(&mut self.installed(words));
        let instance = Said::of(&mut self.instance(words));
        assert_eq!(
            instance.output, installed.output,
            "{words:?} {instance:?} {installed:?}"
        );
        assert_eq!(
            instance.status, installed.status,
            "{words:?} {instance:?} {installed:?}"
        );
        instance
    }
}

/// With input.
fn fed(command: &mut Command, input: &str) -> Said {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Said {
        status: output.status.code(),
        output: text(output.stdout),
        errors: text(output.stderr),
    }
}

const PRINT: &str = "io:format(\"~tp~n\", [";

fn printing(expression: &str) -> String {
    format!("{PRINT}{expression}]), halt().")
}

#[test]
fn flags_become_the_same_arguments() {
    let place = Place::new();
    place.write("arguments", "-one 'two three' # four\n+P 3000 -extra x");
    for line in [
        "-noshell -s m f x -eval y",
        "-noinput +P 5000 +S 2:2 -pa a b -pz c -boot start_sasl",
        "-env A b -config x y -args_file arguments -two -- -three",
        "-make -x",
        "-compile a b",
        "+B +Bi +B c +c false +sbtu +MBas aobf +Mea min -version -detached -extra +P -s",
        "-configfd 0 -proto_dist x -start_epmd false -smp auto -mode embedded -hidden",
        "-emu_type opt +hms 500 +zdbbl 1024 +IOt 5 +SDio 3 +pc unicode +Wi +JPperf true +r",
    ] {
        let mut words = vec!["erl"];
        words.extend(line.split_whitespace());
        // Behind `-extra` or `-make` nothing is a flag.
        words.insert(1, "-emu_args_exit");
        let said = place.same(&words);
        assert!(said.output.contains("-root\n"), "{line}: {said:?}");
    }
    for (name, value) in [
        ("ERL_AFLAGS", "-a '-b c'"),
        ("ERL_FLAGS", "+P 2000 -x"),
        ("ERL_ZFLAGS", "-extra z"),
    ] {
        let words = ["erl", "-emu_args_exit", "-m", "-extra", "n"];
        let [installed, instance] = [place.installed(&words), place.instance(&words)]
            .map(|mut command| Said::of(command.env(name, value)));
        assert_eq!(instance.output, installed.output, "{name}={value}");
    }
}

#[test]
fn wrong_flags_are_refused_alike() {
    let place = Place::new();
    for flags in [
        "+Zx",
        "+P 5",
        "+P",
        "+hmqd x",
        "+W x",
        "+sfoo",
        "+swt x",
        "+z",
        "+n x",
        "+px",
        "+pc x",
        "+R 3",
        "+T 11",
        "+t 5",
        "+rg x",
        "+a 1",
        "+Jfoo x",
        "+JPperf x",
        "+hpds 0",
        "+S x",
        "+cbad",
        "+Bx",
        "+IOx",
        "+SDx",
        "-env A",
        "-sname",
        "-start_epmd x",
        "-no_epmd",
        "-smp disable",
        "-args_file none",
    ] {
        let mut words = vec!["erl"];
        words.extend(flags.split_whitespace());
        let installed = Said::of(&mut place.installed(&words));
        let instance = Said::of(&mut place.instance(&words));
        assert_eq!(
            instance.status, installed.status,
            "{flags}: {instance:?} {installed:?}"
        );
        // What it says first: the emulator puts its own path before an unknown flag, and OTP's
        // words of the operating system's errors are not Rust's.
        let first = |said: &Said| {
            let line = said.errors.lines().next().unwrap_or_default().to_owned();
            let line = line.split("unknown flag").last().unwrap().to_owned();
            let line = line.split(" (os error").next().unwrap().to_owned();
            line.trim_start_matches("erlexec: ").trim().to_owned()
        };
        assert_eq!(first(&instance), first(&installed), "{flags}");
    }
}

#[test]
fn ends() {
    let place = Place::new();
    for expression in [
        "halt().",
        "halt(0).",
        "halt(42).",
        "halt(255).",
        "init:stop().",
        "init:stop(7).",
        "exit(boom).",
    ] {
        place.same(&["erl", "-noshell", "-eval", expression]);
    }
    place.same(&["erl", "-noshell", "-s", "init", "stop"]);
    // OTP's own modules have no line numbers in the installed emulator.
    let said = Said::of(&mut place.instance(&["erl", "-noshell", "-s", "no_such_module"]));
    said.fails_with(
        1,
        "init terminating in do_boot ({undef,[{no_such_module,start",
    );
    place.same(&["erl", "-noshell", "-boot", "no_such_script"]);
}

/// `SIGTERM` to a node that is stopping already, or has nothing but that to do.
#[test]
fn terminated_while_it_stops() {
    let place = Place::new();
    // A stop that takes longer than the signal: an application that is slow to end.
    place.write(
        "slow.erl",
        "-module(slow).\n-export([start/2, prep_stop/1, stop/1, init/1]).\n\
         start(_, _) -> supervisor:start_link(slow, []).\n\
         init([]) -> {ok, {#{}, []}}.\n\
         prep_stop(S) -> io:put_chars(\"stopping\\n\"), timer:sleep(1000), S.\n\
         stop(_) -> io:put_chars(\"stopped\\n\").\n",
    );
    place.write(
        "slow.app",
        "{application, slow, [{vsn, \"1\"}, {applications, [kernel, stdlib]}, {mod, {slow, []}}]}.",
    );
    place.same(&["erlc", "slow.erl"]);
    for (stop, signals) in [("ok", 1), ("ok", 2), ("init:stop(3)", 1)] {
        let expression =
            format!("ok = application:start(slow), io:put_chars(\"started\\n\"), {stop}.");
        let words = ["erl", "-noshell", "-pa", ".", "-eval", &expression];
        let ended = |mut command: Command| {
            let mut child = command
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut output = BufReader::new(child.stdout.take().unwrap());
            let mut said = Vec::new();
            let mut says = |wanted: &str| {
                let mut line = String::new();
                while line != wanted {
                    line.clear();
                    assert!(output.read_line(&mut line).unwrap() > 0, "no {wanted}");
                }
                said.push(line);
            };
            let process = Pid::from_child(&child);
            says("started\n");
            if stop != "ok" {
                says("stopping\n");
            }
            kill_process(process, Signal::TERM).unwrap();
            if signals == 2 {
                says("stopping\n");
                kill_process(process, Signal::TERM).unwrap();
            }
            says("stopped\n");
            (said, support::wait(&mut child))
        };
        let expected = ended(place.installed(&words));
        assert_eq!(ended(place.instance(&words)), expected, "{stop}, {signals}");
    }
}

/// As with OTP's own emulator where the library isn't there: the application starts, since it has nothing to start; what
/// needs the library says why it isn't there.
#[test]
fn a_library_without_its_native_code_says_so() {
    let place = Place::new();
    let print = "io:put_chars(code:lib_dir(crypto)), halt().";
    let installed = Said::of(&mut place.installed(&["erl", "-noshell", "-eval", print])).output;
    let installed = PathBuf::from(installed);
    if !installed.is_dir() {
        eprintln!("NOT TESTED: crypto is not installed");
        return;
    }
    let copy = place.path().join(installed.file_name().unwrap());
    copy_tree(&installed.join("ebin"), &copy.join("ebin"));
    let ebin = copy.join("ebin");
    let expression = "[io:format(\"result: ~0p~n\", [Result]) || Result <- [\
                          application:ensure_all_started(crypto), \
                          element(1, element(2, catch crypto:hash(sha, <<>>))), \
                          code:load_file(crypto), code:is_loaded(crypto)]], init:stop().";
    let words = [
        "erl",
        "-noshell",
        "-pa",
        ebin.to_str().unwrap(),
        "-eval",
        expression,
    ];
    let [expected, said] =
        [place.installed(&words), place.instance(&words)].map(|mut command| Said::of(&mut command));
    let results = |said: &Said| {
        let lines = said.output.lines();
        let results = lines.filter(|line| line.starts_with("result: "));
        results.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        results(&said),
        [
            "result: {ok,[crypto]}",
            "result: undef",
            "result: {error,on_load_failure}",
            "result: false"
        ]
    );
    assert_eq!(results(&said), results(&expected), "{expected:?}");
    let library = copy.join("priv/lib/crypto");
    let reason = format!("Failed to load NIF library: '{}", library.display());
    assert!(expected.output.contains(&reason), "{expected:?}");
    let reason = format!("{reason}: there is no native code to load in an instance'");
    assert!(said.output.contains(&reason), "{said:?}");
}

#[test]
fn streams() {
    let place = Place::new();
    let read = "io:format(\"~p~n\", [[io:get_line(\"\") || _ <- [1, 2, 3]]]), halt().";
    for backend in backends() {
        let mut command = place.instance(&["erl", "--backend", backend, "-noshell", "-eval", read]);
        let said = fed(&mut command, "one line\nžluť");
        assert_eq!(said.status, Some(0), "{said:?}");
        assert!(
            said.output.starts_with("[\"one line\\n\",") && said.output.ends_with(",eof]\n"),
            "{said:?}"
        );
        let write =
            "io:put_chars(standard_error, \"errors\\n\"), io:put_chars(\"output\\n\"), halt(3).";
        let mut command =
            place.instance(&["erl", "--backend", backend, "-noshell", "-eval", write]);
        let said = Said::of(&mut command);
        assert_eq!(
            (said.output.as_str(), said.errors.as_str()),
            ("output\n", "errors\n")
        );
        assert_eq!(said.status, Some(3));
    }
    let said = fed(
        &mut place.instance(&["erl"]),
        "lists:sum([1, 2, 3]).\nX = 5, X * 2.\nhalt(4).\n",
    );
    assert_eq!(said.status, Some(4), "{said:?}");
    assert!(
        said.output.contains("Eshell V")
            && said.output.contains("6\n")
            && said.output.contains("10\n"),
        "{said:?}"
    );
}

#[test]
fn what_flags_set() {
    let place = Place::new();
    let info = |items: &str| printing(&format!("[erlang:system_info(Item) || Item <- [{items}]]"));
    for (flags, items) in [
        (
            "+P 2000 +Q 3000 +e 9000 +t 200000",
            "process_limit, port_limit, ets_limit, atom_limit",
        ),
        (
            "+hms 1000 +hmbs 5000 +hmqd off_heap +ec",
            "min_heap_size, min_bin_vheap_size, message_queue_data, ets_always_compress",
        ),
        ("+hmaxk false +hmaxel false", "max_heap_size"),
    ] {
        let expression = info(items);
        let mut words = vec!["erl"];
        words.extend(flags.split_whitespace());
        words.extend(["-noshell", "-eval", &expression]);
        place.same(&words);
    }
    let expression = printing("{error_logger:warning_map(), io:printable_range()}");
    place.same(&[
        "erl",
        "+W",
        "i",
        "+pc",
        "unicode",
        "-noshell",
        "-eval",
        &expression,
    ]);
    let spawn = "P = fun F(0) -> ok; F(N) -> spawn(fun() -> timer:sleep(infinity) end), F(N - 1) end, \
                 io:format(\"~p~n\", [catch P(3000)]), halt().";
    let said = Said::of(&mut place.instance(&["erl", "+P", "1024", "-noshell", "-eval", spawn]));
    assert!(said.output.contains("system_limit"), "{said:?}");
}

#[test]
fn flags_without_meaning_are_named_once() {
    let place = Place::new();
    let words = [
        "erl", "+S", "4:4", "+A5", "+fnu", "-noshell", "-eval", "halt().",
    ];
    let said = Said::of(&mut place.instance(&words));
    assert_eq!((said.status, said.output.as_str()), (Some(0), ""));
    assert_eq!(said.errors.lines().count(), 1, "{said:?}");
    assert!(
        said.errors.contains("+S 4:4, +A5") && !said.errors.contains("+fnu"),
        "{said:?}"
    );
    let said = Said::of(place.instance(&words).env("BROOD_QUIET", "true"));
    assert_eq!((said.status, said.errors.as_str()), (Some(0), ""));
    for (flag, reason) in [
        ("-sname", "-sname: a node needs sockets"),
        ("-name", "-name: a node needs sockets"),
        ("-remsh", "-remsh: a remote shell needs sockets"),
        ("-heart", "-heart: heart is a program of its own"),
    ] {
        let said = Said::of(&mut place.instance(&["erl", "-noshell", flag, "node"]));
        said.fails_with(1, reason);
    }
}

#[test]
fn surroundings() {
    let place = Place::new();
    let expression = printing(
        "{file:get_cwd(), os:getenv(\"SEEN\"), os:getenv(\"SET\"), os:getenv(\"PROGNAME\")}",
    );
    let words = [
        "erl",
        "-noshell",
        "-env",
        "SET",
        "here",
        "-eval",
        &expression,
    ];
    let [installed, instance] = [place.installed(&words), place.instance(&words)]
        .map(|mut command| Said::of(command.env("SEEN", "žluť")));
    assert_eq!(instance.output, installed.output);
    let expression = printing(
        "{init:get_plain_arguments(), init:get_argument(x), code:root_dir(), code:lib_dir(kernel)}",
    );
    place.same(&[
        "erl",
        "-noshell",
        "-x",
        "a",
        "b",
        "-eval",
        &expression,
        "--",
        "plain",
        "-extra",
        "-y",
    ]);
    // OTP's own directories, of which the instance knows the names.
    let list = "fun(D) -> {ok, Names} = file:list_dir(D), [filename:join(D, N) || N <- lists:sort(Names)] end";
    let expression = printing(&format!(
        "[element(1, file:read_file_info(code:lib_dir() ++ Name)) || Name <- [\"\", \"/x\", \"/x/ebin\", \"/x.ez\"]] ++ \
         [{{D, List(D)}} || List <- [{list}], D <- List(code:lib_dir()), filelib:is_dir(D)]"
    ));
    place.same(&["erl", "-noshell", "-eval", &expression]);
}

#[test]
fn what_is_visible() {
    let place = Place::new();
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("file"), "content").unwrap();
    let named = other.path().canonicalize().unwrap();
    let named = named.to_str().unwrap();
    let read = printing(&format!("file:read_file(\"{named}/file\")"));
    let said = Said::of(&mut place.instance(&["erl", "-noshell", "-eval", &read]));
    assert_eq!(
        said.output, "{error,enoent}\n",
        "a directory that nothing names"
    );
    let said = Said::of(&mut place.instance(&["erl", "-noshell", "-pa", named, "-eval", &read]));
    assert_eq!(said.output, "{ok,<<\"content\">>}\n");
    let mut command = place.instance(&["erl", "-noshell", "-eval", &read]);
    let said = Said::of(command.env("ERL_LIBS", named));
    assert_eq!(said.output, "{ok,<<\"content\">>}\n");
    let write = |name: &str| printing(&format!("file:write_file(\"{name}\", \"x\")"));
    let said = Said::of(&mut place.instance(&["erl", "-noshell", "-eval", &write("made")]));
    assert_eq!(
        (
            said.output.as_str(),
            fs::read(place.path().join("made")).unwrap()
        ),
        ("ok\n", b"x".to_vec())
    );
    let mut command =
        place.instance(&["erl", "-noshell", "-eval", &write(&format!("{named}/made"))]);
    let said = Said::of(command.env("ERL_LIBS", named));
    assert_eq!(said.output, "{error,erofs}\n");
    let temporary = place.path().parent().unwrap().join("brood-test-gone");
    let said = Said::of(&mut place.instance(&[
        "erl",
        "-noshell",
        "-eval",
        &write(temporary.to_str().unwrap()),
    ]));
    assert_eq!(said.output, "ok\n");
    assert!(!temporary.exists(), "the instance's /tmp is its own");
}

#[test]
fn compiles() {
    let place = Place::new();
    place.write(
        "src/good.erl",
        "-module(good).\n-export([f/0]).\n-include(\"it.hrl\").\nf() -> ?IT.\n",
    );
    place.write("include/it.hrl", "-define(IT, 42).\n");
    place.write(
        "bad.erl",
        "-module(bad).\n-export([f/0]).\nf() -> X.\ng( ->\n",
    );
    place.write(
        "grammar.yrl",
        "Nonterminals list.\nTerminals item.\nRootsymbol list.\nlist -> item : ['$1'].\n",
    );
    place.write(
        "tokens.xrl",
        "Definitions.\nRules.\n[a-z]+ : {token, {item, TokenLine}}.\nErlang code.\n",
    );
    fs::create_dir(place.path().join("ebin")).unwrap();
    let said = place.same(&[
        "erlc",
        "-I",
        "include",
        "-o",
        "ebin",
        "+debug_info",
        "src/good.erl",
    ]);
    assert_eq!(said.status, Some(0), "{said:?}");
    let expression = printing("good:f()");
    let said = place.same(&["erl", "-noshell", "-pa", "ebin", "-eval", &expression]);
    assert_eq!(said.output, "42\n");
    let said = place.same(&["erlc", "bad.erl"]);
    assert_eq!(said.status, Some(1));
    for file in ["grammar.yrl", "tokens.xrl"] {
        let said = place.same(&["erlc", file]);
        assert_eq!(said.status, Some(0), "{said:?}");
        assert!(place.path().join(file).with_extension("erl").is_file());
    }
    place.same(&[
        "erlc",
        "+'S'",
        "-o",
        "ebin",
        "-I",
        "include",
        "src/good.erl",
    ]);
    let said = place.same(&["erlc", "-o", ".", "ebin/good.S"]);
    assert_eq!(said.status, Some(0), "{said:?}");
    assert!(place.path().join("good.beam").is_file());
    let said = Said::of(&mut place.instance(&["erlc", "-pa"]));
    said.fails_with(1, "No value given to -p option");
    let compile = printing("{c:c(\"src/good\", [{i, \"include\"}]), good:f()}");
    place.same(&["erl", "-noshell", "-eval", &compile]);
}

#[test]
fn scripts() {
    let place = Place::new();
    let text = "#!/usr/bin/env escript\n%% -*- erlang -*-\n%%! -env GREETING hello -x y\n\
                main(Words) ->\n    io:format(\"~p ~p ~p ~p~n\", [Words, os:getenv(\"GREETING\"), \
                escript:script_name(), init:get_argument(x)]),\n    halt(length(Words)).\n";
    place.write("script", text);
    place.same(&["escript", "script", "one", "-two", "--", "three"]);
    place.same(&["escript", "-c", "script", "one"]);
    place.same(&["escript", "-i", "script"]);
    place.same(&["escript", "-s", "script"]);
    place.write(
        "wrong",
        "#!/usr/bin/env escript\nmain(_) -> nothing:here().\n",
    );
    place.same(&["escript", "wrong"]);
    let said = Said::of(&mut place.instance(&["escript", "none"]));
    said.fails_with(1, "Failed to open file: none");
    place.write(
        "inside.erl",
        "-module(inside).\n-export([main/1]).\nmain(W) -> io:format(\"inside ~p~n\", [W]).\n",
    );
    let make = "{ok, inside, B} = compile:file(\"inside\", [binary]), \
                {ok, {_, Zip}} = zip:create(\"a.zip\", [{\"inside/ebin/inside.beam\", B}], [memory]), \
                ok = escript:create(\"compiled\", [shebang, {emu_args, \"-escript main inside\"}, {beam, B}]), \
                ok = escript:create(\"archive\", [shebang, {emu_args, \"-escript main inside\"}, {archive, Zip}]), \
                halt().";
    let said = Said::of(&mut place.instance(&["erl", "-noshell", "-eval", make]));
    assert_eq!(said.status, Some(0), "{said:?}");
    for name in ["compiled", "archive"] {
        let said = place.same(&["escript", name, "x"]);
        assert_eq!(said.output, "inside [\"x\"]\n", "{name}");
    }
}

#[test]
fn called_by_other_names() {
    let place = Place::new();
    for name in ["erl", "escript"] {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_brood"), place.path().join(name)).unwrap();
    }
    let mut command = Command::new("./erl");
    command.args([
        "-noshell",
        "-eval",
        "io:put_chars(erlang:system_info(system_architecture)), halt().",
    ]);
    let said = Said::of(place.at_home(command).stdin(Stdio::null()));
    assert!(said.output.contains("brood"), "{said:?}");
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("./escript");
    place.write(
        "script",
        "#!/usr/bin/env escript\nmain(_) -> io:put_chars(\"run\\n\").\n",
    );
    command
        .arg("script")
        .env("PATH", format!("{}:{path}", place.path().display()));
    let said = Said::of(place.at_home(command).stdin(Stdio::null()));
    assert_eq!(
        said.output, "run\n",
        "the OTP of the first other erl in PATH: {said:?}"
    );
}

/// The images in a cache, by name.
fn images(cache: &Path) -> Vec<PathBuf> {
    let mut images: Vec<_> = fs::read_dir(cache.join("brood"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "brood")
        })
        .collect();
    images.sort();
    images
}

#[test]
fn the_base_image_is_made_once() {
    let place = Place::new();
    let cache = tempfile::tempdir().unwrap();
    let start = || {
        let mut command =
            place.instance(&["erl", "-noshell", "-eval", "io:put_chars(\"up\"), halt()."]);
        command.env("XDG_CACHE_HOME", cache.path());
        command
    };
    // Several at once: one makes it, the others wait for it.
    let running: Vec<_> = (0..3)
        .map(|_| start().stdout(Stdio::piped()).spawn().unwrap())
        .collect();
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), output.stdout),
            (Some(0), b"up".to_vec())
        );
    }
    let [image] = <[PathBuf; 1]>::try_from(images(cache.path())).unwrap();
    let made = image.metadata().unwrap().modified().unwrap();
    assert_eq!(Said::of(&mut start()).output, "up");
    assert_eq!(
        image.metadata().unwrap().modified().unwrap(),
        made,
        "it is used again"
    );

    // A broken one is made again, wherever it is broken.
    let whole = fs::read(&image).unwrap();
    for broken in [
        whole[..whole.len() / 2].to_vec(),
        flipped(&whole),
        b"nothing".to_vec(),
        Vec::new(),
    ] {
        fs::write(&image, broken).unwrap();
        let said = Said::of(&mut start());
        assert_eq!(
            (said.status, said.output.as_str()),
            (Some(0), "up"),
            "{said:?}"
        );
        assert_eq!(images(cache.path()), std::slice::from_ref(&image));
    }

    // No cache is no reason not to run.
    let mut command = start();
    command.env("XDG_CACHE_HOME", "/proc/nowhere");
    assert_eq!(Said::of(&mut command).output, "up");
}

/// With a bit changed in the middle.
fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes
}

#[test]
fn a_changed_otp_is_prepared_again() {
    let place = Place::new();
    let cache = tempfile::tempdir().unwrap();
    let root = installed_root();
    // A copy, of which one module is replaced by the same with another time.
    let otp = place.path().join("otp");
    for name in ["bin", "releases"] {
        copy_tree(&root.join(name), &otp.join(name));
    }
    for entry in fs::read_dir(&root)
        .unwrap()
        .chain(fs::read_dir(root.join("lib")).unwrap())
    {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if ["erts-", "kernel-", "stdlib-", "compiler-"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        {
            let ebin = path.join("ebin");
            let target = otp.join(path.strip_prefix(&root).unwrap()).join("ebin");
            if ebin.is_dir() {
                copy_tree(&ebin, &target);
            }
        }
    }
    let start = || {
        let mut command = brood(["erl", "--otp"]);
        command.arg(&otp).args([
            "-noshell",
            "-eval",
            "io:put_chars(code:root_dir()), halt().",
        ]);
        let mut command = place.at_home(command);
        Said::of(command.env("XDG_CACHE_HOME", cache.path()))
    };
    let said = start();
    assert_eq!(said.output, otp.to_str().unwrap(), "{said:?}");
    assert_eq!(images(cache.path()).len(), 1);
    let module = glob_one(&otp.join("lib"), "stdlib-").join("ebin/lists.beam");
    let bytes = fs::read(&module).unwrap();
    fs::remove_file(&module).unwrap();
    fs::write(&module, bytes).unwrap();
    let said = start();
    assert_eq!(said.status, Some(0), "{said:?}");
    assert_eq!(images(cache.path()).len(), 2, "its time is another one");
    let ebin = otp.join("lib/added-1/ebin");
    fs::create_dir_all(&ebin).unwrap();
    let said = start();
    assert_eq!(said.output, otp.to_str().unwrap(), "{said:?}");
    assert_eq!(images(cache.path()).len(), 3, "it has one more application");
}

fn installed_root() -> PathBuf {
    let output = Command::new("erl")
        .args([
            "-noshell",
            "-eval",
            "io:put_chars(code:root_dir()), halt().",
        ])
        .output()
        .unwrap();
    PathBuf::from(String::from_utf8(output.stdout).unwrap())
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_tree(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn glob_one(directory: &Path, prefix: &str) -> PathBuf {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(prefix)
        })
        .unwrap()
}

#[test]
fn memory_has_a_limit() {
    let place = Place::new();
    let grow = "F = fun F(L) -> F([binary:copy(<<0>>, 1048576) | L]) end, F([]).";
    let said =
        Said::of(&mut place.instance(&["erl", "--memory", "300", "-noshell", "-eval", grow]));
    said.fails_with(137, "--memory");
}
