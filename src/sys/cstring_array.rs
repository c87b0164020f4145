//! Arrays of strings as C and execve(2) take them.

use std::ffi::c_char;
use std::io;
use std::ptr;

/// Strings that end in NUL, side by side in one piece of memory, and the array of pointers to them, which ends in a
/// null pointer.
#[derive(Debug)]
pub(super) struct CStringArray {
    /// What the pointers point into: where it is, it stays.
    _bytes: Box<[u8]>,
    pointers: Vec<*const c_char>,
}

impl CStringArray {
    /// Copies strings.
    ///
    /// # Errors
    /// When one holds a NUL.
    pub(super) fn new<'s>(strings: impl Iterator<Item = &'s [u8]>) -> io::Result<Self> {
        let (mut bytes, mut begins) = (Vec::new(), Vec::new());
        for string in strings {
            if string.contains(&0) {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "a NUL stands in it"));
            }
            begins.push(bytes.len());
            bytes.extend_from_slice(string);
            bytes.push(0);
        }
        let bytes = bytes.into_boxed_slice();
        let pointers = begins.iter().map(|begin| bytes[*begin..].as_ptr().cast());
        let pointers = pointers.chain([ptr::null()]).collect();
        Ok(Self { _bytes: bytes, pointers })
    }

    /// The array.
    pub(super) fn pointers(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }

    /// Where each of them begins.
    pub(super) fn iter(&self) -> impl Iterator<Item = *const c_char> {
        self.pointers.iter().copied().take_while(|pointer| !pointer.is_null())
    }

    /// The array with another string in its second place, if it has one.
    pub(super) fn with_second(&mut self, other: *const c_char) -> *const *const c_char {
        if let [_, second, _, ..] = self.pointers.as_mut_slice() {
            *second = other;
        }
        self.pointers.as_ptr()
    }
}
