//! Byte strings, as the kernel takes them.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes that are usually UTF-8. In JSON a string, or `{"base64": …}` if they are not UTF-8.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteString(pub Vec<u8>);

/// What replaces a run of secret bytes.
const MASK: &[u8] = b"***";

/// The key of the form for other bytes.
pub(super) const BASE64: &str = "base64";

impl ByteString {
    /// The bytes as an OS string.
    #[must_use]
    pub fn as_os_str(&self) -> &OsStr {
        OsStr::from_bytes(&self.0)
    }

    /// The bytes with these ranges, which are ascending, replaced by `***`.
    pub(super) fn masked(&self, ranges: &[[usize; 2]]) -> Self {
        let mut masked = Vec::with_capacity(self.0.len());
        let mut shown = 0;
        for [start, end] in ranges {
            masked.extend_from_slice(&self.0[shown..*start]);
            masked.extend_from_slice(MASK);
            shown = *end;
        }
        masked.extend_from_slice(&self.0[shown..]);
        Self(masked)
    }
}

impl From<&str> for ByteString {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for ByteString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.0), f)
    }
}

impl Serialize for ByteString {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = std::str::from_utf8(&self.0) {
            return to.serialize_str(text);
        }
        let mut map = to.serialize_map(Some(1))?;
        map.serialize_entry(BASE64, &STANDARD.encode(&self.0))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for ByteString {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(EitherForm)
    }
}

struct EitherForm;

impl<'de> Visitor<'de> for EitherForm {
    type Value = ByteString;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or {\"base64\": \"…\"}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteString, E> {
        Ok(ByteString::from(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByteString, A::Error> {
        match map.next_entry::<String, String>()? {
            Some((key, encoded)) if key == BASE64 => {
                if map.next_key::<de::IgnoredAny>()?.is_some() {
                    return Err(de::Error::custom("no other key is allowed next to \"base64\""));
                }
                // The decoder's message quotes a byte, which may belong to a secret.
                let bytes = STANDARD.decode(encoded).map_err(|_| de::Error::custom("malformed base64"))?;
                Ok(ByteString(bytes))
            }
            _ => Err(de::Error::custom("expected the key \"base64\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roundtrip(bytes: &[u8]) -> (String, ByteString) {
        let json = serde_json::to_string(&ByteString(bytes.to_vec())).unwrap();
        let back = serde_json::from_str(&json).unwrap();
        (json, back)
    }

    #[test]
    fn utf8_is_a_string() {
        let (json, back) = roundtrip("zwölf\n".as_bytes());
        assert_eq!((json.as_str(), back.0.as_slice()), (r#""zwölf\n""#, "zwölf\n".as_bytes()));
    }

    #[test]
    fn other_bytes_are_base64() {
        let (json, back) = roundtrip(b"\xff\x00a");
        assert_eq!((json.as_str(), back.0.as_slice()), (r#"{"base64":"/wBh"}"#, b"\xff\x00a".as_slice()));
    }

    #[test]
    fn other_values_are_refused() {
        for wrong in
            ["7", "null", "[]", "{}", r#"{"base32":"x"}"#, r#"{"base64":"!"}"#, r#"{"base64":"/wBh","x":1}"#]
        {
            assert!(serde_json::from_str::<ByteString>(wrong).is_err(), "{wrong}");
        }
    }
}
