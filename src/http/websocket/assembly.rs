//! Puts fragmented messages together, under a cap: actix-web-actors hands the fragments through as they come.

use actix_http::ws::Item;

/// A message under way.
#[derive(Debug)]
pub struct Assembly {
    limit: usize,
    text: Option<Vec<u8>>,
}

/// Why a fragmented message is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Over the limit.
    TooLarge,
    /// A binary message.
    Binary,
    /// Not UTF-8.
    NotText,
    /// A fragment that continues nothing, or a beginning inside another message.
    OutOfOrder,
}

impl Assembly {
    /// Takes messages up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, text: None }
    }

    /// Takes a fragment; gives the message when it is whole.
    ///
    /// # Errors
    /// When this can no longer become a text message.
    pub fn take(&mut self, item: Item) -> Result<Option<String>, Broken> {
        match item {
            Item::FirstBinary(_) => Err(Broken::Binary),
            Item::FirstText(bytes) => {
                if self.text.is_some() {
                    return Err(Broken::OutOfOrder);
                }
                self.text = Some(Vec::new());
                self.append(&bytes)?;
                Ok(None)
            }
            Item::Continue(bytes) => {
                self.append(&bytes)?;
                Ok(None)
            }
            Item::Last(bytes) => {
                self.append(&bytes)?;
                let whole = self.text.take().ok_or(Broken::OutOfOrder)?;
                String::from_utf8(whole).map(Some).map_err(|_| Broken::NotText)
            }
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let text = self.text.as_mut().ok_or(Broken::OutOfOrder)?;
        if text.len() + bytes.len() > self.limit {
            return Err(Broken::TooLarge);
        }
        text.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_in_pieces_arrives_whole() {
        let mut assembly = Assembly::new(16);
        assert_eq!(assembly.take(Item::FirstText("gr".into())), Ok(None));
        // Split inside the two bytes of ü.
        assert_eq!(assembly.take(Item::Continue(b"\xc3"[..].into())), Ok(None));
        assert_eq!(assembly.take(Item::Last(b"\xbcn"[..].into())), Ok(Some("grün".into())));
    }

    #[test]
    fn pieces_over_the_limit_are_refused_before_they_are_kept() {
        let mut assembly = Assembly::new(4);
        assert_eq!(assembly.take(Item::FirstText("abcd".into())), Ok(None));
        assert_eq!(assembly.take(Item::Continue("e".into())), Err(Broken::TooLarge));
    }

    #[test]
    fn a_piece_that_continues_nothing_is_refused() {
        assert_eq!(Assembly::new(4).take(Item::Last("a".into())), Err(Broken::OutOfOrder));
        assert_eq!(Assembly::new(4).take(Item::FirstBinary("a".into())), Err(Broken::Binary));
    }
}
