//! Names of hosts, as `/etc/hosts` has them (hosts(5)).
//!
//! A static C library cannot load what `/etc/nsswitch.conf` names, and a question to a name server is one more that
//! can stay without an answer; what is asked here is whether a process of ours is ready.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const HOSTS: &str = "/etc/hosts";

/// The addresses of a host, at least one: of a number itself, of `localhost` this machine in both its forms, of any
/// other name what `/etc/hosts` says. Nothing where that does not know it.
#[must_use]
pub fn addresses(host: &str) -> Option<Vec<IpAddr>> {
    if let Ok(address) = host.parse() {
        return Some(vec![address]);
    }
    if host.eq_ignore_ascii_case("localhost") {
        return Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    let found = named(host, &fs::read_to_string(HOSTS).unwrap_or_default());
    Some(found).filter(|found| !found.is_empty())
}

fn named(host: &str, hosts: &str) -> Vec<IpAddr> {
    let line = |line: &str| {
        let mut words = line.split('#').next()?.split_ascii_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|name| name.eq_ignore_ascii_case(host)).then_some(address)
    };
    hosts.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_for_itself() {
        assert_eq!(addresses("10.0.0.1"), Some(vec!["10.0.0.1".parse().unwrap()]));
        assert_eq!(addresses("::1"), Some(vec!["::1".parse().unwrap()]));
    }

    #[test]
    fn localhost_is_tried_in_both_forms() {
        let both = ["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        assert_eq!(addresses("LocalHost"), Some(both.to_vec()));
    }

    #[test]
    fn a_name_is_looked_up_in_the_file() {
        let hosts = "127.0.0.1 localhost\n# 10.0.0.9 db\n10.0.0.1\tapp  Db # main\nbad db\nfe80::1 db\n\n10.0.0.3 db2\n";
        let expected: Vec<IpAddr> = vec!["10.0.0.1".parse().unwrap(), "fe80::1".parse().unwrap()];
        assert_eq!(named("db", hosts), expected);
        assert_eq!(named("main", hosts), [] as [IpAddr; 0]);
    }
}
