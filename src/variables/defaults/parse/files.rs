//! `[[files]]`: files to render.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::template::Syntax;
use crate::text::suggest;
use crate::variables::defaults::parse::{DefaultsParser, Node, entries, quoted};
use crate::variables::defaults::{FILE, FileTable, Located, NameSet, SYNTAXES};

impl DefaultsParser<'_> {
    /// The list of all `[[files]]` tables. `key` is its name.
    pub(super) fn files(&mut self, key: &Range<usize>, value: &DeValue<'_>) {
        const NOT_TABLES: &str = "'files' is a list of tables: write [[files]] above the keys of each file";
        let Some(items) = value.as_array() else {
            return self.problem(key.clone(), NOT_TABLES);
        };
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => self.file(&item.span(), table),
                _ => self.problem(item.span(), NOT_TABLES),
            }
        }
    }

    fn file(&mut self, span: &Range<usize>, table: &DeTable<'_>) {
        let (mut template, mut to, mut owner, mut when) = (None, None, None, None);
        let (mut only, mut mode) = (None, None);
        let mut syntax = Syntax::Angle;
        for (name, key, value) in entries(table) {
            match name {
                "template" => template = Some(self.path(value)),
                "to" => to = Some(self.path(value)),
                "syntax" => {
                    let index = self.word(value, &SYNTAXES);
                    syntax = index.and_then(|index| Syntax::of_file(SYNTAXES[index])).unwrap_or(syntax);
                }
                "only" => {
                    let mut names = NameSet::default();
                    self.names(value, &mut names);
                    only = Some(names);
                }
                "mode" => mode = self.mode(value),
                "owner" => owner = self.path(value),
                "when" => when = self.string(value).map(|text| self.located(text, value.span())),
                _ => self
                    .problems
                    .add(key, || format!("a file has no key {}{}", quoted(name), suggest::hint(name, FILE))),
            }
        }
        for (name, is_there) in [("template", template.is_some()), ("to", to.is_some())] {
            if !is_there {
                self.problem(span.clone(), format!("a file without '{name}'; write {name} = \"FILE\""));
            }
        }
        let (Some(Some(template)), Some(Some(to))) = (template, to) else { return };
        self.config.files.push(FileTable { template, to, syntax, only, mode, owner, when });
    }

    /// A string that is not empty.
    fn path(&mut self, value: &Node<'_>) -> Option<Located<String>> {
        let text = self.string(value)?;
        if text.is_empty() {
            self.problem(value.span(), "empty; leave the key out, or write a value");
            return None;
        }
        Some(self.located(text, value.span()))
    }

    /// A mode in octal digits.
    fn mode(&mut self, value: &Node<'_>) -> Option<u32> {
        let digits = value.get_ref().as_str();
        let is_octal = |digits: &str| {
            (3..=4).contains(&digits.len()) && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'))
        };
        let mode = digits.filter(|digits| is_octal(digits));
        let mode = mode.and_then(|digits| u32::from_str_radix(digits, 8).ok());
        if mode.is_none() {
            let message = "not a file mode; write three or four octal digits in quotes: mode = \"0640\"";
            self.problem(value.span(), message);
        }
        mode
    }
}
