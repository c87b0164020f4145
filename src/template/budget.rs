//! The bound on the time that expansions take.

use crate::template::error::ExpansionErrorKind;

/// The number of steps that expansions may take.
///
/// A step is a byte that an operator reads, or a comparison of a pattern with a unit of a value. All templates of a run
/// share one budget: a line of 2 MiB of `${A##*}` with a large `A` would otherwise take minutes.
#[derive(Debug)]
pub struct Budget(usize);

/// The steps of a run: far less than a second.
const STEPS: usize = 1 << 27;

/// The steps that each byte of a template adds, so that a large file with small values is never refused.
const STEPS_PER_BYTE: usize = 32;

impl Default for Budget {
    fn default() -> Self {
        Self::new(STEPS)
    }
}

impl Budget {
    /// A budget of this many steps.
    #[must_use]
    pub fn new(steps: usize) -> Self {
        Self(steps)
    }

    /// Adds the steps of a template of this length.
    pub(super) fn extend(&mut self, template: usize) {
        self.0 = self.0.saturating_add(template.saturating_mul(STEPS_PER_BYTE));
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), ExpansionErrorKind> {
        self.0 = self.0.checked_sub(steps).ok_or(ExpansionErrorKind::TooManySteps)?;
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn spent(&self) -> usize {
        STEPS - self.0
    }
}
