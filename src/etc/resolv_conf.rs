//! Which name servers to ask, from `/etc/resolv.conf` (resolv.conf(5)).

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use crate::etc::file;
use crate::sys::connect;

const RESOLV_CONF: &str = "/etc/resolv.conf";

/// The port of name servers.
const PORT: u16 = 53;
/// The C library asks no more servers than this, either.
const MOST_SERVERS: usize = 3;
/// The largest values that the C library accepts.
const MOST_ATTEMPTS: u32 = 5;
const MOST_SECONDS: u32 = 30;
const MOST_DOTS: u32 = 15;

/// Which name servers to ask, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolverConfig {
    /// The servers, at least one, in the order in which they are asked.
    pub servers: Vec<SocketAddr>,
    /// The domains in which a short name is looked up.
    pub search: Vec<String>,
    /// A name with at least this many dots is first looked up as it is.
    pub dots: usize,
    /// How long a server may take to answer.
    pub timeout: Duration,
    /// How often each server is asked.
    pub attempts: usize,
}

impl Default for ResolverConfig {
    /// The defaults of the C library: without a file, a server on this host is asked.
    fn default() -> Self {
        Self {
            servers: vec![SocketAddr::new(Ipv4Addr::LOCALHOST.into(), PORT)],
            search: Vec::new(),
            dots: 1,
            timeout: Duration::from_secs(5),
            attempts: 2,
        }
    }
}

impl ResolverConfig {
    /// Reads the file, which may have changed since the last time.
    #[must_use]
    pub fn read() -> Self {
        Self::parse(&file::read(RESOLV_CONF))
    }

    fn parse(text: &str) -> Self {
        let mut config = Self::default();
        let mut servers = Vec::new();
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("nameserver") => servers.extend(words.next().and_then(server)),
                // The last of these lines counts.
                Some("search") => config.search = words.map(str::to_owned).collect(),
                Some("domain") => config.search = words.take(1).map(str::to_owned).collect(),
                Some("options") => words.for_each(|option| config.set(option)),
                _ => {}
            }
        }
        servers.truncate(MOST_SERVERS);
        if !servers.is_empty() {
            config.servers = servers;
        }
        config
    }

    /// Sets an option such as `ndots:5`. Unknown ones are ignored.
    fn set(&mut self, option: &str) {
        let Some((name, number)) = option.split_once(':') else { return };
        let Ok(number) = number.parse::<u32>() else { return };
        match name {
            "ndots" => self.dots = number.min(MOST_DOTS) as usize,
            "timeout" => self.timeout = Duration::from_secs(number.clamp(1, MOST_SECONDS).into()),
            "attempts" => self.attempts = number.clamp(1, MOST_ATTEMPTS) as usize,
            _ => {}
        }
    }
}

/// An address, or one that is valid on one link alone: `fe80::1%eth0`.
fn server(address: &str) -> Option<SocketAddr> {
    let (ip, link) = address.split_once('%').map_or((address, None), |(ip, link)| (ip, Some(link)));
    match (ip.parse().ok()?, link) {
        (IpAddr::V6(ip), Some(link)) => {
            let index = link.parse().ok().or_else(|| connect::interface_index(link))?;
            Some(SocketAddrV6::new(ip, PORT, 0, index).into())
        }
        (ip, None) => Some(SocketAddr::new(ip, PORT)),
        (IpAddr::V4(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(addresses: &[&str]) -> Vec<SocketAddr> {
        addresses.iter().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn the_file_of_a_pod_is_read() {
        let text =
            "search shop.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";
        let config = ResolverConfig {
            servers: servers(&["10.96.0.10:53"]),
            search: vec!["shop.svc.cluster.local".to_owned(), "svc.cluster.local".to_owned()],
            dots: 5,
            ..ResolverConfig::default()
        };
        assert_eq!(ResolverConfig::parse(text), config);
    }

    #[test]
    fn comments_and_what_is_malformed_are_ignored() {
        let text = "# nameserver 1.1.1.1\n; nameserver 1.1.1.1\nnameserver\nnameserver x\nnameserver 10.0.0.1%lo\n\
                    options rotate ndots:x timeout:\nsortlist 1.2.3.4\n";
        assert_eq!(ResolverConfig::parse(text), ResolverConfig::default());
    }

    #[test]
    fn the_last_search_counts_and_the_first_three_servers() {
        let text = "nameserver ::1\nnameserver 127.0.0.11 # Docker\nnameserver fe80::1%7\nnameserver 10.0.0.4\n\
                    search a b\ndomain c d\noptions timeout:1 attempts:3\noptions timeout:99 attempts:0\n";
        let config = ResolverConfig {
            servers: servers(&["[::1]:53", "127.0.0.11:53", "[fe80::1%7]:53"]),
            search: vec!["c".to_owned()],
            timeout: Duration::from_secs(30),
            attempts: 1,
            ..ResolverConfig::default()
        };
        assert_eq!(ResolverConfig::parse(text), config);
    }

    #[test]
    fn an_address_on_a_link_has_the_number_of_the_interface() {
        assert_eq!(server("fe80::1%lo").map(|server| server.port()), Some(PORT));
        assert_eq!(server("fe80::1%no-such-link"), None);
    }
}
