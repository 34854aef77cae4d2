//! Instances in a jail, on every backend that works here. This program is also the worker.

#[path = "../../monitor/tests/support/mod.rs"]
mod support;

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use brood_image::Image;
use brood_jail::{Jail, Settings};
use brood_monitor::{
    BackendKind, ConsoleStream, Control, Error, EventSink, Exit, Flow, Hibernation, InstanceId,
    Launch, Limits, Listener, Mount, Outcome, Phases, Signal, SignalAction, Terminal, TerminalMode,
    TerminalState,
};
use libtest_mimic::{Arguments, Failed, Trial};
use support::{Fixture, backends, guest};

/// The argument that makes this program a worker.
const WORKER: &str = "be-a-worker";
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(WORKER) {
        return brood_jail::worker();
    }
    let arguments = Arguments::from_args();
    let tests: [Test; 12] = [
        ("instances_live_as_without", instances_live_as_without),
        ("what_is_ordered_arrives", what_is_ordered_arrives),
        (
            "only_given_directories_are_there",
            only_given_directories_are_there,
        ),
        ("large_things_pass_both_ways", large_things_pass_both_ways),
        (
            "a_killed_worker_fails_its_own_requests",
            a_killed_worker_fails_its_own_requests,
        ),
        (
            "tenants_have_workers_of_their_own",
            tenants_have_workers_of_their_own,
        ),
        (
            "a_worker_has_so_many_instances",
            a_worker_has_so_many_instances,
        ),
        (
            "processor_time_is_limited_and_metered",
            processor_time_is_limited_and_metered,
        ),
        (
            "who_waits_for_long_hibernates",
            who_waits_for_long_hibernates,
        ),
        ("nothing_is_left", nothing_is_left),
        ("idle_workers_go", idle_workers_go),
        (
            "what_can_not_start_says_so_and_waits",
            what_can_not_start_says_so_and_waits,
        ),
    ];
    let trials = backends().into_iter().flat_map(|kind| {
        tests.map(|(name, test)| {
            Trial::test(format!("{name} on {kind}"), move || {
                let done = std::panic::catch_unwind(|| test(&World::new(kind)));
                done.map_err(|_| Failed::from("see above"))
            })
        })
    });
    let trials: Vec<Trial> = trials.collect();
    if !arguments.list {
        guest();
    }
    // One after the other: some count what this process holds.
    let arguments = Arguments {
        test_threads: Some(1),
        ..arguments
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A name, and what is tested.
type Test = (&'static str, fn(&World));

struct World {
    kind: BackendKind,
    fixture: Fixture,
}

/// What somebody who launched an instance heard of it.
#[derive(Debug)]
enum Heard {
    Console(bool, Vec<u8>),
    Message(Vec<u8>),
    Answered(InstanceId, Phases),
    Signal(Signal, SignalAction),
    Ended(Result<Outcome, Error>),
}

struct Ear {
    heard: Sender<Heard>,
    flow: Flow,
    terminal: bool,
}

impl Terminal for Ear {
    fn state(&mut self) -> TerminalState {
        TerminalState::default()
    }

    fn set_mode(&mut self, _: Option<TerminalMode>) -> bool {
        false
    }

    fn set_signal(&mut self, signal: Signal, action: SignalAction) {
        self.tell(Heard::Signal(signal, action));
    }
}

impl Ear {
    fn tell(&self, heard: Heard) {
        // A test that has seen enough doesn't listen any more.
        let _ = self.heard.send(heard);
    }
}

impl EventSink for Ear {
    fn console(&mut self, stream: ConsoleStream, bytes: &[u8]) {
        self.tell(Heard::Console(
            stream == ConsoleStream::Errors,
            bytes.to_vec(),
        ));
    }

    fn message(&mut self, bytes: &[u8]) -> Flow {
        self.tell(Heard::Message(bytes.to_vec()));
        self.flow
    }

    fn terminal(&mut self) -> Option<&mut dyn Terminal> {
        match self.terminal {
            true => Some(self),
            false => None,
        }
    }

    fn answered(&mut self, instance: InstanceId, phases: &Phases) {
        self.tell(Heard::Answered(instance, *phases));
    }
}

impl Listener for Ear {
    fn ended(self: Box<Self>, outcome: Result<Outcome, Error>) {
        self.tell(Heard::Ended(outcome));
    }
}

/// An instance, or what became of it.
struct Launched {
    heard: Receiver<Heard>,
}

/// A whole life.
#[derive(Debug)]
struct Life {
    output: String,
    errors: String,
    messages: Vec<Vec<u8>>,
    answered: Option<(InstanceId, Phases)>,
    outcome: Result<Outcome, Error>,
}

impl Life {
    fn exit(&self) -> &Exit {
        &self.outcome.as_ref().unwrap().exit
    }

    fn message(&self) -> String {
        assert_eq!(self.messages.len(), 1, "{self:?}");
        String::from_utf8(self.messages[0].clone()).unwrap()
    }

    fn error(&self) -> String {
        self.outcome.as_ref().unwrap_err().to_string()
    }
}

impl Launched {
    fn next(&self) -> Heard {
        self.heard
            .recv_timeout(PATIENCE)
            .expect("something is said")
    }

    fn end(self) -> Life {
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let (mut messages, mut answered) = (Vec::new(), None);
        let outcome = loop {
            match self.next() {
                Heard::Console(false, bytes) => output.extend(bytes),
                Heard::Console(true, bytes) => errors.extend(bytes),
                Heard::Message(bytes) => messages.push(bytes),
                Heard::Answered(instance, phases) => answered = Some((instance, phases)),
                Heard::Signal(signal, action) => panic!("{signal:?} {action:?}"),
                Heard::Ended(outcome) => break outcome,
            }
        };
        assert!(
            self.heard.try_recv().is_err(),
            "nothing comes behind the end"
        );
        Life {
            output: String::from_utf8(output).unwrap(),
            errors: String::from_utf8(errors).unwrap(),
            messages,
            answered,
            outcome,
        }
    }
}

impl World {
    fn new(kind: BackendKind) -> World {
        World {
            kind,
            fixture: Fixture::new(kind),
        }
    }

    fn settings(&self, tenant: &str) -> Settings {
        let program = std::env::current_exe().unwrap();
        Settings {
            threads: 2,
            command: vec![program.into(), OsString::from(WORKER)],
            ..Settings::new(tenant, self.kind)
        }
    }

    fn jail(&self, tenant: &str) -> Jail {
        Jail::new(self.settings(tenant)).unwrap()
    }

    fn image(&self) -> &Image {
        &self.fixture.image
    }

    fn launch_with(&self, jail: &Jail, launch: Launch<'static>, flow: Flow) -> Launched {
        let (heard, receiver) = channel();
        jail.launch(
            self.image(),
            launch,
            Box::new(Ear {
                heard,
                flow,
                terminal: false,
            }),
        );
        Launched { heard: receiver }
    }

    fn launch(&self, jail: &Jail, argument: &str) -> Launched {
        let launch = Launch::new(argument.as_bytes().to_vec());
        self.launch_with(jail, launch, Flow::Continue)
    }

    /// Instances that wait for input.
    fn readers(&self, jail: &Jail, count: usize) -> (Vec<Control>, Vec<Launched>) {
        let read = |_| {
            let control = Control::new();
            let launch = Launch {
                control: Some(control.clone()),
                ..Launch::new(b"read-console".to_vec())
            };
            (control, self.launch_with(jail, launch, Flow::Continue))
        };
        (0..count).map(read).unzip()
    }

    fn run(&self, jail: &Jail, argument: &str) -> Life {
        self.launch(jail, argument).end()
    }
}

fn instances_live_as_without(world: &World) {
    let jail = world.jail("tenant");
    jail.prepare().unwrap();
    for layer in jail.missing() {
        eprintln!("NOT TESTED: {layer}");
    }
    let life = world.run(&jail, "hello");
    assert_eq!((&*life.output, &*life.errors), ("hello, world\n", ""));
    assert!(matches!(life.exit(), Exit::Status(0)), "{life:?}");
    assert_eq!(world.run(&jail, "complain").errors, "oh no\n");
    assert!(matches!(world.run(&jail, "exit 7").exit(), Exit::Status(7)));

    let life = world.run(&jail, "answer hello");
    assert_eq!(life.message(), "hello");
    let (id, early) = life.answered.unwrap();
    let outcome = life.outcome.as_ref().unwrap();
    assert_eq!(outcome.id, id);
    let phases = outcome.phases;
    let times = [
        phases.created,
        phases.entered,
        phases.answered,
        phases.exited,
        phases.gone,
    ];
    assert!(times.is_sorted() && times[0].is_some(), "{phases:?}");
    assert_eq!(early.answered, phases.answered);
    assert_eq!(outcome.usage.message_bytes, 5);

    // How it ends, in the same words as without a jail.
    for argument in [
        "slogan because",
        "panic on purpose",
        "null",
        "doorbells 3",
        "no-such-thing",
    ] {
        let ours = world.run(&jail, argument);
        let (theirs, _) = world.fixture.run(argument);
        assert_eq!(
            ours.exit().to_string(),
            theirs.exit.to_string(),
            "{argument}"
        );
        let report = |exit: &Exit| match exit {
            // The instance's id differs, and registers hold times.
            Exit::Fault(report) => format!("{:?}", report.backtrace),
            _ => String::new(),
        };
        assert_eq!(report(ours.exit()), report(&theirs.exit), "{argument}");
    }
    let limits = Limits {
        console_bytes: 5,
        ..Limits::default()
    };
    let launch = Launch {
        limits,
        ..Launch::new(&b"hello"[..])
    };
    let life = world.launch_with(&jail, launch, Flow::Continue).end();
    assert!(
        life.exit()
            .to_string()
            .contains("more than 5 bytes to the console"),
        "{life:?}"
    );

    // Each with an id of its own, also when they come together.
    let many: Vec<Launched> = (0..50).map(|_| world.launch(&jail, "identity")).collect();
    let lives = many.into_iter().map(Launched::end);
    let ids: HashSet<InstanceId> = lives.map(|life| life.outcome.unwrap().id).collect();
    assert_eq!(ids.len(), 50);
}

fn what_is_ordered_arrives(world: &World) {
    let jail = world.jail("tenant");
    let controlled = |argument: &'static str| {
        let control = Control::new();
        let launch = Launch {
            control: Some(control.clone()),
            ..Launch::new(argument.as_bytes())
        };
        (world.launch_with(&jail, launch, Flow::Continue), control)
    };
    for argument in ["spin", "wait-for-ever"] {
        let (launched, control) = controlled(argument);
        std::thread::sleep(Duration::from_millis(20));
        control.stop();
        assert!(matches!(launched.end().exit(), Exit::Stopped), "{argument}");
    }
    // Before it is launched.
    let control = Control::new();
    control.console_input(b"early, ");
    let launch = Launch {
        control: Some(control.clone()),
        ..Launch::new(&b"read-console"[..])
    };
    let launched = world.launch_with(&jail, launch, Flow::Continue);
    assert_eq!(control.wait_for_reader(), Some(usize::MAX));
    control.console_input(b"and late");
    control.console_eof();
    assert_eq!(launched.end().message(), "early, and late");

    // Who has no terminal, has no signals either.
    for (terminal, wanted) in [(true, "Some(1) false"), (false, "Some(-2) false")] {
        let control = Control::new();
        let launch = Launch {
            control: Some(control.clone()),
            ..Launch::new(&b"spin-for-signal 1"[..])
        };
        let (heard, receiver) = channel();
        let ear = Ear {
            heard,
            flow: Flow::Continue,
            terminal,
        };
        jail.launch(world.image(), launch, Box::new(ear));
        let launched = Launched { heard: receiver };
        let mut order = Vec::new();
        while !matches!(launched.next(), Heard::Console(false, _)) {
            order.push("signal action");
        }
        assert_eq!(order.len(), usize::from(terminal));
        // What draws attention while it prints is seen to there.
        std::thread::sleep(Duration::from_millis(100));
        control.signal(Signal::Hangup);
        assert_eq!(launched.end().message(), wanted);
    }

    // Its parent has heard enough.
    let launch = Launch::new(&b"echo-and-spin once"[..]);
    let life = world.launch_with(&jail, launch, Flow::Stop).end();
    assert!(matches!(life.exit(), Exit::Stopped), "{life:?}");
    // Its time is up.
    let limits = Limits {
        wall: Some(Duration::from_millis(100)),
        ..Limits::default()
    };
    let launch = Launch {
        limits,
        ..Launch::new(&b"spin"[..])
    };
    let life = world.launch_with(&jail, launch, Flow::Continue).end();
    assert!(matches!(life.exit(), Exit::TimedOut), "{life:?}");
}

fn only_given_directories_are_there(world: &World) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("file"), "contents").unwrap();
    let mount = Mount::open(directory.path(), b"/data", true).unwrap();
    let jail = Jail::new(Settings {
        mounts: [mount.clone()].into(),
        ..world.settings("tenant")
    })
    .unwrap();
    let with = |mount: &Mount| Launch {
        mounts: [mount.clone()].into(),
        ..Launch::new(&b"read-file file"[..])
    };
    let free = world.fixture.launch(&with(&mount));
    let life = world.launch_with(&jail, with(&mount), Flow::Continue).end();
    assert_eq!(life.messages, free.1.messages, "{life:?}");
    assert_eq!(life.exit().to_string(), free.0.exit.to_string());
    let other = Mount::open(directory.path(), b"/other", true).unwrap();
    let life = world.launch_with(&jail, with(&other), Flow::Continue).end();
    assert!(
        life.error().contains("the directory for /other is none"),
        "{life:?}"
    );
}

fn large_things_pass_both_ways(world: &World) {
    let jail = world.jail("tenant");
    let text = "x".repeat(6 << 20);
    let life = world.run(&jail, &format!("echo {text}"));
    assert!(life.message() == text);
    // More than fits into the memory of an instance: said, not done.
    let launch = Launch::new(vec![b'x'; 80 << 20]);
    let life = world.launch_with(&jail, launch, Flow::Continue).end();
    assert!(
        life.error().contains("bytes of memory are too few"),
        "{}",
        life.error()
    );
}

fn process_of(jail: &Jail) -> i32 {
    (jail.processes().first().copied()).unwrap_or_else(|| panic!("no worker: {jail:?}"))
}

fn kill(process: i32) {
    let process = process.to_string();
    let status = std::process::Command::new("kill")
        .args(["-9", &process])
        .status();
    assert!(status.unwrap().success());
}

fn a_killed_worker_fails_its_own_requests(world: &World) {
    let (jail, neighbour) = (world.jail("victim"), world.jail("neighbour"));
    let untouched = world.launch(&neighbour, "wait 1000");
    neighbour.prepare().unwrap();
    for round in 0..3 {
        let running: Vec<Launched> = (0..10)
            .map(|_| world.launch(&jail, "wait-for-ever"))
            .collect();
        jail.prepare().unwrap();
        assert_eq!(world.run(&jail, "echo still here").message(), "still here");
        let process = process_of(&jail);
        kill(process);
        for launched in running {
            assert_eq!(
                launched.end().error(),
                "the worker of tenant victim was killed by signal 9"
            );
        }
        // The next has a new worker, at once.
        let before = Instant::now();
        assert_eq!(world.run(&jail, "echo again").message(), "again", "{round}");
        assert!(before.elapsed() < PATIENCE / 4);
        assert_ne!(process_of(&jail), process);
        assert!(
            !std::path::Path::new(&format!("/proc/{process}")).exists(),
            "a zombie"
        );
    }
    assert!(matches!(untouched.end().exit(), Exit::Status(0)));
}

fn tenants_have_workers_of_their_own(world: &World) {
    let jails = ["one", "two"].map(|tenant| world.jail(tenant));
    for jail in &jails {
        assert_eq!(world.run(jail, "echo x").message(), "x");
    }
    let processes = jails.each_ref().map(process_of);
    assert_ne!(processes[0], processes[1]);
    for process in processes {
        let link = |name: &str| std::fs::read_link(format!("/proc/{process}/{name}"));
        let ours = std::fs::read_link("/proc/self/ns/net").unwrap();
        assert_ne!(link("ns/net").unwrap(), ours);
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        for line in [
            "NoNewPrivs:\t1",
            "Seccomp:\t2",
            "CapEff:\t0000000000000000",
            "CapBnd:\t0000000000000000",
        ] {
            assert!(status.contains(line), "{line} in {status}");
        }
    }
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

fn children() -> Vec<String> {
    let own = std::process::id().to_string();
    let is_child = |process: &String| {
        let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let parent = status
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split(' ').nth(2));
        parent == Some(&own)
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(is_child).collect()
}

/// Waits until this is so.
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn a_worker_has_so_many_instances(world: &World) {
    let jail = Jail::new(Settings {
        instances: 2,
        idle: Duration::from_millis(100),
        ..world.settings("tenant")
    })
    .unwrap();
    let (controls, mut launched) = world.readers(&jail, 5);
    eventually("there are three workers", || jail.processes().len() == 3);
    // The oldest has the first two.
    kill(process_of(&jail));
    for killed in launched.drain(..2) {
        let error = killed.end().error();
        assert!(error.contains("was killed by signal 9"), "{error}");
    }
    // A place that has become free is taken again: no fourth worker is started beside the two.
    controls[4].console_input(b"x\n");
    controls[4].console_eof();
    let last = launched.pop().expect("three are left").end();
    assert!(matches!(last.exit(), Exit::Status(0)), "{last:?}");
    assert_eq!(world.run(&jail, "echo x").message(), "x");
    assert_eq!(jail.processes().len(), 2, "{jail:?}");
    for (control, launched) in controls[2..4].iter().zip(launched) {
        control.console_input(b"y\n");
        control.console_eof();
        assert!(matches!(launched.end().exit(), Exit::Status(0)));
    }
    eventually("the workers go", || jail.processes().is_empty());
}

fn processor_time_is_limited_and_metered(world: &World) {
    let jail = world.jail("tenant");
    let limit = Duration::from_millis(200);
    let launch = Launch {
        limits: Limits {
            cpu: Some(limit),
            wall: Some(PATIENCE),
            ..Limits::default()
        },
        ..Launch::new(b"spin".to_vec())
    };
    let outcome = world.launch_with(&jail, launch, Flow::Continue).end();
    let outcome = outcome.outcome.unwrap();
    assert!(matches!(outcome.exit, Exit::CpuExceeded), "{outcome:?}");
    let spent = outcome.usage.cpu;
    assert!((limit..10 * limit).contains(&spent), "{spent:?}");
}

fn who_waits_for_long_hibernates(world: &World) {
    let directory = tempfile::tempdir().unwrap();
    let after = Duration::from_millis(10);
    let jail = Jail::new(Settings {
        instances: 1,
        hibernation: Some(Hibernation::at(directory.path(), after).unwrap()),
        ..world.settings("tenant")
    })
    .unwrap();
    // A directory for each worker, a file for each instance.
    let files = || -> Vec<_> {
        // One that was there may go while it is looked at.
        let entries = |path: PathBuf| std::fs::read_dir(path).into_iter().flatten().flatten();
        let workers = entries(directory.path().to_owned());
        let files = workers.flat_map(|worker| entries(worker.path()));
        files.map(|file| file.path()).collect()
    };
    let (controls, mut launched) = world.readers(&jail, 2);
    eventually("both hibernate", || files().len() == 2);
    let workers: HashSet<_> = files()
        .iter()
        .map(|file| file.parent().map(PathBuf::from))
        .collect();
    assert_eq!(workers.len(), 2);
    // What a worker had on disk goes with it.
    kill(process_of(&jail));
    assert!(launched.remove(0).end().error().contains("signal 9"));
    eventually("one has gone", || files().len() == 1);
    controls[1].console_input(b"x\n");
    controls[1].console_eof();
    let life = launched.remove(0).end();
    assert!(matches!(life.exit(), Exit::Status(0)), "{life:?}");
    assert!(files().is_empty());
    drop(jail);
    let is_empty = || std::fs::read_dir(directory.path()).unwrap().count() == 0;
    eventually("the directories go with the workers", is_empty);
}

fn nothing_is_left(world: &World) {
    // What the tests before have left ends some day.
    eventually("no children are left", || children().is_empty());
    let settled = || {
        let before = (open_descriptors(), threads());
        std::thread::sleep(Duration::from_millis(300));
        before == (open_descriptors(), threads())
    };
    eventually("the others have ended", settled);
    let before = (open_descriptors(), threads(), children());
    for round in 0..10 {
        let jail = world.jail("tenant");
        assert_eq!(world.run(&jail, "echo x").message(), "x");
        if round % 2 == 0 {
            kill(process_of(&jail));
        }
    }
    let now = || (open_descriptors(), threads(), children());
    let deadline = Instant::now() + PATIENCE;
    while now() != before && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(now(), before);
}

fn idle_workers_go(world: &World) {
    let jail = Jail::new(Settings {
        idle: Duration::from_millis(100),
        ..world.settings("tenant")
    })
    .unwrap();
    let first = world.launch(&jail, "wait 500");
    jail.prepare().unwrap();
    let process = process_of(&jail);
    assert!(matches!(first.end().exit(), Exit::Status(0)));
    eventually("the worker goes", || jail.processes().is_empty());
    eventually("its process goes", || {
        !std::path::Path::new(&format!("/proc/{process}")).exists()
    });
    assert_eq!(world.run(&jail, "echo x").message(), "x");
}

fn what_can_not_start_says_so_and_waits(world: &World) {
    let start = |command: &[&str]| {
        Jail::new(Settings {
            command: command.iter().map(OsString::from).collect(),
            ..world.settings("tenant")
        })
        .unwrap()
    };
    let jail = start(&["/no/such/program"]);
    assert!(
        world
            .run(&jail, "echo x")
            .error()
            .contains("could not be started: No such file")
    );
    assert!(jail.prepare().is_err());
    let jail = start(&["/bin/true"]);
    let error = world.run(&jail, "echo x").error();
    assert!(
        error.contains("could not be started: it closed its socket"),
        "{error}"
    );
    for _ in 0..3 {
        world.run(&jail, "echo x");
    }
    let error = world.run(&jail, "echo x").error();
    assert!(
        error.contains("times in a row; there is a pause"),
        "{error}"
    );
    // It says nothing that a worker says.
    let jail = start(&["/bin/sh", "-c", "echo hello >&0; sleep 100"]);
    let error = world.run(&jail, "echo x").error();
    assert!(error.contains("a frame of 1819043176 bytes"), "{error}");
}
