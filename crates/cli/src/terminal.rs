//! The terminal and the signals of this program, lent to an instance.
//!
//! Whatever mode an instance puts the terminal in, it is put back: when the instance is gone, when this program is
//! stopped (Ctrl-Z) or ended by a signal, when it panics.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use brood_monitor::{
    ConsoleStream, Control, EventSink, Flow, Signal, SignalAction, Terminal, TerminalMode,
    TerminalState,
};
use rustix::stdio::{stderr, stdin, stdout};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, tcgetattr,
    tcgetwinsize, tcsetattr,
};
use signal_hook::low_level::emulate_default_handler;

use crate::run::status;

/// Standard input, output and error as an instance's console, with the terminal behind them and the signals of this
/// process.
#[derive(Debug)]
pub struct Attached {
    control: Control,
    host: Arc<Host>,
    failure: Option<io::Error>,
}

impl Attached {
    /// Attaches the instance that this control is for. From now on signals of this process are for it.
    pub fn new(control: &Control) -> anyhow::Result<Attached> {
        let host = Arc::new(Host::new());
        pass_signals_on(control.clone(), Arc::clone(&host))?;
        feed_input(control.clone())?;
        Ok(Attached {
            control: control.clone(),
            host,
            failure: None,
        })
    }

    /// Whether Ctrl-C (or SIGTERM) ended the instance, which did not want to be told of it.
    pub fn was_interrupted(&self) -> bool {
        self.host.interrupted.load(Ordering::Relaxed)
    }

    /// Gives the terminal back. An error if what the instance printed could not be written.
    pub fn detach(mut self) -> io::Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.host.set_mode(None);
    }
}

impl EventSink for Attached {
    fn console(&mut self, stream: ConsoleStream, bytes: &[u8]) {
        fn write(mut to: impl Write, bytes: &[u8]) -> io::Result<()> {
            to.write_all(bytes)?;
            to.flush()
        }
        let written = match stream {
            ConsoleStream::Output => write(io::stdout().lock(), bytes),
            ConsoleStream::Errors => write(io::stderr().lock(), bytes),
        };
        if let Err(error) = written {
            self.failure.get_or_insert(error);
            self.control.stop();
        }
    }

    fn message(&mut self, _bytes: &[u8]) -> Flow {
        // A crash report, which the logger has printed already.
        Flow::Continue
    }

    fn terminal(&mut self) -> Option<&mut dyn Terminal> {
        Some(self)
    }
}

impl Terminal for Attached {
    fn state(&mut self) -> TerminalState {
        // The window is that of the input, as for whoever edits lines there.
        let size = [stdin(), stdout()]
            .into_iter()
            .find_map(|stream| tcgetwinsize(stream).ok());
        TerminalState {
            input: stdin().is_terminal(),
            output: stdout().is_terminal(),
            errors: stderr().is_terminal(),
            columns: size.map_or(0, |size| size.ws_col),
            rows: size.map_or(0, |size| size.ws_row),
        }
    }

    fn set_mode(&mut self, mode: Option<TerminalMode>) -> bool {
        self.host.set_mode(mode)
    }

    fn set_signal(&mut self, signal: Signal, action: SignalAction) {
        let mut state = self.host.lock();
        state.actions.retain(|(known, _)| *known != signal);
        state.actions.push((signal, action));
    }
}

/// What the thread of the instance and that of signals share.
#[derive(Debug)]
struct Host {
    /// How standard input was found, if it is a terminal.
    found: Option<Termios>,
    state: Mutex<State>,
    interrupted: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// The mode that the instance wants.
    mode: Option<TerminalMode>,
    actions: Vec<(Signal, SignalAction)>,
}

impl Host {
    fn new() -> Host {
        Host {
            found: tcgetattr(stdin()).ok(),
            state: Mutex::default(),
            interrupted: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each statement leaves the state consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn action(&self, signal: Signal) -> SignalAction {
        let state = self.lock();
        let line = state.actions.iter().find(|(known, _)| *known == signal);
        line.map_or(SignalAction::Default, |&(_, action)| action)
    }

    /// Sets the mode of the terminal. Gives whether there is one.
    fn set_mode(&self, mode: Option<TerminalMode>) -> bool {
        let mut state = self.lock();
        let changes = state.mode.is_some() || mode.is_some();
        state.mode = mode;
        if changes {
            self.apply(mode);
        }
        self.found.is_some()
    }

    /// Does to the terminal what a mode says.
    fn apply(&self, mode: Option<TerminalMode>) {
        let Some(found) = &self.found else {
            return;
        };
        let settings = mode.map_or_else(|| found.clone(), |mode| settings(found, mode));
        if let Err(error) = tcsetattr(stdin(), OptionalActions::Now, &settings) {
            tracing::debug!(%error, "the terminal");
        }
    }

    /// Does what this system does with a signal, with the terminal as it was found meanwhile.
    fn do_by_default(&self, signal: Signal) {
        let mode = self.lock().mode;
        if mode.is_some() {
            self.apply(None);
        }
        if let Err(error) = emulate_default_handler(i32::from(signal.code())) {
            tracing::debug!(%error, signal = signal.name(), "signal");
        }
        if mode.is_some() {
            self.apply(mode);
        }
    }
}

/// The settings of a terminal that was found with others.
fn settings(found: &Termios, mode: TerminalMode) -> Termios {
    let mut settings = found.clone();
    settings.input_modes.remove(InputModes::ISTRIP);
    if mode.canonical {
        settings.input_modes.insert(InputModes::ICRNL);
        settings.output_modes.insert(OutputModes::OPOST);
        settings.local_modes.insert(LocalModes::ICANON);
    } else {
        settings.input_modes.remove(InputModes::ICRNL);
        settings.output_modes.remove(OutputModes::OPOST);
        settings.local_modes.remove(LocalModes::ICANON);
        settings.special_codes[SpecialCodeIndex::VMIN] = 1;
        settings.special_codes[SpecialCodeIndex::VTIME] = 0;
    }
    settings.local_modes.set(LocalModes::ECHO, mode.echo);
    if !mode.signals {
        let flow = InputModes::BRKINT | InputModes::IGNPAR | InputModes::IXON | InputModes::IXANY;
        settings.input_modes.remove(flow | InputModes::ICRNL);
        let keys = LocalModes::ISIG | LocalModes::IEXTEN;
        settings.local_modes.remove(keys);
    }
    if mode.no_interrupt {
        const DISABLED: u8 = 0;
        settings.special_codes[SpecialCodeIndex::VINTR] = DISABLED;
    }
    settings
}

/// What does not end or stop this process if nobody cares for it.
fn is_harmless(signal: Signal) -> bool {
    matches!(
        signal,
        Signal::Child | Signal::Continue | Signal::WindowChange
    )
}

/// Takes the signals of this process, in a thread that ends with it.
fn pass_signals_on(control: Control, host: Arc<Host>) -> anyhow::Result<()> {
    let numbers = Signal::ALL.iter().map(|signal| i32::from(signal.code()));
    let mut signals =
        signal_hook::iterator::Signals::new(numbers).context("cannot handle signals")?;
    let pass = move || {
        for number in signals.forever() {
            let signal = u8::try_from(number).ok().and_then(Signal::from_code);
            if let Some(signal) = signal {
                take_signal(signal, &control, &host);
            }
        }
    };
    std::thread::Builder::new()
        .name("brood-signals".to_owned())
        .spawn(pass)
        .context("cannot start a thread for signals")?;
    Ok(())
}

fn take_signal(signal: Signal, control: &Control, host: &Host) {
    if signal == Signal::Continue {
        // Whoever had the terminal meanwhile may have changed it.
        let mode = host.lock().mode;
        if mode.is_some() {
            host.apply(mode);
        }
    }
    let ends = |host: &Host| {
        host.apply(None);
        std::process::exit(i32::from(status::INTERRUPTED))
    };
    match host.action(signal) {
        SignalAction::Ignore => {}
        SignalAction::Deliver => {
            if signal == Signal::Interrupt {
                if control.is_pending(signal) {
                    ends(host);
                }
                // The terminal forgets what was typed before Ctrl-C; so does whoever read ahead.
                control.discard_input();
            }
            control.signal(signal);
        }
        SignalAction::Default if is_harmless(signal) => {}
        SignalAction::Default if matches!(signal, Signal::Interrupt | Signal::Terminate) => {
            if host.interrupted.swap(true, Ordering::Relaxed) {
                ends(host);
            }
            control.stop();
        }
        SignalAction::Default => host.do_by_default(signal),
    }
}

/// Passes standard input on, from a thread that ends with this process: as much as is asked for, when it is asked for,
/// so that the rest is there for whoever comes next.
fn feed_input(control: Control) -> anyhow::Result<()> {
    let feed = move || {
        let mut buffer = vec![0; 64 << 10];
        while let Some(wanted) = control.wait_for_reader() {
            let length = wanted.min(buffer.len());
            match rustix::io::read(stdin().as_fd(), &mut buffer[..length]) {
                Ok(0) => return control.console_eof(),
                Ok(length) => control.console_input(&buffer[..length]),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    tracing::debug!(%error, "standard input");
                    return control.console_eof();
                }
            }
        }
    };
    std::thread::Builder::new()
        .name("brood-input".to_owned())
        .spawn(feed)
        .context("cannot start a thread for standard input")?;
    Ok(())
}
