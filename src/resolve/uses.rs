//! Which variables a line uses.

use std::collections::HashMap;

/// The variables that a line uses, in the order of their first use, and the arguments that use them.
#[derive(Debug, Default)]
pub struct Uses<'l> {
    /// Each with the argument that was the last to use it so far.
    names: Vec<(&'l str, usize)>,
    /// By their hashes, since a line may use thousands.
    places: HashMap<&'l str, usize>,
    /// For each argument that uses a variable, which one.
    arguments: Vec<(usize, usize)>,
}

impl<'l> Uses<'l> {
    /// None yet, and room for as many as there are likely to be in so many arguments.
    pub(super) fn of_arguments(count: usize) -> Self {
        Self {
            names: Vec::with_capacity(count),
            places: HashMap::with_capacity(count),
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
