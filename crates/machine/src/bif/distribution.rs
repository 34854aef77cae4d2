//! What the distribution of OTP asks of the emulator. A node here has no others: nothing can be connected.

use brood_term::{Heap, Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{badarg, error};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "dist_get_stat", 1, no_channel),
    entry("erlang", "dist_ctrl_input_handler", 2, no_controller),
    entry("erlang", "dist_ctrl_put_data", 2, no_controller),
    entry("erlang", "dist_ctrl_get_data", 1, no_controller),
    entry(
        "erlang",
        "dist_ctrl_get_data_notification",
        1,
        no_controller,
    ),
    entry("erlang", "dist_ctrl_get_opt", 2, no_controller),
    entry("erlang", "dist_ctrl_set_opt", 3, no_controller),
    entry(
        "erts_internal",
        "create_dist_channel",
        3,
        create_dist_channel_3,
    ),
    entry("erts_internal", "new_connection", 1, no_channel),
    entry("erts_internal", "abort_pending_connection", 2, no_channel),
    entry("erts_internal", "get_dflags", 0, get_dflags_0),
    entry("erts_debug", "dist_ext_to_term", 2, no_channel),
];

/// The flags of OTP 25's distribution protocol: those that it offers, needs, may add, may reject, and those that ask for
/// strict order.
const DISTRIBUTION_FLAGS: [i64; 5] = [55_966_662_588, 17_239_956, 55_966_662_588, 8_396_866, 8192];

/// There are no handles of channels, so whatever is given is none.
fn no_channel(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Err(badarg())
}

/// OTP's answer to a process that controls no channel.
fn no_controller(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    Err(error(context.machine.atom("notsup")))
}

/// OTP's answer on a node that is not alive, as the atom that the calling function raises.
fn create_dist_channel_3(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::BADARG)
}

/// The record `erts_dflags`.
fn get_dflags_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let tag = context.machine.atom("erts_dflags");
    let heap = context.heap();
    let [offered, needed, addable, rejectable, strict] =
        DISTRIBUTION_FLAGS.map(|flags| heap.integer(flags));
    Ok(heap.tuple(&[tag, offered, needed, addable, rejectable, strict]))
}
