//! The words of a line that is in a file, as arguments.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::rc::Rc;

use crate::cli::parser::Parser;
use crate::diagnostic::{Diagnostic, Origin, Problems, SourceText, TextFile, WordPlace};
use crate::template::{LineWord, LineWords, MappedText, normalized};

/// The words of a file. Their text is moved out: they are the arguments.
#[derive(Debug)]
pub(super) struct FileWords {
    file: Rc<TextFile>,
    words: Vec<LineWord>,
}

impl FileWords {
    pub(super) fn file_name(&self) -> &str {
        self.file.name()
    }

    /// The file, for the places of words.
    pub(super) fn file(&self) -> &Rc<TextFile> {
        &self.file
    }

    /// Whether an argument, by its position in the line, has quotes.
    pub(super) fn is_quoted(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| word.is_quoted)
    }

    /// An argument, by its number, where it is no template.
    pub(super) fn literal(&self, number: usize, text: &OsStr) -> SourceText {
        match self.words.get(number - 1) {
            Some(word) => self.text(number, word, &word.text, text.as_bytes().to_vec()),
            None => SourceText::whole(number, text),
        }
    }

    /// An argument, by its number, where it is a template. `text` is its text.
    pub(super) fn template(&self, number: usize, text: OsString) -> SourceText {
        let Some(word) = self.words.get(number - 1) else { return SourceText::taken(number, text) };
        match &word.template {
            Some(template) => self.text(number, word, template, template.bytes.clone()),
            None => self.text(number, word, &word.text, text.into_vec()),
        }
    }

    fn text(&self, number: usize, word: &LineWord, mapped: &MappedText, bytes: Vec<u8>) -> SourceText {
        let place = WordPlace {
            file: Rc::clone(&self.file),
            number,
            span: word.span.clone(),
            runs: mapped.runs.clone(),
            length: bytes.len(),
        };
        SourceText::word(place, bytes)
    }
}

impl Parser<'_> {
    /// Splits the text of a file into arguments, and reports its errors.
    pub(super) fn words_of_file(&mut self, name: String, text: &[u8]) -> (Vec<OsString>, FileWords) {
        let file = Rc::new(TextFile::new(name, normalized(text).into_owned()));
        let mut line = LineWords::parse(file.text());
        let words = &line.words;
        let report = |problems: &mut Problems, span: Range<usize>, kind: &dyn Display| {
            let origin = Origin::Word { file: Rc::clone(&file), number: 0, at: span.start };
            problems.push_with(&origin, || {
                let next = words.partition_point(|word| word.span.start <= span.start);
                let word = words.get(next.wrapping_sub(1)).map_or(span.clone(), |word| word.span.clone());
                Diagnostic::in_file(&file, word, &span, kind.to_string())
            });
        };
        for error in line.errors {
            report(&mut self.problems, error.span, &error.kind);
        }
        for warning in line.warnings {
            report(&mut self.warnings, warning.span, &warning.kind);
        }
        for lint in line.malformed {
            report(&mut self.malformed, lint.span, &lint.kind);
        }
        let texts = line.words.iter_mut().map(|word| std::mem::take(&mut word.text.bytes));
        (texts.map(OsString::from_vec).collect(), FileWords { file, words: line.words })
    }
}
