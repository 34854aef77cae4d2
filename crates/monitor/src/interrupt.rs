//! The signal that brings a thread back from an instance that it runs.

use std::io;
use std::sync::Once;

/// Its number.
pub(crate) fn signal() -> libc::c_int {
    libc::SIGRTMIN() + 5
}

/// Gives the signal a handler that does nothing: all it is for is to interrupt `KVM_RUN`, and receiving
/// from a socket that has a time limit. Other calls are restarted.
pub(crate) fn install_handler() {
    static INSTALL: Once = Once::new();
    extern "C" fn nothing(_: libc::c_int) {}
    INSTALL.call_once(|| {
        // SAFETY: an all-zero sigaction is valid; the handler is a function that does nothing.
        let installed = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
            action.sa_flags = libc::SA_RESTART;
            libc::sigaction(signal(), &action, std::ptr::null_mut())
        };
        if installed != 0 {
            tracing::error!(
                "no handler for the interrupting signal: {}",
                io::Error::last_os_error()
            );
        }
    });
}
