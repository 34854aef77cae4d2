//! A program on a pseudo-terminal: keys in, screen out.
#![allow(dead_code, reason = "each test program uses a part")]

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};

/// A program is done with what it was sent when it has said nothing for so long.
const QUIET: Duration = Duration::from_millis(250);

/// What the screen shows, and where the cursor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    pub rows: Vec<String>,
    pub cursor: (u16, u16),
}

struct Shown {
    parser: vt100::Parser,
    /// When there was something last.
    last: Instant,
    bytes: usize,
}

/// A program that runs on a terminal of its own.
pub struct OnTerminal {
    master: File,
    /// Open, so that the terminal stays when the program is gone.
    slave: OwnedFd,
    shown: Arc<Mutex<Shown>>,
    child: Child,
}

impl OnTerminal {
    /// Starts it in a window of so many columns and rows.
    pub fn start(command: &mut Command, columns: u16, rows: u16) -> OnTerminal {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&master).expect("grantpt");
        unlockpt(&master).expect("unlockpt");
        let name = ptsname(&master, Vec::new()).expect("ptsname");
        let slave = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())
            .expect("the terminal's other side");
        tcsetwinsize(&slave, window(columns, rows)).expect("a size");
        let end = || slave.try_clone().expect("one more descriptor");
        command.stdin(end()).stdout(end()).stderr(end());
        // SAFETY: both calls are async-signal-safe, and the closure does nothing else.
        unsafe {
            command.pre_exec(|| {
                rustix::process::setsid()?;
                let input = std::os::fd::BorrowedFd::borrow_raw(0);
                rustix::process::ioctl_tiocsctty(input)?;
                Ok(())
            });
        }
        let child = command.spawn().expect("it can be run");
        let shown = Arc::new(Mutex::new(Shown {
            parser: vt100::Parser::new(cells(rows), cells(columns), 0),
            last: Instant::now(),
            bytes: 0,
        }));
        let master = File::from(master);
        let (mut output, seen) = (master.try_clone().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                let mut shown = seen.lock().unwrap();
                shown.parser.process(&buffer[..length]);
                shown.last = Instant::now();
                shown.bytes += length;
            }
        });
        OnTerminal {
            master,
            slave,
            shown,
            child,
        }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.master
            .write_all(keys.as_bytes())
            .expect("it takes keys");
    }

    /// Gives the window another size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let mut shown = self.shown.lock().unwrap();
        shown
            .parser
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        drop(shown);
        tcsetwinsize(self.slave.as_fd(), window(columns, rows)).expect("another size");
    }

    /// The screen as it is now.
    pub fn screen(&self) -> Screen {
        let shown = self.shown.lock().unwrap();
        let screen = shown.parser.screen();
        let (_, columns) = screen.size();
        Screen {
            rows: screen.rows(0, columns.get()).collect(),
            cursor: screen.cursor_position(),
        }
    }

    /// How many bytes came so far.
    pub fn bytes(&self) -> usize {
        self.shown.lock().unwrap().bytes
    }

    /// Whether it has been saying nothing for a while.
    pub fn is_quiet(&self) -> bool {
        self.shown.lock().unwrap().last.elapsed() > QUIET
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub fn expect(&self, what: &str, patience: Duration, holds: impl Fn(&Screen) -> bool) {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if holds(&screen) {
                return;
            }
            assert!(
                start.elapsed() < patience,
                "{what} did not come: {screen:#?}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types each of these keys and waits for the prompt behind them, with the cursor, to be there when it has been
    /// answered. Without keys, for a first prompt.
    #[track_caller]
    pub fn dialogue(&mut self, patience: Duration, steps: &[(&str, &str)]) {
        for (keys, prompt) in steps {
            let before = self.bytes();
            self.keys(keys);
            self.expect(prompt, patience, |screen| {
                let row = &screen.rows[usize::from(screen.cursor.0)];
                let answered = keys.is_empty() || self.bytes() > before;
                answered && self.is_quiet() && row.trim_end() == *prompt
            });
        }
    }

    /// Whether the terminal shows and edits lines by itself, as terminals are found.
    pub fn is_cooked(&self) -> bool {
        use rustix::termios::{LocalModes, OutputModes};
        let settings = tcgetattr(&self.slave).expect("settings");
        settings
            .local_modes
            .contains(LocalModes::ICANON | LocalModes::ECHO)
            && settings.output_modes.contains(OutputModes::OPOST)
    }

    /// The program's process.
    pub fn process(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(&mut self, patience: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return status;
            }
            let screen = self.screen();
            assert!(start.elapsed() < patience, "it goes on: {screen:#?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // Fails for one that has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a window has an inside")
}

fn window(columns: u16, rows: u16) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}
