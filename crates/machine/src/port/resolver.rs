//! What stands in for the program `inet_gethost`, which OTP asks for addresses and names of hosts, and whose absence
//! makes it halt. An instance knows itself, and addresses that are written as such.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::driver::{Driver, Output};
use crate::platform::Platform;

const HOST_BY_NAME: u8 = 1;
const HOST_BY_ADDRESS: u8 = 2;
const IPV4: u8 = 1;
const IPV6: u8 = 2;

/// The name of an instance for itself.
pub const SELF: &str = "localhost";

/// The program. It keeps nothing from question to question.
#[derive(Debug)]
pub struct Resolver;

/// An address' bytes, and the name that belongs to it.
type Host = (Vec<u8>, String);

fn by_name(protocol: u8, name: &[u8]) -> Option<Host> {
    let name = name.strip_suffix(b"\0").unwrap_or(name);
    let name = core::str::from_utf8(name).ok()?;
    let itself = name.eq_ignore_ascii_case(SELF);
    let address = match protocol {
        IPV4 if itself => Ipv4Addr::LOCALHOST.octets().to_vec(),
        IPV6 if itself => Ipv6Addr::LOCALHOST.octets().to_vec(),
        IPV4 => name.parse::<Ipv4Addr>().ok()?.octets().to_vec(),
        IPV6 => name.parse::<Ipv6Addr>().ok()?.octets().to_vec(),
        _ => return None,
    };
    Some((address, name.into()))
}

fn by_address(protocol: u8, address: &[u8]) -> Option<Host> {
    let itself = match protocol {
        IPV4 => Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).is_loopback(),
        IPV6 => Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).is_loopback(),
        _ => false,
    };
    itself.then(|| (address.to_vec(), SELF.into()))
}

impl Driver for Resolver {
    fn command(&mut self, input: &[u8], _: &mut dyn Platform) -> Option<Output> {
        self.answer(input)
    }
}

impl Resolver {
    /// A question is a serial number, the operation, the protocol, and a name or an address. The answer is the serial
    /// number, the size of an address, addresses and names; or the size 0 and the name of an error.
    fn answer(&mut self, input: &[u8]) -> Option<Output> {
        let (serial, question) = input.split_first_chunk::<4>()?;
        let host = match question {
            [HOST_BY_NAME, protocol, name @ ..] => by_name(*protocol, name),
            [HOST_BY_ADDRESS, protocol, address @ ..] => by_address(*protocol, address),
            // Orders to the program that want no answer.
            _ => return None,
        };
        const ONE: [u8; 4] = 1_u32.to_be_bytes();
        let mut answer = serial.to_vec();
        match host {
            Some((address, name)) => {
                answer.push(address.len() as u8);
                answer.extend_from_slice(&ONE);
                answer.extend_from_slice(&address);
                answer.extend_from_slice(&ONE);
                answer.extend_from_slice(name.as_bytes());
            }
            None => {
                answer.push(0);
                answer.extend_from_slice(b"host_not_found");
            }
        }
        answer.push(0);
        Some(Output::bytes(&answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(question: &[u8]) -> Option<Vec<u8>> {
        match Resolver.answer(question)? {
            Output::Data { body, .. } => body.map(|body| body.to_vec()),
            _ => None,
        }
    }

    #[test]
    fn it_knows_itself_and_what_is_written_as_an_address() {
        let answer = ask(b"\0\0\0\x07\x01\x01localhost\0");
        let expected = b"\0\0\0\x07\x04\0\0\0\x01\x7f\0\0\x01\0\0\0\x01localhost\0";
        assert_eq!(answer.as_deref(), Some(&expected[..]));
        let answer = ask(b"\0\0\0\x08\x02\x01\x7f\0\0\x01");
        assert!(answer.is_some_and(|answer| answer.ends_with(b"localhost\0")));
        let answer = ask(b"\0\0\0\x09\x01\x02::1\0");
        assert!(answer.is_some_and(|answer| answer[4] == 16));
        let answer = ask(b"\0\0\0\x0a\x01\x01example.org\0");
        assert_eq!(
            answer.as_deref(),
            Some(&b"\0\0\0\x0a\0host_not_found\0"[..])
        );
        assert_eq!(ask(b"\0\0\0\x0b\x03"), None);
        assert_eq!(ask(b"\0"), None);
    }
}
