//! Sending.

use brood_term::{Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, badarg_cause};
use crate::tracing::saved_calls::Saved;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "!", 2, send_2),
    entry("erlang", "send", 2, send_2),
    entry("erlang", "send", 3, send_3),
];

fn send_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    send(context, arguments[0], arguments[1])?;
    Ok(arguments[1])
}

fn send_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [to, message, list] = *arguments else {
        return Err(badarg());
    };
    let mut options = list.list();
    if !options.all(|option| option == known::NOSUSPEND || option == known::NOCONNECT)
        || !options.ended_proper()
    {
        return Err(badarg_cause(context.machine.atom("badopt")));
    }
    send(context, to, message)?;
    Ok(known::OK)
}

/// `To ! Message`.
///
/// # Errors
///
/// `badarg` when `to` is no destination, or an atom that nobody is registered under.
pub fn send(context: &mut Context<'_>, to: Term, message: Term) -> Result<(), Control> {
    context.charge(4);
    context.process.save_call(Saved::Send);
    context.trace_send(to, message);
    if context.send(to, message) || to.is_local_pid() || to.is_reference() || to.is_pid() {
        return Ok(());
    }
    match to.as_tuple_of::<2>() {
        Some(&[name, node]) if name.is_atom() && node.is_atom() => {
            // To another node goes nothing: there is no distribution.
            if node == context.machine.node_name {
                context.send(name, message);
            }
            Ok(())
        }
        _ => Err(badarg()),
    }
}
