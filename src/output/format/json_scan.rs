//! Whether a line is a JSON object, and which keys it has: one pass, no copy, no recursion.

/// The keys that each object of `--output json` has.
const KEYS: [&[u8]; 4] = [b"time", b"process", b"stream", b"message"];

/// A line that is an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::output) struct Object<'a> {
    /// Up to the closing brace, without it and without what was before the opening one.
    pub(in crate::output) open: &'a [u8],
    /// Whether it has no key at all.
    pub(in crate::output) is_empty: bool,
    /// Which of `time`, `process`, `stream` and `message` it has.
    pub(in crate::output) has: [bool; 4],
    /// What stands under `msg`, where that is a string, with its quotes: what many programs call their message.
    pub(in crate::output) msg: Option<&'a [u8]>,
}

/// How deep a line may be nested that is taken for an object.
const DEEPEST: u32 = 128;

/// Reads a line as a JSON object (RFC 8259); nothing if it is none. The line has to be UTF-8.
pub(in crate::output) fn object(line: &[u8]) -> Option<Object<'_>> {
    let mut reader = Reader { bytes: line, at: 0 };
    reader.skip_blanks();
    let begin = reader.at;
    reader.expect(b'{')?;
    let mut object = Object { is_empty: true, ..Object::default() };
    reader.skip_blanks();
    if reader.peek() != Some(b'}') {
        object.is_empty = false;
        loop {
            let key = reader.key()?;
            let from = reader.at;
            reader.value()?;
            note(&mut object, key, &line[from..reader.at]);
            reader.skip_blanks();
            if reader.peek() != Some(b',') {
                break;
            }
            reader.at += 1;
            reader.skip_blanks();
        }
    }
    object.open = &line[begin..reader.at];
    reader.expect(b'}')?;
    reader.skip_blanks();
    (reader.at == line.len()).then_some(object)
}

fn note<'a>(object: &mut Object<'a>, key: &[u8], value: &'a [u8]) {
    // A key that is written with escapes is read as what it means.
    let unescaped;
    let key = if key.contains(&b'\\') {
        unescaped = serde_json::from_slice::<String>(&[b"\"", key, b"\""].concat()).unwrap_or_default();
        unescaped.as_bytes()
    } else {
        key
    };
    if let Some(place) = KEYS.iter().position(|known| *known == key) {
        object.has[place] = true;
    } else if key == b"msg" && value.first() == Some(&b'"') {
        object.msg = Some(value);
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    /// A key and its colon, up to the value.
    fn key(&mut self) -> Option<&'a [u8]> {
        let from = self.at + 1;
        self.string()?;
        let key = &self.bytes[from..self.at - 1];
        self.skip_blanks();
        self.expect(b':')?;
        self.skip_blanks();
        Some(key)
    }

    /// A value of any kind. What is open is kept in bits: whether each level is an object.
    fn value(&mut self) -> Option<()> {
        let (mut depth, mut objects) = (0_u32, 0_u128);
        loop {
            self.skip_blanks();
            match self.peek()? {
                open @ (b'{' | b'[') => {
                    if depth == DEEPEST - 1 {
                        return None;
                    }
                    self.at += 1;
                    depth += 1;
                    objects = objects << 1 | u128::from(open == b'{');
                    self.skip_blanks();
                    let close = if open == b'{' { b'}' } else { b']' };
                    if self.peek() != Some(close) {
                        if open == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                b'"' => self.string()?,
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                _ => self.number()?,
            }
            // A value has ended, or an empty level is about to.
            loop {
                if depth == 0 {
                    return Some(());
                }
                self.skip_blanks();
                let is_object = objects & 1 == 1;
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        self.skip_blanks();
                        if is_object {
                            self.key()?;
                        }
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return None,
                }
                self.at += 1;
                depth -= 1;
                objects >>= 1;
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.bytes[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    fn string(&mut self) -> Option<()> {
        self.expect(b'"')?;
        loop {
            let rest = &self.bytes[self.at..];
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F))?;
            self.at += plain + 1;
            match rest[plain] {
                b'"' => return Some(()),
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    /// What stands behind a backslash. Lone surrogates pass: RFC 8259 allows them, and they are not ours.
    fn escape(&mut self) -> Option<()> {
        let escaped = self.peek()?;
        self.at += 1;
        match escaped {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.bytes.get(self.at..self.at + 4)?;
                self.at += 4;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())
            }
            _ => None,
        }
    }

    fn digits(&mut self) -> Option<()> {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > from).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }
}
