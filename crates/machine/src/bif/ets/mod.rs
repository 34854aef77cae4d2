//! `ets`: tables of tuples that processes share.

use brood_term::Term;

use super::Entry;
use crate::machine::Machine;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[];

/// All tables.
#[derive(Debug, Default)]
pub struct Tables {}

impl Tables {
    /// What follows from the end of the process `pid`.
    pub fn owner_ended(_machine: &mut Machine, _pid: Term) {}
}
