//! Medians, and ratios with their spread.

/// The median.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len() / 2), sorted.len() % 2) {
        (None, _) => f64::NAN,
        (Some(upper), 0) => f64::midpoint(sorted[sorted.len() / 2 - 1], *upper),
        (Some(middle), _) => *middle,
    }
}

/// The number of parts of a series, whose ratios show the spread.
const PARTS: usize = 5;

/// The ratio of two series that were measured in turn.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    /// The ratio of the medians.
    pub median: f64,
    /// The least and the greatest ratio of a part.
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
