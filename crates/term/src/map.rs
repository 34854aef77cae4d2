//! Maps: flat maps and hash array mapped tries.
