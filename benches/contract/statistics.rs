//! Medians, and ratios with their spread.

/// The value in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len() / 2), sorted.len() % 2) {
        (None, _) => f64::NAN,
        (Some(upper), 0) => f64::midpoint(sorted[sorted.len() / 2 - 1], *upper),
        (Some(middle), _) => *middle,
    }
}

/// How many parts a series is cut into to see how much its ratio moves.
const PARTS: usize = 5;

/// How much larger one series is than another that was measured in turn with it.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    /// The ratio of the medians.
    pub median: f64,
    /// The least and the greatest ratio of a part of the run.
    pub spread: Option<(f64, f64)>,
}

impl Ratio {
    pub fn new(ours: &[f64], theirs: &[f64]) -> Self {
        let ratio = |ours: &[f64], theirs: &[f64]| median(ours) / median(theirs);
        let size = ours.len() / PARTS;
        let parts = (0..PARTS).map(|part| part * size..(part + 1) * size);
        let spread = (size > 0 && ours.len() == theirs.len()).then(|| {
            parts.fold((f64::MAX, f64::MIN), |(least, most), part| {
                let ratio = ratio(&ours[part.clone()], &theirs[part]);
                (least.min(ratio), most.max(ratio))
            })
        });
        Self { median: ratio(ours, theirs), spread }
    }
}
