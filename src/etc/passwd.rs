//! Users and groups, from `/etc/passwd` and `/etc/group`.
//!
//! getpwnam(3) would not do: in a static binary the C library cannot load its name services, and containers have no
//! other source than these two files.

use std::fmt;
use std::fs;
use std::io;

/// The user and the groups of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Supplementary groups, including the group itself.
    pub groups: Vec<u32>,
}

/// A `USER[:GROUP]` that cannot be resolved.
#[derive(Debug)]
pub enum UnknownIdentity {
    /// No such user name.
    User,
    /// No such group name.
    Group,
    /// Neither a name nor a number that fits an id.
    Malformed,
    /// A file could not be read.
    Unreadable(&'static str, io::Error),
}

impl fmt::Display for UnknownIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("no such user in /etc/passwd; a number works without an entry"),
            Self::Group => f.write_str("no such group in /etc/group; a number works without an entry"),
            Self::Malformed => f.write_str("not a user; write USER or USER:GROUP, as names or numbers"),
            Self::Unreadable(file, error) => write!(f, "cannot read {file}: {error}"),
        }
    }
}

/// Resolves `USER[:GROUP]` as `docker run --user` does: names or numbers; without GROUP the user's own group and the
/// groups that list the user, or group 0 for a number without an entry; with GROUP that group alone.
///
/// # Errors
/// When a name is not in its file, or a file cannot be read.
pub fn identity(written: &[u8]) -> Result<Identity, UnknownIdentity> {
    Files::read()?.identity(written)
}

struct Files {
    passwd: Vec<u8>,
    group: Vec<u8>,
}

struct Account<'a> {
    name: &'a [u8],
    uid: u32,
    gid: u32,
}

impl Files {
    fn read() -> Result<Self, UnknownIdentity> {
        Ok(Self { passwd: contents("/etc/passwd")?, group: contents("/etc/group")? })
    }

    fn identity(&self, written: &[u8]) -> Result<Identity, UnknownIdentity> {
        let (user, group) = match written.iter().position(|b| *b == b':') {
            Some(colon) => (&written[..colon], Some(&written[colon + 1..])),
            None => (written, None),
        };
        if user.is_empty() || group.is_some_and(<[u8]>::is_empty) || group.is_some_and(|g| g.contains(&b':'))
        {
            return Err(UnknownIdentity::Malformed);
        }
        let account = self.account(user)?;
        match group {
            Some(group) => {
                let gid = self.gid(group)?;
                Ok(Identity { uid: account.uid, gid, groups: vec![gid] })
            }
            None => Ok(Identity { uid: account.uid, gid: account.gid, groups: self.groups_of(&account) }),
        }
    }

    /// Looks a user up, by name first: a name may consist of digits (as `chown` does).
    fn account<'a>(&'a self, user: &'a [u8]) -> Result<Account<'a>, UnknownIdentity> {
        let number = id(user);
        accounts(&self.passwd)
            .find(|account| account.name == user)
            .or_else(|| accounts(&self.passwd).find(|account| Some(account.uid) == number))
            .or(number.map(|uid| Account { name: b"", uid, gid: 0 }))
            .ok_or(if is_number(user) { UnknownIdentity::Malformed } else { UnknownIdentity::User })
    }

    fn gid(&self, group: &[u8]) -> Result<u32, UnknownIdentity> {
        let named =
            lines(&self.group).filter(|fields| fields[0] == group).find_map(|fields| id(fields.get(2)?));
        named.or(id(group)).ok_or(if is_number(group) {
            UnknownIdentity::Malformed
        } else {
            UnknownIdentity::Group
        })
    }

    /// The account's own group and every group that lists its name, as for initgroups(3).
    fn groups_of(&self, account: &Account<'_>) -> Vec<u32> {
        let listed = lines(&self.group)
            .filter(|fields| {
                fields
                    .get(3)
                    .is_some_and(|members| members.split(|b| *b == b',').any(|name| name == account.name))
            })
            .filter(|_| !account.name.is_empty())
            .filter_map(|fields| id(fields.get(2)?));
        let mut groups = vec![account.gid];
        listed.for_each(|gid| {
            if !groups.contains(&gid) {
                groups.push(gid);
            }
        });
        groups
    }
}

/// Reads a file. A missing one is empty: an image `FROM scratch` has no names, and numbers still work.
fn contents(file: &'static str) -> Result<Vec<u8>, UnknownIdentity> {
    match fs::read(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(UnknownIdentity::Unreadable(file, error))
        }
        result => Ok(result.unwrap_or_default()),
    }
}

fn lines(file: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    file.split(|b| *b == b'\n').map(|line| line.split(|b| *b == b':').collect())
}

fn accounts(passwd: &[u8]) -> impl Iterator<Item = Account<'_>> {
    lines(passwd).filter_map(|fields| {
        Some(Account { name: fields[0], uid: id(fields.get(2)?)?, gid: id(fields.get(3)?)? })
    })
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// Parses an id of digits. The highest number means "no change" to setuid(2) and is never an id.
fn id(text: &[u8]) -> Option<u32> {
    let digits = is_number(text).then(|| std::str::from_utf8(text).ok()).flatten()?;
    digits.parse().ok().filter(|id| *id != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        Files {
            passwd: b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/srv:\n# a comment\n77:x:5:6::/:\n"
                .to_vec(),
            group: b"root:x:0:\napp:x:1001:\nvideo:x:44:app,www\naudio:x:45:www\ndisk:x:6:app\n".to_vec(),
        }
    }

    fn identity(written: &str) -> Option<(u32, u32, Vec<u32>)> {
        files().identity(written.as_bytes()).ok().map(|found| (found.uid, found.gid, found.groups))
    }

    #[test]
    fn a_user_without_a_group_gets_its_own_groups() {
        assert_eq!(identity("app"), Some((1000, 1001, vec![1001, 44, 6])));
        assert_eq!(identity("1000"), Some((1000, 1001, vec![1001, 44, 6])));
    }

    #[test]
    fn a_given_group_is_the_only_one() {
        assert_eq!(identity("app:video"), Some((1000, 44, vec![44])));
        assert_eq!(identity("app:4711"), Some((1000, 4711, vec![4711])));
    }

    #[test]
    fn a_number_without_an_entry_is_used_as_it_is() {
        assert_eq!(identity("4711"), Some((4711, 0, vec![0])));
        assert_eq!(identity("4711:4712"), Some((4711, 4712, vec![4712])));
    }

    #[test]
    fn a_name_of_digits_wins_over_the_number() {
        assert_eq!(identity("77"), Some((5, 6, vec![6])));
    }

    #[test]
    fn an_unknown_or_malformed_user_is_refused() {
        for wrong in
            ["", "nobody-here", "app:", ":video", "app:video:x", "app:no-group", "4294967295", "99999999999"]
        {
            assert_eq!(identity(wrong), None, "{wrong}");
        }
    }
}
