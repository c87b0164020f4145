//! Problems, and where in the arguments, the environment or a file they are.

mod text_file;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::rc::Rc;

pub use text_file::{TextFile, WordPlace};

/// Where a text comes from. `Display` is how messages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An argument of the command line. The first is number 1.
    Argument(usize),
    /// An environment variable.
    Variable(&'static str),
    /// The working directory, in which a file was found.
    Folder,
    /// A position in a file.
    File {
        /// The file's name as the user wrote it.
        name: String,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
    },
    /// A word of a line that is in a file, or a part of one.
    Word {
        /// The file.
        file: Rc<TextFile>,
        /// The number of the word in the line, from 1.
        number: usize,
        /// The offset in the file.
        at: usize,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(argument) => write!(f, "argument {argument}"),
            Self::Variable(name) => f.write_str(name),
            Self::Folder => f.write_str("the working directory"),
            Self::File { name, line, column } => write!(f, "{name}:{line}:{column}"),
            Self::Word { file, at, .. } => {
                let (line, column) = file.position(*at);
                write!(f, "{}:{line}:{column}", file.name())
            }
        }
    }
}

/// A text and its origin: a part of an argument, of an environment variable or of a line in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    origin: Origin,
    whole: Vec<u8>,
    offset: usize,
    /// Where it is in its file, if it is a word of one.
    place: Option<Rc<WordPlace>>,
}

impl SourceText {
    /// A whole argument. The first argument of the line is number 1.
    #[must_use]
    pub fn whole(argument: usize, bytes: &OsStr) -> Self {
        Self::of(Origin::Argument(argument), bytes.as_bytes())
    }

    /// A text of any origin.
    #[must_use]
    pub fn of(origin: Origin, bytes: &[u8]) -> Self {
        Self { origin, whole: bytes.to_vec(), offset: 0, place: None }
    }

    /// A word of a line that is in a file.
    #[must_use]
    pub fn word(place: WordPlace, bytes: Vec<u8>) -> Self {
        let origin =
            Origin::Word { file: Rc::clone(&place.file), number: place.number, at: place.span.start };
        Self { origin, whole: bytes, offset: 0, place: Some(Rc::new(place)) }
    }

    /// A whole argument, moved rather than copied.
    #[must_use]
    pub fn taken(argument: usize, bytes: OsString) -> Self {
        Self { origin: Origin::Argument(argument), whole: bytes.into_vec(), offset: 0, place: None }
    }

    /// The part from this byte on.
    #[must_use]
    pub fn from(&self, offset: usize) -> Self {
        Self { offset: (self.offset + offset).min(self.whole.len()), ..self.clone() }
    }

    /// A part of the text. What follows it is not shown in errors.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        let end = (self.offset + range.end).min(self.whole.len());
        let offset = (self.offset + range.start).min(end);
        let place = self.place.clone();
        Self { origin: self.origin.clone(), whole: self.whole[..end].to_vec(), offset, place }
    }

    /// The text.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.whole[self.offset..]
    }

    /// Where the text comes from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The number of the argument or of the word, or 0 for another origin.
    #[must_use]
    pub fn argument(&self) -> usize {
        match self.origin {
            Origin::Argument(number) | Origin::Word { number, .. } => number,
            Origin::Variable(_) | Origin::Folder | Origin::File { .. } => 0,
        }
    }
}

/// A problem. `Display` is three lines: the message, an excerpt of the text, and carets under the part at fault.
///
/// It holds an excerpt and not the whole text, so that thousands of problems in one long argument stay small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    origin: Origin,
    /// The first byte of the part at fault.
    start: usize,
    message: String,
    excerpt: Box<Excerpt>,
}

/// The part at fault with some text around it, printable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Excerpt {
    before: String,
    part: String,
    after: String,
}

impl Diagnostic {
    /// A problem with a part of a text.
    #[must_use]
    pub fn at(text: &SourceText, span: Range<usize>, message: impl Into<String>) -> Self {
        let span = span.start + text.offset..span.end + text.offset;
        if let Some(place) = &text.place {
            return Self::in_word(place, &span, text.whole.len(), message.into());
        }
        let excerpt = Box::new(Excerpt::of(&text.whole, &span));
        Self { origin: text.origin.clone(), start: span.start, message: message.into(), excerpt }
    }

    /// A problem with a part of a word, of which only the first `shown` bytes may be shown. The excerpt is what the file
    /// has there, up to the ends of the word and of the line.
    fn in_word(place: &WordPlace, span: &Range<usize>, shown: usize, message: String) -> Self {
        let file = &place.file;
        let word = place.in_file(&(0..shown));
        let part = place.in_file(span);
        let text = &file.text()[word.start..word.end];
        let start = (part.start - word.start).min(text.len());
        let is_end = |byte: &u8| *byte == b'\n';
        let from = text[..start].iter().rposition(is_end).map_or(0, |at| at + 1);
        let to = text[start..].iter().position(is_end).map_or(text.len(), |at| start + at);
        let end = (part.end - word.start).clamp(start, to);
        let excerpt = Box::new(Excerpt::of(&text[from..to], &(start - from..end - from)));
        let origin = Origin::Word { file: Rc::clone(file), number: place.number, at: part.start };
        Self { origin, start: part.start, message, excerpt }
    }

    /// A problem with a part of a file of words, in this word.
    #[must_use]
    pub fn in_file(
        file: &Rc<TextFile>,
        word: Range<usize>,
        part: &Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        let part = part.start.saturating_sub(word.start)..part.end.saturating_sub(word.start);
        let (length, runs) = (word.len(), vec![(0, word.start)]);
        let place = WordPlace { file: Rc::clone(file), number: 0, span: word, runs, length };
        Self::in_word(&place, &part, length, message.into())
    }

    /// A problem with all of a text.
    #[must_use]
    pub fn about(text: &SourceText, message: impl Into<String>) -> Self {
        Self::at(text, 0..text.bytes().len(), message)
    }

    /// A problem without an excerpt: its message says everything that may be shown.
    #[must_use]
    pub fn without_excerpt(origin: Origin, message: impl Into<String>) -> Self {
        let excerpt = Box::default();
        Self { origin, start: usize::MAX, message: message.into(), excerpt }
    }

    /// The position to sort by: the argument's number, 0 for another origin, and the byte in the text. Words of a file
    /// come after all arguments.
    #[must_use]
    pub fn place(&self) -> (usize, usize) {
        match self.origin {
            Origin::Argument(argument) => (argument, self.start),
            Origin::Word { at, .. } => (usize::MAX, at),
            Origin::Variable(_) | Origin::Folder | Origin::File { .. } => (0, self.start),
        }
    }

    /// Where the text comes from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Appends to the message.
    #[must_use]
    pub fn append(mut self, words: &str) -> Self {
        self.message.push_str(words);
        self
    }

    /// The origin and the message, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("{}: {}", self.origin, self.message)
    }
}

/// How many characters of a long text are shown on each side of the part.
const CONTEXT: usize = 40;
/// How many characters of a long part are shown.
const PART: usize = 60;
/// How many bytes hold more than that many characters, even if the first is cut in two.
const WINDOW: usize = 4 * (PART + 2);

impl Excerpt {
    fn of(whole: &[u8], span: &Range<usize>) -> Self {
        let start = span.start.min(whole.len());
        let end = span.end.clamp(start, whole.len());
        let before = printable(&whole[start.saturating_sub(WINDOW)..start]);
        let part = printable(&whole[start..end.min(start + WINDOW)]);
        let after = printable(&whole[end..whole.len().min(end + WINDOW)]);
        Self { before: last(&before, CONTEXT), part: first(&part, PART), after: first(&after, CONTEXT) }
    }

    fn is_empty(&self) -> bool {
        self.before.is_empty() && self.part.is_empty() && self.after.is_empty()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Excerpt { before, part, after } = &*self.excerpt;
        f.write_str(&self.summary())?;
        if self.excerpt.is_empty() && self.start == usize::MAX {
            return Ok(());
        }
        write!(f, "\n    {before}{part}{after}\n    ")?;
        f.write_str(&" ".repeat(before.chars().count()))?;
        f.write_str(&"^".repeat(part.chars().count().max(1)))
    }
}

/// One column for each character: a control character becomes a replacement character.
fn printable(bytes: &[u8]) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    String::from_utf8_lossy(bytes).chars().map(shown).collect()
}

fn first(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn last(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    format!("…{}", text.chars().skip(count - most).collect::<String>())
}

/// How many problems of one argument, variable or file are reported one by one.
pub const MOST_PER_SOURCE: usize = 64;

/// Collects problems: at most [`MOST_PER_SOURCE`] of each argument, variable and file; of the rest only the number.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    kept: Vec<Diagnostic>,
    counts: BTreeMap<SourceKey, Count>,
    /// How many were added.
    total: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SourceKey {
    Argument(usize),
    Variable(&'static str),
    Folder,
    File(String),
}

#[derive(Clone, Debug)]
struct Count {
    all: usize,
    /// The origin of the first problem that was not kept.
    first_omitted: Option<Origin>,
}

impl From<&Origin> for SourceKey {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Argument(argument) => Self::Argument(*argument),
            Origin::Variable(name) => Self::Variable(name),
            Origin::Folder => Self::Folder,
            Origin::File { name, .. } => Self::File(name.clone()),
            Origin::Word { file, .. } => Self::File(file.name().to_owned()),
        }
    }
}

impl Problems {
    /// Adds a problem.
    pub fn push(&mut self, problem: Diagnostic) {
        let origin = problem.origin.clone();
        self.push_with(&origin, || problem);
    }

    /// Adds a problem, built only if it is kept.
    pub fn push_with(&mut self, origin: &Origin, problem: impl FnOnce() -> Diagnostic) {
        let count = self.counts.entry(origin.into()).or_insert(Count { all: 0, first_omitted: None });
        count.all += 1;
        self.total += 1;
        if count.all <= MOST_PER_SOURCE {
            self.kept.push(problem());
        } else if count.first_omitted.is_none() {
            count.first_omitted = Some(origin.clone());
        }
    }

    /// Counts a problem of a source of which no more are kept. Returns whether it did.
    pub(crate) fn count_if_full(&mut self, origin: &Origin) -> bool {
        let Some(count) = self.counts.get_mut(&origin.into()).filter(|count| count.all >= MOST_PER_SOURCE)
        else {
            return false;
        };
        count.all += 1;
        self.total += 1;
        count.first_omitted.get_or_insert_with(|| origin.clone());
        true
    }

    /// Adds the problems of another collection, those not kept included.
    pub fn merge(&mut self, other: &Self) {
        for problem in &other.kept {
            self.push_with(&problem.origin, || problem.clone());
        }
        for (source, count) in &other.counts {
            let (Some(origin), Some(own)) = (&count.first_omitted, self.counts.get_mut(source)) else {
                continue;
            };
            own.all += count.all - MOST_PER_SOURCE;
            self.total += count.all - MOST_PER_SOURCE;
            own.first_omitted.get_or_insert_with(|| origin.clone());
        }
    }

    /// Those that are kept, in the order in which they were added.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.kept.iter()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many were added, those not kept included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.total
    }

    /// The problems in the order in which they were added, then the numbers of those that were not kept.
    #[must_use]
    pub fn finish(mut self) -> Vec<Diagnostic> {
        for count in self.counts.into_values() {
            let Some(origin) = count.first_omitted else { continue };
            let omitted = count.all - MOST_PER_SOURCE;
            let problems = if omitted == 1 { "problem" } else { "problems" };
            let message = format!("and {omitted} more {problems} from here on");
            self.kept.push(Diagnostic::without_excerpt(origin, message));
        }
        self.kept
    }
}

impl<'p> IntoIterator for &'p Problems {
    type Item = &'p Diagnostic;
    type IntoIter = std::slice::Iter<'p, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Diagnostic> for Problems {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, problems: I) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(text: &str) -> SourceText {
        SourceText::whole(3, OsStr::new(text))
    }

    #[test]
    fn carets_are_under_the_part() {
        let shown = Diagnostic::at(&argument("--bind=${PORT:?}x"), 7..16, "PORT: not set").to_string();
        assert_eq!(shown, "argument 3: PORT: not set\n    --bind=${PORT:?}x\n           ^^^^^^^^^");
    }

    #[test]
    fn a_span_counts_from_the_start_of_the_part_of_the_argument() {
        let shown = Diagnostic::at(&argument("A=é${B:?}").from(2), 2..8, "B: not set").to_string();
        assert_eq!(shown, "argument 3: B: not set\n    A=é${B:?}\n       ^^^^^^");
    }

    #[test]
    fn a_long_argument_is_shown_around_the_part() {
        for filler in ["x", "é", "𝄞", "\x01"] {
            let long = format!("{}$A{}", filler.repeat(500), filler.repeat(500));
            let start = 500 * filler.len();
            let shown = Diagnostic::at(&argument(&long), start..start + 2, "A: not set").to_string();
            assert!(shown.lines().all(|line| line.chars().count() < 100), "{shown}");
            let filler = if filler == "\x01" { "\u{fffd}" } else { filler };
            let around = format!("…{0}$A{0}…", filler.repeat(40));
            assert!(shown.contains(&around), "{shown}");
        }
    }

    #[test]
    fn a_problem_without_an_excerpt_is_one_line() {
        let problem = Diagnostic::without_excerpt(Origin::Variable("MONOFY_GRACE"), "not a duration");
        assert_eq!(problem.to_string(), "MONOFY_GRACE: not a duration");
        // An empty argument is shown with a caret nevertheless.
        assert_eq!(Diagnostic::about(&argument(""), "empty").to_string(), "argument 3: empty\n    \n    ^");
    }

    #[test]
    fn of_each_source_64_problems_are_kept_and_the_others_counted() {
        let mut problems = Problems::default();
        for argument in [1, 2] {
            for place in 0..MOST_PER_SOURCE + argument - 1 {
                let text = SourceText::whole(argument, OsStr::new("x"));
                problems.push(Diagnostic::at(&text, place..place, "wrong"));
            }
        }
        assert_eq!(problems.count(), 2 * MOST_PER_SOURCE + 1);
        let all = problems.finish();
        assert_eq!(all.len(), 2 * MOST_PER_SOURCE + 1);
        assert_eq!(
            all.last().map(Diagnostic::summary).as_deref(),
            Some("argument 2: and 1 more problem from here on")
        );
    }

    #[test]
    fn merged_problems_are_counted_together() {
        let text = argument("x");
        let collection = |count| {
            let mut problems = Problems::default();
            problems.extend((0..count).map(|at| Diagnostic::at(&text, at..at, "wrong")));
            problems
        };
        for (first, second) in [(0, 70), (70, 0), (70, 70), (60, 10), (3, 4)] {
            let mut problems = collection(first);
            problems.merge(&collection(second));
            assert_eq!(problems.count(), first + second);
            let omitted = (first + second).saturating_sub(MOST_PER_SOURCE);
            let all = problems.finish();
            let last = all.last().map(Diagnostic::summary).unwrap_or_default();
            assert_eq!(last.contains(&format!("and {omitted} more")), omitted > 0, "{last}");
        }
    }
}
