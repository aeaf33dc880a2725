//! Reads what Python and JSON both write for plain data: numbers, texts, lists, tuples and dictionaries. Nothing is ever
//! evaluated; depth and count are bounded.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

/// Deepest nesting that is read; Artisan's own files have four levels.
const DEPTH_MAX: usize = 32;
/// Most values that are read: a day at ten readings a second, over again.
const VALUES_MAX: usize = 2_000_000;

/// A plain value.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `None` or `null`.
    None,
    /// `True`, `False`, `true`, `false`.
    Bool(bool),
    /// Any number, `nan` and `inf` included.
    Number(f64),
    /// A text in any quotes.
    Text(String),
    /// A list or tuple.
    List(Vec<Literal>),
    /// A dictionary; keys that are numbers are kept as text. Of two equal keys the later one counts.
    Dict(Vec<(String, Literal)>),
}

impl Literal {
    /// The value of a key, unless this is no dictionary, has no such key or holds `None` there.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dict(entries) = self else { return None };
        entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value).filter(|value| **value != Self::None)
    }

    /// The number, if this is one.
    pub fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The text, if this is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The list, if this is one.
    pub fn list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }
}

/// Where a text stops being a plain value, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiteralError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for LiteralError {}

/// Reads one value that fills the whole text.
///
/// # Errors
/// The line where the text stops being a plain value, or goes deeper or on for longer than any profile does.
pub fn parse(text: &str) -> Result<Literal, LiteralError> {
    let mut reader = Reader { chars: text.chars().peekable(), line: 1, values: 0 };
    let value = reader.value(0)?;
    match reader.peek_past_space() {
        None => Ok(value),
        Some(c) => Err(reader.wrong(format!("'{}' stands after the end", c.escape_debug()))),
    }
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
    values: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.next();
        if c == Some('\n') {
            self.line += 1;
        }
        c
    }

    fn peek_past_space(&mut self) -> Option<char> {
        while self.chars.peek().is_some_and(|c| c.is_whitespace()) {
            self.next();
        }
        self.chars.peek().copied()
    }

    fn wrong(&self, message: impl Into<String>) -> LiteralError {
        LiteralError { line: self.line, message: message.into() }
    }

    fn value(&mut self, depth: usize) -> Result<Literal, LiteralError> {
        self.values += 1;
        if depth > DEPTH_MAX {
            return Err(self.wrong(format!("nests deeper than {DEPTH_MAX} levels")));
        }
        if self.values > VALUES_MAX {
            return Err(self.wrong(format!("holds more than {VALUES_MAX} values")));
        }
        match self.peek_past_space() {
            Some('{') => self.dict(depth),
            Some('[') => self.list(']', depth),
            Some('(') => self.list(')', depth),
            Some('\'' | '"') => self.text().map(Literal::Text),
            Some(_) => self.word(),
            None => Err(self.wrong("the text ends where a value is needed")),
        }
    }

    fn list(&mut self, close: char, depth: usize) -> Result<Literal, LiteralError> {
        self.next();
        let mut items = Vec::new();
        while !self.closes(close)? {
            items.push(self.value(depth + 1)?);
            self.comma_unless(close)?;
        }
        Ok(Literal::List(items))
    }

    fn dict(&mut self, depth: usize) -> Result<Literal, LiteralError> {
        self.next();
        let mut entries = Vec::new();
        while !self.closes('}')? {
            let key = match self.value(depth + 1)? {
                Literal::Text(key) => key,
                Literal::Number(key) => key.to_string(),
                _ => return Err(self.wrong("a key must be a text or a number")),
            };
            match self.peek_past_space() {
                Some(':') => self.next(),
                _ => return Err(self.wrong(format!("':' is needed after the key '{}'", key.escape_debug()))),
            };
            entries.push((key, self.value(depth + 1)?));
            self.comma_unless('}')?;
        }
        Ok(Literal::Dict(entries))
    }

    /// Whether the container ends here; its closing bracket is then passed.
    fn closes(&mut self, close: char) -> Result<bool, LiteralError> {
        match self.peek_past_space() {
            Some(c) if c == close => {
                self.next();
                Ok(true)
            }
            Some(_) => Ok(false),
            None => Err(self.wrong(format!("the text ends before '{close}'"))),
        }
    }

    fn comma_unless(&mut self, close: char) -> Result<(), LiteralError> {
        match self.peek_past_space() {
            Some(',') => {
                self.next();
                Ok(())
            }
            Some(c) if c == close => Ok(()),
            Some(c) => Err(self.wrong(format!("',' or '{close}' is needed, not '{}'", c.escape_debug()))),
            None => Err(self.wrong(format!("the text ends before '{close}'"))),
        }
    }

    fn word(&mut self) -> Result<Literal, LiteralError> {
        let mut word = String::new();
        while let Some(&c) = self.chars.peek() {
            if !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_')) {
                break;
            }
            word.push(c);
            self.chars.next();
        }
        match word.as_str() {
            "None" | "null" => Ok(Literal::None),
            "True" | "true" => Ok(Literal::Bool(true)),
            "False" | "false" => Ok(Literal::Bool(false)),
            "b" | "u" | "r" if matches!(self.chars.peek(), Some('\'' | '"')) => self.text().map(Literal::Text),
            "" => {
                let found = self.chars.peek().map(|c| c.escape_debug().to_string()).unwrap_or_default();
                Err(self.wrong(format!("'{found}' is no value")))
            }
            number => number
                .parse()
                .map(Literal::Number)
                .map_err(|_| self.wrong(format!("\"{}\" is no value", crate::wire::fields::shortened(number)))),
        }
    }

    fn text(&mut self) -> Result<String, LiteralError> {
        let begun = self.line;
        let quote = self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                c if c == quote => return Ok(text),
                Some('\\') => self.escape(&mut text)?,
                Some(c) => text.push(c),
                None => return Err(LiteralError { line: begun, message: "a text that begins here never ends".into() }),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), LiteralError> {
        let Some(c) = self.next() else { return Err(self.wrong("the text ends in an escape")) };
        match c {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            '\n' => {}
            '\\' | '\'' | '"' | '/' => text.push(c),
            'x' => text.push(self.code_point(2)?),
            'u' => text.push(self.code_point(4)?),
            'U' => text.push(self.code_point(8)?),
            other => text.extend(['\\', other]),
        }
        Ok(())
    }

    /// A character by its number; two surrogates make one. What is no character becomes the replacement character.
    fn code_point(&mut self, digits: usize) -> Result<char, LiteralError> {
        let first = self.hex(digits)?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let mut ahead = self.chars.clone();
        if (ahead.next(), ahead.next()) != (Some('\\'), Some('u')) {
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        self.chars = ahead;
        let second = self.hex(4)?;
        let paired = (0xdc00..0xe000).contains(&second).then(|| 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
        Ok(paired.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self, digits: usize) -> Result<u32, LiteralError> {
        let mut number: u32 = 0;
        for _ in 0..digits {
            let digit = self.next().and_then(|c| c.to_digit(16));
            let digit = digit.ok_or_else(|| self.wrong(format!("an escape needs {digits} hexadecimal digits")))?;
            number = (number << 4) | digit;
        }
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Literal {
        Literal::Text(text.to_owned())
    }

    #[test]
    fn python_and_json_are_both_read() {
        let python = parse("{'a': [1, -2.5e1, (True, None,)], \"it's\": 'x\\n', 3: u'y',}").unwrap();
        let json = parse("{\"a\": [1, -25.0, [true, null]], \"it's\": \"x\\n\", \"3\": \"y\"}").unwrap();
        assert_eq!(python, json);
        assert_eq!(python.get("it's"), Some(&text("x\n")));
        assert_eq!(python.get("gone"), None);
    }

    #[test]
    fn escapes_are_those_of_both_languages() {
        assert_eq!(parse(r"'\x41\u9178\U0001f600\/\\'"), Ok(text("A酸😀/\\")));
        assert_eq!(parse(r#""\ud83d\ude00""#), Ok(text("😀")));
        assert_eq!(parse(r#""\ud83d!""#), Ok(text("\u{fffd}!")));
        assert_eq!(parse(r"'\q'"), Ok(text("\\q")));
    }

    #[test]
    fn numbers_that_are_not_finite_are_told_as_such() {
        let parsed = parse("[nan, inf, -inf, NaN, -Infinity, 1e999]").unwrap();
        assert!(parsed.list().unwrap().iter().all(|value| !value.number().unwrap().is_finite()));
    }

    #[test]
    fn what_is_no_plain_value_is_refused_with_its_line() {
        for (bad, line) in [
            ("", 1),
            ("{'a':\n 1,\n 'b' 2}", 3),
            ("[1,\n\n open('x')]", 3),
            ("__import__('os')", 1),
            ("[1\n", 2),
            ("'abc\n\n", 1),
            ("[1] [2]", 1),
            ("{[1]: 2}", 1),
            ("'\\u12g4'", 1),
            ("[1 2]", 1),
            ("{1, 2}", 1),
        ] {
            assert_eq!(parse(bad).unwrap_err().line, line, "{bad}");
        }
    }

    #[test]
    fn depth_and_count_are_bounded() {
        assert!(parse(&"[".repeat(1_000_000)).unwrap_err().message.contains("deeper"));
        assert!(parse(&format!("[{}]", "0,".repeat(VALUES_MAX + 1))).unwrap_err().message.contains("more than"));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "[\\[\\]{}():,'\"\\\\ux0-9a-fN.+\\-e\n ]{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn json_that_serde_writes_is_read_as_it_was(words in prop::collection::vec(".*", 0..5)) {
            let written = serde_json::to_string(&words).unwrap();
            let expected = Literal::List(words.into_iter().map(Literal::Text).collect());
            prop_assert_eq!(parse(&written), Ok(expected));
        }
    }
}
