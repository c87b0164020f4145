//! Which variables a line uses.

/// FNV-1a, which is fast for what is as short as a name. Who writes the line can make it slow, for that line.
fn hash(name: &str) -> usize {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // What is left of it on a small machine is still spread.
    usize::try_from((hash ^ (hash >> 32)) & 0xffff_ffff).unwrap_or_default()
}

/// An index or a number of an argument, of which the kernel takes fewer.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(EMPTY)
}

/// Nothing is in this slot.
const EMPTY: u32 = u32::MAX;

/// The variables that a line uses, in the order of their first use, and the arguments that use them.
#[derive(Debug, Default)]
pub struct Uses<'l> {
    /// Each with the argument that was the last to use it so far.
    names: Vec<(&'l str, usize)>,
    /// Where in `names` each of them is, found by its hash: a table with open addresses, a power of two long and at
    /// most half full. It takes a fifth of the memory that a map from the names would.
    places: Vec<u32>,
    /// For each argument that uses a variable, which one.
    arguments: Vec<(u32, u32)>,
}

impl<'l> Uses<'l> {
    /// None yet, and room for as many as there are likely to be in so many arguments: two in each.
    pub(super) fn of_arguments(count: usize) -> Self {
        let count = 2 * count;
        Self {
            names: Vec::with_capacity(count),
            places: vec![EMPTY; (2 * count).next_power_of_two()],
            arguments: Vec::with_capacity(count),
        }
    }

    pub(super) fn note(&mut self, name: &'l str, argument: usize) {
        if 2 * self.names.len() >= self.places.len() {
            self.grow();
        }
        let slot = self.slot(name);
        let place = self.places[slot];
        match self.names.get_mut(place as usize) {
            Some((_, last)) if *last == argument => {}
            Some((_, last)) => {
                *last = argument;
                self.arguments.push((place, number(argument)));
            }
            None => {
                let place = number(self.names.len());
                self.places[slot] = place;
                self.names.push((name, argument));
                self.arguments.push((place, number(argument)));
            }
        }
    }

    /// The slot of this name, or the empty one where it would be.
    fn slot(&self, name: &str) -> usize {
        let mask = self.places.len() - 1;
        let mut slot = hash(name) & mask;
        while self.names.get(self.places[slot] as usize).is_some_and(|(other, _)| *other != name) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.places = vec![EMPTY; (2 * self.places.len()).max(16)];
        for place in 0..self.names.len() {
            let slot = self.slot(self.names[place].0);
            self.places[slot] = number(place);
        }
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &'l str> {
        self.names.iter().map(|(name, _)| *name)
    }

    /// Whether the line uses this variable.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        !self.places.is_empty() && self.places[self.slot(name)] != EMPTY
    }

    /// The arguments that use each of them.
    #[must_use]
    pub fn arguments(&self) -> Vec<Vec<usize>> {
        let mut arguments = vec![Vec::new(); self.names.len()];
        self.arguments
            .iter()
            .for_each(|(place, argument)| arguments[*place as usize].push(*argument as usize));
        arguments
    }
}
