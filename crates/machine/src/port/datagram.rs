//! `udp_inet` where there is no network: a socket that can be opened and bound, and knows the name of the host, for which
//! OTP opens one. What would go out is refused.

use alloc::vec::Vec;

use super::driver::{Driver, Output};
use super::resolver;
use crate::platform::Platform;

/// What OTP adds to the numbers of operations on sockets.
const SOCKET: u32 = 0x03f1_a300;
/// Operations, by OTP's numbers.
const OPEN: u32 = 1;
const BIND: u32 = 6;
const SET_OPTIONS: u32 = 7;
const GET_HOST_NAME: u32 = 12;

/// First bytes of answers.
const OK: u8 = 1;
const ERROR: u8 = 0;

/// The first port of those that a host gives away.
const EPHEMERAL_PORT: u16 = 49152;

/// The socket.
#[derive(Debug)]
pub struct Socket;

impl Driver for Socket {
    fn command(&mut self, _: &[u8], _: &mut dyn Platform) -> Option<Output> {
        Some(Output::Refusal("enetdown"))
    }

    fn control(&mut self, operation: u32, input: &[u8], _: &mut dyn Platform) -> Option<Vec<u8>> {
        let answer: &[u8] = match (operation.wrapping_sub(SOCKET), input) {
            (OPEN | SET_OPTIONS, _) => &[],
            // The family, and the port.
            (BIND, [_, 0, 0, ..]) => &EPHEMERAL_PORT.to_be_bytes(),
            (BIND, [_, high, low, ..]) => &[*high, *low],
            (GET_HOST_NAME, _) => resolver::SELF.as_bytes(),
            _ => return Some([&[ERROR], b"enetdown".as_slice()].concat()),
        };
        Some([&[OK], answer].concat())
    }
}
