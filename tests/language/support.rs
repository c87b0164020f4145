//! A scope of plain values, and helpers that expand a template.

use std::collections::HashMap;

use monofy::template::{Content, ExpansionError, Scope, TaintedBytes, Template, UnsetPolicy, Value};

/// The number of generated cases: `MONOFY_CASES`, or the usual one, which is quick.
pub(crate) fn cases<N: std::str::FromStr>(usual: N) -> N {
    let Ok(wanted) = std::env::var("MONOFY_CASES") else { return usual };
    wanted.parse().unwrap_or_else(|_| panic!("MONOFY_CASES is a number of cases, not {wanted:?}"))
}

/// Variables by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    values: HashMap<String, Variable>,
}

#[derive(Clone, Debug)]
enum Variable {
    Scalar { bytes: Vec<u8>, secret: bool },
    List { items: Vec<Vec<u8>>, secret: bool },
    Assigned(TaintedBytes),
}

impl Variables {
    pub(crate) fn set(mut self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref().to_vec();
        self.values.insert(name.to_owned(), Variable::Scalar { bytes, secret: false });
        self
    }

    pub(crate) fn secret(mut self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref().to_vec();
        self.values.insert(name.to_owned(), Variable::Scalar { bytes, secret: true });
        self
    }

    pub(crate) fn list(mut self, name: &str, items: &[&str], secret: bool) -> Self {
        let items = items.iter().map(|item| item.as_bytes().to_vec()).collect();
        self.values.insert(name.to_owned(), Variable::List { items, secret });
        self
    }
}

impl Scope for Variables {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Some(match self.values.get(name)? {
            Variable::Scalar { bytes, secret } => Value { content: Content::Scalar(bytes), secret: *secret },
            Variable::List { items, secret } => Value { content: Content::List(items), secret: *secret },
            Variable::Assigned(text) => Value { content: Content::Assigned(text), secret: false },
        })
    }

    fn assign(&mut self, name: &str, value: TaintedBytes) {
        self.values.insert(name.to_owned(), Variable::Assigned(value));
    }
}

/// Parses and expands a template with a copy of the variables.
pub(crate) fn expand(
    template: impl AsRef<[u8]>,
    variables: &Variables,
) -> Result<Vec<TaintedBytes>, Vec<ExpansionError>> {
    Template::parse(template.as_ref()).expand(&mut variables.clone(), UnsetPolicy::Empty)
}

/// Expands a template to its only argument.
pub(crate) fn one(template: impl AsRef<[u8]>, variables: &Variables) -> Vec<u8> {
    let mut texts = expand(template, variables).expect("no error");
    assert_eq!(texts.len(), 1);
    texts.remove(0).into_bytes()
}
