//! Every operation and every error code of the contract, each in one table.
//!
//! An operation that isn't in the table is a violation, not an error: there is nothing to probe.

/// Writes a fieldless enum with its codes, names and decoding from one table.
macro_rules! table {
    (
        $(#[$enum_doc:meta])* $enum:ident: $code:ty;
        $( $(#[$doc:meta])* $value:literal $variant:ident $name:literal )*
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr($code)]
        pub enum $enum { $( $(#[$doc])* $variant = $value, )* }

        impl $enum {
            /// Every entry of the table, in order.
            pub const ALL: &[$enum] = &[$( $enum::$variant, )*];

            /// The entry with this code.
            pub const fn from_code(code: $code) -> Option<$enum> {
                match code {
                    $( $value => Some($enum::$variant), )*
                    _ => None,
                }
            }

            /// The code in a ring entry.
            pub const fn code(self) -> $code {
                self as $code
            }

            /// The name in reports and documents.
            pub const fn name(self) -> &'static str {
                match self { $( $enum::$variant => $name, )* }
            }
        }
    };
}

table! {
    /// The operations. Each says what the fields of its [`Submission`](crate::Submission) mean and
    /// what the result of its [`Completion`](crate::Completion) is. `address` and `length` must lie
    /// in memory that the guest itself may read (or write, where the monitor writes); anything else
    /// is a violation.
    ///
    /// Numbers are reserved in ranges: `0x0001..` the instance itself, `0x0101..` streams,
    /// `0x0201..` files, `0x0301..` other instances.
    Operation: u16;

    /// Write `length` bytes at `address` to the console's stream `argument` (1: output, 2: errors).
    /// Result: `length`. The monitor may limit the total; more is a violation.
    0x0001 ConsoleWrite "console_write"

    /// Ask for console input: at most `length` bytes (at least 1) to `address`. Completes when
    /// there is some; result: the number of bytes, 0 at the end of the input. At most one is
    /// outstanding, a second one completes with [`Error::Busy`]. The buffer belongs to the
    /// monitor until the completion.
    0x0002 ConsoleRead "console_read"

    /// Give the `length` bytes at `address` to the parent. Result: 0. The parent may end the
    /// instance instead of letting it go on.
    0x0003 Message "message"

    /// Go on when a completion is there that was not there when the doorbell was rung, or at
    /// monotonic time `argument` (`u64::MAX`: no deadline). Must be the last submission of its
    /// doorbell. Result: 1 when there is a completion, 0 at the deadline. With completions of its
    /// own doorbell to take, it completes at once.
    0x0004 Wait "wait"

    /// Freeze here. Only while building an image ([`FLAG_BUILD`](crate::boot::FLAG_BUILD)), once,
    /// as the last submission of its doorbell, with no operation outstanding. `address`: end of the
    /// memory to keep, a page boundary in the heap; what lies behind is zero in a clone. No completion: the clone's rings are empty.
    0x0005 Ready "ready"

    /// End. `argument`: the status, 0..=255. The `length` bytes at `address` (may be none) are a
    /// slogan of at most [`SLOGAN_MAX`]: why, in UTF-8, for people. No completion, and no later submission is taken.
    0x0006 Exit "exit"

    /// End because memory ran out. `argument`: how many bytes were asked for. No completion.
    0x0007 OutOfMemory "out_of_memory"

    /// Ask for the next [`Signal`] that the parent got and the guest wants
    /// ([`Operation::SignalAction`]). Completes when there is one; result: its number. Signals of
    /// one number that come faster than they are asked for are one. At most one operation is
    /// outstanding, a second one completes with [`Error::Busy`]; with [`Error::Refused`], when the
    /// parent passes no signals on.
    0x0008 NextSignal "next_signal"

    /// Say what the parent is to do with a signal: `argument` is the signal's number plus 256 times
    /// [`ACTION_DEFAULT`], [`ACTION_IGNORE`] or [`ACTION_DELIVER`]. Result: 0, or
    /// [`Error::Refused`] when the parent has no signals.
    0x0009 SignalAction "signal_action"

    /// What the console is at this moment. Result: bits 0..16 the columns of its window, 16..32 the
    /// rows, both 0 when not known; and [`TERMINAL_INPUT`], [`TERMINAL_OUTPUT`] and
    /// [`TERMINAL_ERRORS`] for each stream that is a terminal. 0 for a console that isn't one.
    0x000a Terminal "terminal"

    /// Set how the terminal behind the console treats what is typed: `argument` is
    /// [`MODE_AS_FOUND`], or [`MODE_SET`] and more of the `MODE_` bits. It is put back when the
    /// instance ends. Result: 0, or [`Error::Refused`] when the input is no terminal.
    0x000b TerminalMode "terminal_mode"

    /// Read a whole file. `argument`: its mount; source: its path, of which the last part may be a
    /// link in the way; target. Result: the size of its content, which is in the target if it fits
    /// there and is no more than [`TRANSFER_MAX`](crate::file::TRANSFER_MAX); if not, nothing is, and
    /// a larger target or a handle is needed. Directories:
    /// [`Error::IsDirectory`]. See [`file`](crate::file) for what all operations on files have in common.
    0x0201 FileReadWhole "file_read_whole"

    /// Open a file. `argument`: its mount; source: its path, of which the last part may be a link
    /// in the way, unless [`OPEN_EXCLUSIVE`](crate::file::OPEN_EXCLUSIVE) is set; `offset`: `OPEN_`
    /// bits, and the permissions of a file that is made, of which the monitor's umask takes away.
    /// Result: the handle; the target has its [`FileStatus`](crate::file::FileStatus).
    0x0202 FileOpen "file_open"

    /// Close the handle `argument`. Result: 0.
    0x0203 FileClose "file_close"

    /// Read from the handle `argument`, from byte `offset` on, into the target. Result: how many
    /// bytes, fewer than asked for only at the end of the file or beyond
    /// [`TRANSFER_MAX`](crate::file::TRANSFER_MAX).
    0x0204 FileRead "file_read"

    /// Write the source to the handle `argument`, from byte `offset` on
    /// ([`AT_END`](crate::file::AT_END) for a handle that appends, and only then). Result: how many
    /// bytes were written; fewer than there are when there are more than
    /// [`TRANSFER_MAX`](crate::file::TRANSFER_MAX), or when an error stopped it, which the next
    /// write will tell. With a target, it has the file's [`FileStatus`](crate::file::FileStatus) then.
    0x0205 FileWrite "file_write"

    /// What the file of the handle `argument` is: its [`FileStatus`](crate::file::FileStatus) in
    /// the target. Result: 0.
    0x0206 FileStatus "file_status"

    /// Give the file of the handle `argument` the length `offset`. Result: 0.
    0x0207 FileTruncate "file_truncate"

    /// Bring what was written to the handle `argument` to the disk; `offset`: 0, or
    /// [`SYNCHRONISE_DATA`](crate::file::SYNCHRONISE_DATA). Result: 0.
    0x0208 FileSynchronise "file_synchronise"

    /// See to it that the file of the handle `argument` has room for as many bytes as
    /// `target_length` says (`target_address` is 0) from byte `offset` on. Result: 0.
    0x0209 FileAllocate "file_allocate"

    /// What is at a path. `argument`: its mount; source: the path; `offset`:
    /// [`LOOK_THROUGH`](crate::file::LOOK_THROUGH) or 0, for the link itself. Result: 0; the target
    /// has its [`FileStatus`](crate::file::FileStatus).
    0x020a FileLook "file_look"

    /// Change attributes. `argument`: the mount; source: an
    /// [`AttributeChange`](crate::file::AttributeChange) and, behind it, the path, of which the last
    /// part may be a link in the way. Result: 0.
    0x020b FileChange "file_change"

    /// List a directory. `argument`: its mount; source: its path, of which the last part may be a
    /// link in the way. Result: how many bytes of [`Entries`](crate::file::Entries) the target has,
    /// which are all of them; [`Error::Range`] when they don't fit: then open it and use
    /// [`FileListNext`](Operation::FileListNext). The target has at least
    /// [`LIST_MIN`](crate::file::LIST_MIN) bytes.
    0x020c FileList "file_list"

    /// List more of the directory of the handle `argument`. Result: how many bytes of
    /// [`Entries`](crate::file::Entries) the target has; 0 when there are no more. The target has at
    /// least [`LIST_MIN`](crate::file::LIST_MIN) bytes.
    0x020d FileListNext "file_list_next"

    /// Make a directory. `argument`: the mount; source: the path; `offset`: the permissions, of
    /// which the monitor's umask takes away. Result: 0.
    0x020e FileMakeDirectory "file_make_directory"

    /// Remove an empty directory. `argument`: the mount; source: the path. Result: 0.
    0x020f FileRemoveDirectory "file_remove_directory"

    /// Take away the name of something that is no directory. `argument`: the mount; source: the
    /// path. Result: 0.
    0x0210 FileUnlink "file_unlink"

    /// Give something another name, in the place of what has it, as `rename` of POSIX does.
    /// `argument`: the mount of the old path; `offset`: that of the new one; source: both, with a
    /// zero byte between. Result: 0.
    0x0211 FileRename "file_rename"

    /// Give a file (or a symbolic link: the link itself) one more name. Fields as for
    /// [`FileRename`](Operation::FileRename). Result: 0.
    0x0212 FileLink "file_link"

    /// Make a symbolic link. `argument`: the mount; source: the path of the link, a zero byte, and
    /// where it is to lead: up to [`PATH_MAX`](crate::file::PATH_MAX) bytes, none of them zero. They
    /// mean nothing to the monitor, but the host's own programs will follow the link. Result: 0.
    0x0213 FileMakeSymbolicLink "file_make_symbolic_link"

    /// Where a symbolic link leads. `argument`: the mount; source: the path. Result: how many bytes
    /// of it the target has; [`Error::Invalid`] for what is no link.
    0x0214 FileReadLink "file_read_link"
}

table! {
    /// Signals of the parent's operating system that an instance can be told of, by their numbers
    /// on Linux.
    Signal: u8;

    /// The terminal is gone.
    1 Hangup "sighup"
    /// Typed: Ctrl-C.
    2 Interrupt "sigint"
    /// Typed: Ctrl-\.
    3 Quit "sigquit"
    /// Abort.
    6 Abort "sigabrt"
    /// The user's first own.
    10 User1 "sigusr1"
    /// The user's second own.
    12 User2 "sigusr2"
    /// A timer.
    14 Alarm "sigalrm"
    /// Please end.
    15 Terminate "sigterm"
    /// A child of the parent has changed.
    17 Child "sigchld"
    /// The parent goes on after it was stopped.
    18 Continue "sigcont"
    /// Typed: Ctrl-Z.
    20 TerminalStop "sigtstp"
    /// The terminal's window has another size.
    28 WindowChange "sigwinch"
}

table! {
    /// Why an operation failed; a completion's result is the code, negative. Errors of POSIX have
    /// their number on Linux and 256 as code; what isn't in the table is [`Error::Io`].
    Error: i64;

    /// The resource is in use by an earlier operation.
    -1 Busy "busy"
    /// The parent doesn't take this (any more).
    -2 Refused "refused"
    /// A symbolic link is in the way: [`LinkFound`](crate::file::LinkFound).
    -3 Link "link"
    /// Not allowed for this kind of file, or not to this user of the host.
    -257 NotPermitted "eperm"
    /// Nothing of this name.
    -258 NotFound "enoent"
    /// The disk failed, or the host in another way.
    -261 Io "eio"
    /// A device, a pipe or a socket, which is not opened.
    -262 NoDevice "enxio"
    /// No such handle, or not opened for this.
    -265 BadHandle "ebadf"
    /// The host has no memory for this.
    -268 NoMemory "enomem"
    /// The permissions are against it.
    -269 AccessDenied "eacces"
    /// In use by the host.
    -272 InUse "ebusy"
    /// There is one already.
    -273 Exists "eexist"
    /// From one file system of the host to another.
    -274 CrossDevice "exdev"
    /// No directory where there must be one.
    -276 NotDirectory "enotdir"
    /// A directory where there must be none.
    -277 IsDirectory "eisdir"
    /// Not allowed for this kind of argument; not a path.
    -278 Invalid "einval"
    /// The host has too many files open.
    -279 TooManyOpenInSystem "enfile"
    /// The instance, or its monitor, has too many files open.
    -280 TooManyOpen "emfile"
    /// A program of the host that is running.
    -282 TextBusy "etxtbsy"
    /// Larger than files may be.
    -283 TooLarge "efbig"
    /// The disk is full.
    -284 NoSpace "enospc"
    /// The mount, or the disk, is read-only.
    -286 ReadOnly "erofs"
    /// Too many names.
    -287 TooManyLinks "emlink"
    /// The target is too small.
    -290 Range "erange"
    /// A name or a path beyond the limits.
    -292 NameTooLong "enametoolong"
    /// The host cannot do this.
    -294 NotImplemented "enosys"
    /// A directory with something in it.
    -295 NotEmpty "enotempty"
    /// Links that lead to links without end.
    -296 Loop "eloop"
    /// A number that is too large.
    -331 Overflow "eoverflow"
    /// The host's file system does not do this.
    -351 NotSupported "enotsup"
    /// A file of a file server that is gone.
    -372 Stale "estale"
    /// The quota is used up.
    -378 Quota "edquot"
}

impl Operation {
    /// Whether it is one of those on [files](crate::file).
    pub const fn is_about_files(self) -> bool {
        self.code() >> 8 == 2
    }
}

impl Error {
    /// The error of POSIX with this number on Linux; [`Error::Io`] for those that aren't in the table.
    pub const fn from_posix(number: i32) -> Error {
        match Error::from_code(-256 - number as i64) {
            Some(error) => error,
            None => Error::Io,
        }
    }
}

/// Longest slogan of an [`Operation::Exit`], in bytes.
pub const SLOGAN_MAX: u64 = 64 << 10;
/// [`Operation::ConsoleWrite`]'s `argument` for the output stream.
pub const CONSOLE_OUTPUT: u64 = 1;
/// [`Operation::ConsoleWrite`]'s `argument` for the error stream.
pub const CONSOLE_ERRORS: u64 = 2;
/// [`Operation::SignalAction`]: what the parent's system does by itself.
pub const ACTION_DEFAULT: u64 = 0;
/// [`Operation::SignalAction`]: nothing.
pub const ACTION_IGNORE: u64 = 1;
/// [`Operation::SignalAction`]: the guest is told.
pub const ACTION_DELIVER: u64 = 2;
/// [`Operation::Terminal`]: the console's input is a terminal.
pub const TERMINAL_INPUT: u64 = 1 << 32;
/// [`Operation::Terminal`]: its output is one.
pub const TERMINAL_OUTPUT: u64 = 1 << 33;
/// [`Operation::Terminal`]: its error stream is one.
pub const TERMINAL_ERRORS: u64 = 1 << 34;
/// [`Operation::TerminalMode`]: as it was when the instance was launched.
pub const MODE_AS_FOUND: u64 = 0;
/// [`Operation::TerminalMode`]: as the other bits say.
pub const MODE_SET: u64 = 1 << 0;
/// [`Operation::TerminalMode`]: input comes by the line, which can be edited, and output is
/// processed; without it, input comes by the byte and both go through as they are.
pub const MODE_CANONICAL: u64 = 1 << 1;
/// [`Operation::TerminalMode`]: what is typed is shown.
pub const MODE_ECHO: u64 = 1 << 2;
/// [`Operation::TerminalMode`]: Ctrl-C, Ctrl-\ and Ctrl-Z are signals.
pub const MODE_SIGNALS: u64 = 1 << 3;
/// [`Operation::TerminalMode`]: but Ctrl-C is none.
pub const MODE_NO_INTERRUPT: u64 = 1 << 4;
/// All bits of [`Operation::TerminalMode`].
pub const MODE_BITS: u64 = MODE_SET | MODE_CANONICAL | MODE_ECHO | MODE_SIGNALS | MODE_NO_INTERRUPT;
/// [`Operation::Wait`]'s `argument` for a wait without deadline.
pub const NO_DEADLINE: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decode_to_themselves_and_nothing_else_does() {
        for &operation in Operation::ALL {
            assert_eq!(Operation::from_code(operation.code()), Some(operation));
        }
        let known = (0..=u16::MAX)
            .filter(|&code| Operation::from_code(code).is_some())
            .count();
        assert_eq!(known, Operation::ALL.len());
        for &error in Error::ALL {
            assert!(error.code() < 0);
            assert_eq!(Error::from_code(error.code()), Some(error));
        }
        assert_eq!(Error::from_posix(2), Error::NotFound);
        assert_eq!(Error::from_posix(3), Error::Io);
        assert_eq!(Error::from_posix(i32::MIN), Error::Io);
    }
}
