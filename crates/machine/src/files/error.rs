//! What can go wrong with files, in the words of POSIX.

macro_rules! errors {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// An error of POSIX.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum PosixError {
            $($(#[$doc])* $variant,)*
        }

        impl PosixError {
            /// The error with this atom's text.
            pub fn from_name(name: &str) -> Option<PosixError> {
                match name {
                    $($name => Some(PosixError::$variant),)*
                    _ => None,
                }
            }

            /// The atom's text that OTP has for it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(PosixError::$variant => $name,)*
                }
            }
        }
    };
}

errors! {
    /// Not allowed by permissions, not open for this, or not executable.
    NotAllowed "eacces",
    /// Not open in a way that allows this.
    BadDescriptor "ebadf",
    /// In use by the system itself.
    Busy "ebusy",
    /// From one volume to another.
    CrossDevice "exdev",
    /// There is one already.
    Exists "eexist",
    /// Larger than files may be.
    TooLarge "efbig",
    /// Not allowed for this kind of argument.
    Invalid "einval",
    /// The host failed.
    Io "eio",
    /// A directory where there must be none.
    IsDirectory "eisdir",
    /// Links that lead to links without end.
    Loop "eloop",
    /// A device, a pipe or a socket of the host.
    NoDevice "enxio",
    /// A name or a path beyond the limits.
    NameTooLong "enametoolong",
    /// Nothing of this name.
    NotFound "enoent",
    /// More memory than there can be.
    NoMemory "enomem",
    /// Not a program that can be run.
    NotExecutable "enoexec",
    /// The room for files is used up.
    NoSpace "enospc",
    /// What the host cannot do at all.
    NotImplemented "enosys",
    /// A directory with something in it.
    NotEmpty "enotempty",
    /// A number that is too large.
    Overflow "eoverflow",
    /// The host's quota is used up.
    Quota "edquot",
    /// A number that is too small.
    Range "erange",
    /// What must stay as it is.
    ReadOnly "erofs",
    /// A file of a file server that is gone.
    Stale "estale",
    /// A program of the host that is running.
    TextBusy "etxtbsy",
    /// More names than there can be.
    TooManyLinks "emlink",
    /// More open files than there can be.
    TooManyOpen "emfile",
    /// More than there can be on the host.
    TooManyOpenInSystem "enfile",
    /// No directory where there must be one.
    NotDirectory "enotdir",
    /// Something that this file system does not do.
    NotSupported "enotsup",
    /// Not for this kind of file.
    NotPermitted "eperm",
}
