//! What can go wrong with files, in the words of POSIX.

macro_rules! errors {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// An error of POSIX.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum PosixError {
            $($(#[$doc])* $variant,)*
        }

        impl PosixError {
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
    /// Not open for this, or not executable.
    NotAllowed "eacces",
    /// Not open in a way that allows this.
    BadDescriptor "ebadf",
    /// In use by the system itself.
    Busy "ebusy",
    /// There is one already.
    Exists "eexist",
    /// Larger than files may be.
    TooLarge "efbig",
    /// Not allowed for this kind of argument.
    Invalid "einval",
    /// A directory where there must be none.
    IsDirectory "eisdir",
    /// Links that lead to links without end.
    Loop "eloop",
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
    /// No directory where there must be one.
    NotDirectory "enotdir",
    /// Something that this file system does not do.
    NotSupported "enotsup",
    /// Not for this kind of file.
    NotPermitted "eperm",
}
