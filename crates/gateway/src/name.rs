//! Names of applications.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// The longest name: a label of a host name has no more.
const LENGTH_MAX: usize = 63;

/// An application's name: 1 to 63 of `a` to `z`, `0` to `9` and `-`. So it is a label of a host name,
/// and as a part of a file name it leads nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// The name that this text is.
    pub fn new(text: &str) -> Option<Name> {
        let is_allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let is_name = (1..=LENGTH_MAX).contains(&text.len()) && text.bytes().all(is_allowed);
        is_name.then(|| Name(text.into()))
    }

    /// The name that the first label of a host is, whatever its case; `host` may have a port. An
    /// address has none.
    pub fn of_host(host: &str) -> Option<Name> {
        let host = host.split(':').next()?;
        if host.parse::<Ipv4Addr>().is_ok() {
            return None;
        }
        Name::new(&host.split('.').next()?.to_ascii_lowercase())
    }

    /// The text, to be shared.
    pub(crate) fn shared(&self) -> &Arc<str> {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_names() {
        let long = "x".repeat(LENGTH_MAX);
        for (host, name) in [
            ("shop.example.org", "shop"),
            ("Shop.Example.Org:8080", "shop"),
            ("shop", "shop"),
            ("shop:80", "shop"),
            ("a-1.localhost", "a-1"),
            ("127.example", "127"),
            (&long, &long),
        ] {
            let found = Name::of_host(host).expect(host);
            assert_eq!(found.to_string(), name);
        }
    }

    #[test]
    fn what_is_none_leads_nowhere() {
        let long = "x".repeat(LENGTH_MAX + 1);
        for host in [
            "",
            ".",
            ".example.org",
            "..",
            "../x",
            "a/b.example",
            "a\\b",
            "a_b",
            "ž.example",
            "a b",
            "a\0",
            "127.0.0.1",
            "127.0.0.1:8080",
            "[::1]:8080",
            "*.example",
            &long,
        ] {
            assert_eq!(Name::of_host(host), None, "{host:?}");
        }
        assert_eq!(Name::new("Shop"), None);
    }
}
