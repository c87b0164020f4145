//! Host names, from `/etc/hosts` (hosts(5)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::etc::file;

const HOSTS: &str = "/etc/hosts";

/// The addresses of a host without asking a name server: a number is its own address, `localhost` is both loopback
/// addresses, and any other name is looked up in `/etc/hosts`. Empty if it is not there.
#[must_use]
pub fn addresses(host: &str) -> Vec<IpAddr> {
    if let Ok(address) = host.parse() {
        return vec![address];
    }
    if host.eq_ignore_ascii_case("localhost") {
        return vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    }
    look_up(host, &file::read(HOSTS))
}

fn look_up(host: &str, hosts: &str) -> Vec<IpAddr> {
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
    fn a_number_is_its_own_address() {
        assert_eq!(addresses("10.0.0.1"), ["10.0.0.1".parse::<IpAddr>().unwrap()]);
        assert_eq!(addresses("::1"), ["::1".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn localhost_has_both_loopback_addresses() {
        let both: [IpAddr; 2] = ["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        assert_eq!(addresses("LocalHost"), both);
    }

    #[test]
    fn a_name_is_looked_up_in_the_file() {
        let hosts = "127.0.0.1 localhost\n# 10.0.0.9 db\n10.0.0.1\tapp  Db # main\nbad db\nfe80::1 db\n\n10.0.0.3 db2\n";
        let expected: Vec<IpAddr> = vec!["10.0.0.1".parse().unwrap(), "fe80::1".parse().unwrap()];
        assert_eq!(look_up("db", hosts), expected);
        assert_eq!(look_up("main", hosts), [] as [IpAddr; 0]);
    }
}
