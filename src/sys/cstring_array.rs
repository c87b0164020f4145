//! Arrays of C strings, as execve(2) takes them.

use std::ffi::c_char;
use std::io;
use std::ptr;

/// Strings that end in NUL, in one allocation, and an array of pointers to them that ends in a null pointer.
#[derive(Debug)]
pub(super) struct CStringArray {
    /// The target of the pointers. It never moves.
    _bytes: Box<[u8]>,
    pointers: Vec<*const c_char>,
}

impl CStringArray {
    /// Copies strings.
    ///
    /// # Errors
    /// If one contains NUL.
    pub(super) fn new<'s>(strings: impl Iterator<Item = &'s [u8]>) -> io::Result<Self> {
        let (mut bytes, mut starts) = (Vec::new(), Vec::new());
        for string in strings {
            if string.contains(&0) {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "it contains NUL"));
            }
            starts.push(bytes.len());
            bytes.extend_from_slice(string);
            bytes.push(0);
        }
        let bytes = bytes.into_boxed_slice();
        let pointers = starts.iter().map(|start| bytes[*start..].as_ptr().cast());
        let pointers = pointers.chain([ptr::null()]).collect();
        Ok(Self { _bytes: bytes, pointers })
    }

    /// The array.
    pub(super) fn pointers(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }

    /// The pointers to the strings.
    pub(super) fn iter(&self) -> impl Iterator<Item = *const c_char> {
        self.pointers.iter().copied().take_while(|pointer| !pointer.is_null())
    }

    /// Replaces the second string, if there is one.
    pub(super) fn with_second(&mut self, other: *const c_char) -> *const *const c_char {
        if let [_, second, _, ..] = self.pointers.as_mut_slice() {
            *second = other;
        }
        self.pointers.as_ptr()
    }
}
