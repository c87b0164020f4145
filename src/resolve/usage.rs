//! Which variables a line uses.

use std::collections::HashMap;

/// The variables used by a line, in the order of their first use, and the arguments that use them.
#[derive(Debug, Default)]
pub struct Usage<'l> {
    /// Each name with the last argument noted for it.
    names: Vec<(&'l str, usize)>,
    /// The position of each name in `names`.
    positions: HashMap<&'l str, usize>,
    /// Pairs of a position and an argument.
    arguments: Vec<(usize, usize)>,
}

impl<'l> Usage<'l> {
    /// No variables yet, with room for two in each of this many arguments.
    pub(super) fn of_arguments(count: usize) -> Self {
        let capacity = 2 * count;
        Self {
            names: Vec::with_capacity(capacity),
            positions: HashMap::with_capacity(capacity),
            arguments: Vec::with_capacity(capacity),
        }
    }

    /// Notes that an argument uses a variable.
    pub(super) fn note(&mut self, name: &'l str, argument: usize) {
        let position = *self.positions.entry(name).or_insert(self.names.len());
        match self.names.get_mut(position) {
            Some((_, last)) if *last == argument => return,
            Some((_, last)) => *last = argument,
            None => self.names.push((name, argument)),
        }
        self.arguments.push((position, argument));
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &'l str> {
        self.names.iter().map(|(name, _)| *name)
    }

    /// Whether the line uses this variable.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.positions.contains_key(name)
    }

    /// For each name, the arguments that use it.
    #[must_use]
    pub fn arguments(&self) -> Vec<Vec<usize>> {
        let mut arguments = vec![Vec::new(); self.names.len()];
        self.arguments.iter().for_each(|(position, argument)| arguments[*position].push(*argument));
        arguments
    }
}
