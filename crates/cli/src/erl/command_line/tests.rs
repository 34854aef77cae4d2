use super::*;

const PLACE: (&str, &str) = ("/otp", "/otp/erts-13.1.5/bin");

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter();
    variables
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn read(text: &str, variables: &[(&str, &str)]) -> Result<CommandLine, Wrong> {
    let words: Vec<OsString> = text.split_whitespace().map(OsString::from).collect();
    let place = Place {
        root: Path::new(PLACE.0),
        bindir: Path::new(PLACE.1),
        release: "25",
    };
    understand(&words, &environment(variables), place)
}

fn joined(words: &[OsString]) -> String {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// What the emulator and what `init` gets; of the latter only what follows what is always there.
fn made(text: &str, variables: &[(&str, &str)]) -> (String, String) {
    let line = read(text, variables).unwrap();
    let init = joined(&line.init);
    let always = "-root /otp -bindir /otp/erts-13.1.5/bin -progname erl -- ";
    let init = init.strip_prefix(always).expect("what is always there");
    (joined(&line.emulator), init.to_owned())
}

fn pair(emulator: &str, init: &str) -> (String, String) {
    (emulator.to_owned(), init.to_owned())
}

#[test]
fn flags_go_where_they_belong() {
    for (text, emulator, init) in [
        ("", "", "--"),
        ("-noinput -s m f", "", "-- -noshell -noinput -s m f"),
        ("+P 5000 -pa ebin +S1:2", "-P 5000 -S1:2", "-- -pa ebin"),
        (
            "+B -x +Bi +B c +c false y",
            "-B -Bi -B c -c false",
            "-- -x y",
        ),
        (
            "+MBas aobf +Mxyz 1 +hms 5",
            "-MBas aobf -Mxyz -hms 5",
            "-- 1",
        ),
        (
            "-x -- -y -extra +P -make",
            "",
            "-- -x -- -y -extra +P -make",
        ),
        (
            "-make -x",
            "-B",
            "-- -noshell -noinput -s make all_or_nothing -s erlang halt",
        ),
        (
            "-compile a b",
            "-B",
            "-- -noshell -noinput -s c lc_batch a b",
        ),
        ("-configfd 0", "", "-- -noshell -noinput -configfd 0"),
        ("-configfd 3", "", "-- -configfd 3"),
        ("-version -epmd x", "-V", "--"),
    ] {
        assert_eq!(made(text, &[]), pair(emulator, init), "{text}");
    }
}

#[test]
fn flags_from_the_environment() {
    let variables = [
        ("ERL_AFLAGS", "-a 'b c'"),
        ("ERL_FLAGS", "+P 2000 -extra e"),
        ("ERL_ZFLAGS", "-z"),
        ("ERL_OTP25_FLAGS", "-o"),
        ("ERL_OTP27_FLAGS", "-not"),
        ("HOME", "/home/x"),
    ];
    let expected = "-home /home/x -- -o -- -a b c -- -m -- -z -- -extra n e --";
    assert_eq!(made("-m -extra n", &variables), pair("-P 2000", expected));
}

#[test]
fn arguments_files() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let inner = file("inner", "-inner # nothing\n");
    let outer = file("outer", &format!("-a\n-args_file {inner}\n-b -extra x"));
    assert_eq!(
        made(&format!("-one -args_file {outer} -two"), &[]),
        pair("", "-- -one -a -inner -- -b -two -- -extra x --")
    );
    let circle = file(
        "circle",
        &format!("-args_file {}/circle", directory.path().display()),
    );
    let error = read(&format!("-args_file {circle}"), &[]).unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
    let error = read("-args_file /no/such/file", &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("Failed to open arguments file"),
        "{error}"
    );
}

#[test]
fn the_environment_that_erlang_sees() {
    let line = read(
        "-env A b -env PATH2 x",
        &[("PATH", "/bin:/otp/erts-13.1.5/bin:/x")],
    )
    .unwrap();
    let value = |name: &str| line.environment[OsStr::new(name)].to_str().unwrap();
    assert_eq!((value("A"), value("PATH2")), ("b", "x"));
    assert_eq!(value("PATH"), "/otp/erts-13.1.5/bin:/bin:/x");
    assert_eq!((value("ROOTDIR"), value("EMU")), ("/otp", "beam"));
    assert_eq!((value("BINDIR"), value("PROGNAME")), (PLACE.1, "erl"));
    let line = read("", &[("PATH", "/bin")]).unwrap();
    let path = &line.environment[OsStr::new("PATH")];
    assert_eq!(path, "/otp/erts-13.1.5/bin:/otp/bin:/bin");
}

#[test]
fn what_is_wrong() {
    for (text, complaint) in [
        ("-env A", "Missing argument(s) for '-env'."),
        ("-env -- A", "Missing argument(s) for '-env'."),
        ("+P", "Missing argument(s) for '+P'."),
        ("+P --", "Missing argument(s) for '+P'."),
        ("+IOx", "Missing argument(s) for '+IOx'."),
        ("+SDx", "Missing argument(s) for '+SDx'."),
        ("-sname", "Missing argument(s) for '-sname'."),
        (
            "-start_epmd maybe",
            "Expected boolean argument for '-start_epmd'.",
        ),
        (
            "-smp disable",
            "Argument '-smp disable' not supported. Use \"+S 1\" instead.",
        ),
        (
            "-no_epmd",
            "Missing -proto_dist option, expected when using -no_epmd.",
        ),
        (
            "-emu_type debug",
            "Invalid emulator type debug: there is opt",
        ),
    ] {
        assert_eq!(
            read(text, &[]).unwrap_err().to_string(),
            complaint,
            "{text}"
        );
    }
}

#[test]
fn what_is_done_instead() {
    let action = |text: &str| read(text, &[]).unwrap().action;
    assert_eq!(
        action("-emu_name_exit"),
        Action::Print(b"beam.smp\n".to_vec())
    );
    assert_eq!(action("-detached"), Action::Detach);
    assert_eq!(
        action("-man lists x"),
        Action::Manual("/otp/man".into(), vec!["lists".into(), "x".into()])
    );
    let Action::Print(text) = action("+P 2000 -a -emu_args_exit") else {
        panic!("nothing is printed");
    };
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("-P\n2000\n--\n-root\n/otp\n"), "{text}");
    assert!(text.ends_with("--\n--\n-a\n"), "{text}");
}
