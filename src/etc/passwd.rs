//! Users and groups, from `/etc/passwd` and `/etc/group`.
//!
//! getpwnam(3) would not do: in a static binary the C library cannot load its name services, and containers have no
//! other source than these two files.

use std::fmt;
use std::fs;
use std::io;

use crate::sys::credentials::Credentials;

/// A user that a process runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its user id and groups.
    pub credentials: Credentials,
    /// Its home directory. `None` if `/etc/passwd` has none.
    pub home: Option<Vec<u8>>,
}

/// A `USER[:GROUP]` that cannot be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownUser {
    /// No such user name.
    User,
    /// No such group name.
    Group,
    /// Neither a name nor a number that fits an id.
    Malformed,
    /// A file could not be read.
    Unreadable(&'static str, io::ErrorKind),
}

impl fmt::Display for UnknownUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("no such user in /etc/passwd; a number works without an entry"),
            Self::Group => f.write_str("no such group in /etc/group; a number works without an entry"),
            Self::Malformed => f.write_str("not a user; write USER or USER:GROUP, as names or numbers"),
            Self::Unreadable(file, error) => write!(f, "cannot read {file}: {error}"),
        }
    }
}

/// Checks the form of `USER[:GROUP]`. Names are not looked up: a setup command may create them.
///
/// # Errors
/// When it is not of this form, or a number fits no id.
pub fn check_form(written: &[u8]) -> Result<(), UnknownUser> {
    let (user, group) = split(written)?;
    let is_valid = |part: &[u8]| !is_number(part) || id(part).is_some();
    if is_valid(user) && group.is_none_or(is_valid) { Ok(()) } else { Err(UnknownUser::Malformed) }
}

fn split(written: &[u8]) -> Result<(&[u8], Option<&[u8]>), UnknownUser> {
    let (user, group) = match written.iter().position(|b| *b == b':') {
        Some(colon) => (&written[..colon], Some(&written[colon + 1..])),
        None => (written, None),
    };
    if user.is_empty() || group.is_some_and(|group| group.is_empty() || group.contains(&b':')) {
        return Err(UnknownUser::Malformed);
    }
    Ok((user, group))
}

/// The contents of `/etc/passwd` and `/etc/group`.
#[derive(Debug)]
pub struct UserDatabase {
    passwd: Result<Vec<u8>, UnknownUser>,
    group: Result<Vec<u8>, UnknownUser>,
}

/// An entry of `/etc/passwd`, or a number that has none.
struct Entry<'a> {
    name: &'a [u8],
    uid: u32,
    gid: u32,
    home: Option<&'a [u8]>,
}

impl UserDatabase {
    /// Reads both files.
    #[must_use]
    pub fn read() -> Self {
        Self { passwd: contents("/etc/passwd"), group: contents("/etc/group") }
    }

    /// Resolves `USER[:GROUP]` as `docker run --user` does: names or numbers; without GROUP the user's own group and
    /// the groups that list the user, or group 0 for a number without an entry; with GROUP that group alone.
    ///
    /// # Errors
    /// When a name is not in its file, or that file cannot be read. A number needs no file.
    pub fn account(&self, written: &[u8]) -> Result<Account, UnknownUser> {
        let (user, group) = split(written)?;
        let entry = self.entry(user)?;
        let (gid, groups) = match group {
            Some(group) => {
                let gid = self.gid(group)?;
                (gid, vec![gid])
            }
            None => (entry.gid, self.groups_of(&entry)),
        };
        let credentials = Credentials { uid: entry.uid, gid, groups };
        Ok(Account { credentials, home: entry.home.map(<[u8]>::to_vec) })
    }

    /// The home directory of a user id. `None` if `/etc/passwd` has none.
    #[must_use]
    pub fn home_of(&self, uid: u32) -> Option<&[u8]> {
        entries(self.passwd.as_ref().ok()?).find(|entry| entry.uid == uid)?.home
    }

    /// Looks a user up, by name first: a name may consist of digits (as `chown` does).
    fn entry<'a>(&'a self, user: &'a [u8]) -> Result<Entry<'a>, UnknownUser> {
        let number = id(user);
        let passwd = readable(&self.passwd, number)?;
        entries(passwd)
            .find(|entry| entry.name == user)
            .or_else(|| entries(passwd).find(|entry| Some(entry.uid) == number))
            .or(number.map(|uid| Entry { name: b"", uid, gid: 0, home: None }))
            .ok_or(if is_number(user) { UnknownUser::Malformed } else { UnknownUser::User })
    }

    fn gid(&self, group: &[u8]) -> Result<u32, UnknownUser> {
        let number = id(group);
        let file = readable(&self.group, number)?;
        let named = lines(file).filter(|fields| fields[0] == group).find_map(|fields| id(fields.get(2)?));
        named.or(number).ok_or(if is_number(group) { UnknownUser::Malformed } else { UnknownUser::Group })
    }

    /// The user's own group and every group that lists its name, as for initgroups(3).
    fn groups_of(&self, user: &Entry<'_>) -> Vec<u32> {
        let file = self.group.as_deref().unwrap_or_default();
        let lists_user = |members: &&[u8]| members.split(|b| *b == b',').any(|name| name == user.name);
        let listed = lines(file)
            .filter(|fields| !user.name.is_empty() && fields.get(3).is_some_and(lists_user))
            .filter_map(|fields| id(fields.get(2)?));
        let mut groups = vec![user.gid];
        listed.for_each(|gid| {
            if !groups.contains(&gid) {
                groups.push(gid);
            }
        });
        groups
    }
}

/// The contents of a file that is needed unless a number was given.
fn readable(file: &Result<Vec<u8>, UnknownUser>, number: Option<u32>) -> Result<&[u8], UnknownUser> {
    match file {
        Ok(contents) => Ok(contents),
        Err(_) if number.is_some() => Ok(&[]),
        Err(error) => Err(error.clone()),
    }
}

/// Reads a file. A missing one is empty: an image `FROM scratch` has no names, and numbers still work.
fn contents(file: &'static str) -> Result<Vec<u8>, UnknownUser> {
    match fs::read(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(UnknownUser::Unreadable(file, error.kind()))
        }
        result => Ok(result.unwrap_or_default()),
    }
}

fn lines(file: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    file.split(|b| *b == b'\n').map(|line| line.split(|b| *b == b':').collect())
}

fn entries(passwd: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    lines(passwd).filter_map(|fields| {
        let home = fields.get(5).copied().filter(|home| !home.is_empty());
        Some(Entry { name: fields[0], uid: id(fields.get(2)?)?, gid: id(fields.get(3)?)?, home })
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

    const PASSWD: &[u8] =
        b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/srv:\n# a comment\n77:x:5:6::/:\n";
    const GROUP: &[u8] = b"root:x:0:\napp:x:1001:\nvideo:x:44:app,www\naudio:x:45:www\ndisk:x:6:app\n";

    fn database() -> UserDatabase {
        UserDatabase { passwd: Ok(PASSWD.to_vec()), group: Ok(GROUP.to_vec()) }
    }

    fn credentials(written: &str) -> Option<(u32, u32, Vec<u32>)> {
        let account = database().account(written.as_bytes()).ok()?;
        Some((account.credentials.uid, account.credentials.gid, account.credentials.groups))
    }

    #[test]
    fn a_user_without_a_group_gets_its_own_groups() {
        assert_eq!(credentials("app"), Some((1000, 1001, vec![1001, 44, 6])));
        assert_eq!(credentials("1000"), Some((1000, 1001, vec![1001, 44, 6])));
    }

    #[test]
    fn a_given_group_is_the_only_one() {
        assert_eq!(credentials("app:video"), Some((1000, 44, vec![44])));
        assert_eq!(credentials("app:4711"), Some((1000, 4711, vec![4711])));
    }

    #[test]
    fn a_number_without_an_entry_is_used_as_it_is() {
        assert_eq!(credentials("4711"), Some((4711, 0, vec![0])));
        assert_eq!(credentials("4711:4712"), Some((4711, 4712, vec![4712])));
    }

    #[test]
    fn a_name_of_digits_wins_over_the_number() {
        assert_eq!(credentials("77"), Some((5, 6, vec![6])));
    }

    #[test]
    fn an_unknown_or_malformed_user_is_refused() {
        for wrong in
            ["", "nobody-here", "app:", ":video", "app:video:x", "app:no-group", "4294967295", "99999999999"]
        {
            assert_eq!(credentials(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_form_of_a_user_is_checked_without_a_lookup() {
        for malformed in ["", "app:", ":video", "app:video:x", "4294967295", "1:99999999999"] {
            assert_eq!(check_form(malformed.as_bytes()), Err(UnknownUser::Malformed), "{malformed}");
        }
        for possible in ["nobody-here", "app:no-group", "1000:1000"] {
            assert_eq!(check_form(possible.as_bytes()), Ok(()), "{possible}");
        }
    }

    #[test]
    fn a_number_needs_no_readable_file() {
        let denied = |file| Err(UnknownUser::Unreadable(file, io::ErrorKind::PermissionDenied));
        let database = UserDatabase { passwd: denied("/etc/passwd"), group: denied("/etc/group") };
        let account = database.account(b"1000:1001").unwrap();
        assert_eq!(account.credentials, Credentials { uid: 1000, gid: 1001, groups: vec![1001] });
        assert_eq!(database.account(b"1000").unwrap().credentials.groups, [0]);
        assert!(matches!(database.account(b"app"), Err(UnknownUser::Unreadable("/etc/passwd", _))));
        assert!(matches!(database.account(b"1000:app"), Err(UnknownUser::Unreadable("/etc/group", _))));
    }

    #[test]
    fn the_home_directory_is_that_of_the_entry() {
        assert_eq!(database().account(b"app").unwrap().home.as_deref(), Some(&b"/srv"[..]));
        assert_eq!(database().account(b"4711").unwrap().home, None);
        assert_eq!(database().home_of(0), Some(&b"/root"[..]));
        assert_eq!(database().home_of(9), None);
    }
}
