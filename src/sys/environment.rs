//! The environment of monofy, without a copy of it.
//!
//! std's functions copy every value, and a start would copy the whole environment four times.
#![allow(unsafe_code, reason = "the environment as execve(2) passes it is an array of pointers")]

use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// The array of pointers, as execve(2) takes it.
pub(super) fn pointers() -> *const *const c_char {
    // SAFETY: nothing in this program changes the environment.
    unsafe { environ }
}

/// The entries of the array: strings that end in NUL.
pub(super) fn entries() -> impl Iterator<Item = *const c_char> {
    let mut next = pointers();
    std::iter::from_fn(move || {
        // SAFETY: an array that ends in a null pointer, and nothing after it is read; the array itself may be null.
        let entry = unsafe { next.as_ref() }.copied().filter(|entry| !entry.is_null())?;
        // SAFETY: as above; this was not its end.
        next = unsafe { next.add(1) };
        Some(entry)
    })
}

/// The variables, in the order of the environment. Entries without `=` are left out.
pub fn variables() -> impl Iterator<Item = (&'static OsStr, &'static OsStr)> {
    entries().filter_map(|entry| {
        // SAFETY: a string that ends in NUL, which nothing changes as long as the program runs.
        let entry = unsafe { CStr::from_ptr(entry) }.to_bytes();
        // As getenv(3) and std see it, a name has at least one byte.
        let equals = 1 + entry.get(1..)?.iter().position(|byte| *byte == b'=')?;
        Some((OsStr::from_bytes(&entry[..equals]), OsStr::from_bytes(&entry[equals + 1..])))
    })
}

/// The length of each entry.
pub(super) fn sizes() -> impl Iterator<Item = usize> {
    // SAFETY: a string that ends in NUL.
    entries().map(|entry| unsafe { CStr::from_ptr(entry) }.count_bytes())
}

/// The value of a variable. The first of two with one name counts, as for getenv(3).
#[must_use]
pub fn variable(name: &str) -> Option<&'static OsStr> {
    let value = entries().find_map(|entry| {
        // Without a look at the ends of other variables.
        let mut rest = entry;
        for byte in name.bytes().chain([b'=']) {
            // SAFETY: within the string, since every byte before this one was one of the name, and so not its end.
            if unsafe { *rest }.to_ne_bytes() != [byte] {
                return None;
            }
            // SAFETY: the byte was not the end of the string.
            rest = unsafe { rest.add(1) };
        }
        Some(rest)
    })?;
    // SAFETY: the rest of a string that ends in NUL, which nothing changes as long as the program runs.
    Some(OsStr::from_bytes(unsafe { CStr::from_ptr(value) }.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_are_those_that_std_sees() {
        let own: Vec<_> = variables().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert_eq!(own, std::env::vars_os().collect::<Vec<_>>());
        assert_eq!(variable("PATH").map(OsStr::to_owned), std::env::var_os("PATH"));
        assert_eq!(variable("MONOFY_NOBODY_SETS_THIS"), None);
    }
}
