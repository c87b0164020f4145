//! Which variables a line uses.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// FNV-1a, which is fast for what is as short as a name. Who writes the line can make it slow, for that line.
struct NameHasher(u64);

impl Default for NameHasher {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        // The tables take the upper bits, too.
        self.0 ^ self.0.rotate_left(32)
    }
}

/// The variables that a line uses, in the order of their first use, and the arguments that use them.
#[derive(Debug, Default)]
pub struct Uses<'l> {
    /// Each with the argument that was the last to use it so far.
    names: Vec<(&'l str, usize)>,
    places: HashMap<&'l str, usize, BuildHasherDefault<NameHasher>>,
    /// For each argument that uses a variable, which one.
    arguments: Vec<(usize, usize)>,
}

impl<'l> Uses<'l> {
    /// None yet, and room for as many as there are likely to be in so many arguments: two in each.
    pub(super) fn of_arguments(count: usize) -> Self {
        let count = 2 * count;
        Self {
            names: Vec::with_capacity(count),
            places: HashMap::with_capacity_and_hasher(count, BuildHasherDefault::default()),
            arguments: Vec::with_capacity(count),
        }
    }

    pub(super) fn note(&mut self, name: &'l str, argument: usize) {
        let place = *self.places.entry(name).or_insert(self.names.len());
        match self.names.get_mut(place) {
            Some((_, last)) if *last == argument => return,
            Some((_, last)) => *last = argument,
            None => self.names.push((name, argument)),
        }
        self.arguments.push((place, argument));
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &'l str> {
        self.names.iter().map(|(name, _)| *name)
    }

    /// Whether the line uses this variable.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The arguments that use each of them.
    #[must_use]
    pub fn arguments(&self) -> Vec<Vec<usize>> {
        let mut arguments = vec![Vec::new(); self.names.len()];
        self.arguments.iter().for_each(|(place, argument)| arguments[*place].push(*argument));
        arguments
    }
}
