//! Scans a line that may be a JSON object for the keys that it has. One pass, no copy, no recursion.

/// The keys that every object of `--output json` has.
const KEYS: [&[u8]; 4] = [b"time", b"process", b"stream", b"message"];

/// A line that is a JSON object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::output) struct ScannedObject<'a> {
    /// The object without its closing brace and without the blanks around it.
    pub(in crate::output) prefix: &'a [u8],
    /// Whether it has no keys.
    pub(in crate::output) is_empty: bool,
    /// Whether it has `time`, `process`, `stream` and `message`.
    pub(in crate::output) has: [bool; 4],
    /// The value of `msg` with its quotes, if that is a string. Many programs use this name for their message.
    pub(in crate::output) msg: Option<&'a [u8]>,
}

/// How deep the values of an object may be nested. A line that is nested deeper is text.
const MAX_DEPTH: u32 = 128;

/// Scans a line as a JSON object (RFC 8259). Returns `None` if it is none. The line has to be UTF-8.
pub(in crate::output) fn scan_object(line: &[u8]) -> Option<ScannedObject<'_>> {
    let mut scanner = Scanner { bytes: line, at: 0 };
    scanner.skip_blanks();
    let begin = scanner.at;
    scanner.expect(b'{')?;
    let mut object = ScannedObject { is_empty: true, ..ScannedObject::default() };
    scanner.skip_blanks();
    if scanner.peek() != Some(b'}') {
        object.is_empty = false;
        loop {
            let key = scanner.key()?;
            let from = scanner.at;
            scanner.value()?;
            note_key(&mut object, key, &line[from..scanner.at]);
            scanner.skip_blanks();
            if scanner.peek() != Some(b',') {
                break;
            }
            scanner.at += 1;
            scanner.skip_blanks();
        }
    }
    object.prefix = &line[begin..scanner.at];
    scanner.expect(b'}')?;
    scanner.skip_blanks();
    (scanner.at == line.len()).then_some(object)
}

fn note_key<'a>(object: &mut ScannedObject<'a>, key: &[u8], value: &'a [u8]) {
    // A key may be written with escapes.
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

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
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

    /// Skips a key, its colon and the blanks after it. Returns the key.
    fn key(&mut self) -> Option<&'a [u8]> {
        let from = self.at + 1;
        self.string()?;
        let key = &self.bytes[from..self.at - 1];
        self.skip_blanks();
        self.expect(b':')?;
        self.skip_blanks();
        Some(key)
    }

    /// Skips a value of any kind. `levels` holds a bit for each level that is open: 1 for an object, 0 for an array.
    fn value(&mut self) -> Option<()> {
        let (mut depth, mut levels) = (0_u32, 0_u128);
        loop {
            self.skip_blanks();
            match self.peek()? {
                open @ (b'{' | b'[') => {
                    if depth == MAX_DEPTH - 1 {
                        return None;
                    }
                    self.at += 1;
                    depth += 1;
                    levels = levels << 1 | u128::from(open == b'{');
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
            // Here a value has ended, or the next byte closes an empty level.
            loop {
                if depth == 0 {
                    return Some(());
                }
                self.skip_blanks();
                let is_object = levels & 1 == 1;
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
                levels >>= 1;
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

    /// Skips an escape sequence, after its backslash. Lone surrogates pass: RFC 8259 allows them.
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
