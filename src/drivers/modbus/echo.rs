//! Lines that repeat what is sent: two wires, and an adapter that hears itself. Pure.
//!
//! The answer to a write of one coil or register *is* the question, so on such a line nobody needs to be there for it to look
//! confirmed. The first reading shows what kind of line it is: no answer to a reading begins with the question.

/// Whether the repetition of a frame is to be expected before its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expect {
    /// No: what comes is the answer.
    #[default]
    Nothing,
    /// Nobody knows yet. Only for a question that its answer cannot begin with.
    Perhaps,
    /// The line is known to do so: what comes before the repetition has come is no answer.
    Surely,
}

/// Takes the repetition of a frame out of what comes.
#[derive(Debug, Default)]
pub struct Echo {
    expect: Expect,
    sent: Vec<u8>,
    kept: Vec<u8>,
    was_heard: bool,
}

impl Echo {
    /// Forgets everything; what is sent from now on may be repeated.
    pub fn expect(&mut self, expect: Expect) {
        *self = Self { expect, ..Self::default() };
    }

    /// A frame, or a piece of it, went out.
    pub fn sent(&mut self, bytes: &[u8]) {
        if self.expect != Expect::Nothing {
            self.sent.extend_from_slice(bytes);
        }
    }

    /// Whether the frame was repeated.
    pub fn was_heard(&self) -> bool {
        self.was_heard
    }

    /// Whether what comes now may belong to a repetition.
    pub fn may_come(&self) -> bool {
        self.expect != Expect::Nothing
    }

    /// Takes bytes that came and gives back those that may be the answer.
    pub fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.kept.extend_from_slice(bytes);
        let whole = self.sent.len().max(1);
        match self.expect {
            Expect::Nothing => self.answer_from(0),
            Expect::Perhaps if !self.sent.is_empty() && self.kept.starts_with(&self.sent) => self.repeated(whole),
            Expect::Perhaps if self.sent.starts_with(&self.kept) => Vec::new(),
            Expect::Perhaps => self.answer_from(0),
            Expect::Surely => match self.kept.windows(whole).position(|window| window == self.sent) {
                Some(at) => self.repeated(at + whole),
                None => {
                    self.kept.drain(..self.kept.len().saturating_sub(whole - 1));
                    Vec::new()
                }
            },
        }
    }

    fn repeated(&mut self, end: usize) -> Vec<u8> {
        self.was_heard = true;
        self.answer_from(end)
    }

    fn answer_from(&mut self, start: usize) -> Vec<u8> {
        self.expect = Expect::Nothing;
        let answer = self.kept.split_off(start.min(self.kept.len()));
        self.kept.clear();
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: [u8; 8] = [1, 3, 0, 7, 0, 1, 0x35, 0xCB];
    const ANSWER: [u8; 7] = [1, 3, 2, 0, 9, 0x78, 0x42];

    /// What is given back when bytes come in pieces of this size.
    fn heard(expect: Expect, bytes: &[u8], size: usize) -> (Vec<u8>, bool) {
        let mut echo = Echo::default();
        echo.expect(expect);
        echo.sent(&ASKED[..3]);
        echo.sent(&ASKED[3..]);
        let answer = bytes.chunks(size).flat_map(|piece| echo.hear(piece)).collect();
        (answer, echo.was_heard())
    }

    #[test]
    fn an_answer_passes_whole_however_it_comes() {
        for size in 1..=8 {
            assert_eq!(heard(Expect::Perhaps, &ANSWER, size), (ANSWER.to_vec(), false), "{size}");
            assert_eq!(heard(Expect::Nothing, &ASKED, size), (ASKED.to_vec(), false), "{size}");
        }
    }

    #[test]
    fn a_repetition_is_taken_out_however_it_comes() {
        let both = [&ASKED[..], &ANSWER].concat();
        for size in 1..=both.len() {
            for expect in [Expect::Perhaps, Expect::Surely] {
                assert_eq!(heard(expect, &both, size), (ANSWER.to_vec(), true), "{expect:?} {size}");
                assert_eq!(heard(expect, &ASKED, size), (vec![], true), "{expect:?} {size}");
            }
        }
    }

    #[test]
    fn on_a_line_that_repeats_nothing_counts_before_the_repetition() {
        let late = [&ANSWER[..], &ASKED, &ANSWER].concat();
        for size in 1..=late.len() {
            assert_eq!(heard(Expect::Surely, &late, size), (ANSWER.to_vec(), true), "{size}");
            assert_eq!(heard(Expect::Surely, &[&ANSWER[..], &ANSWER].concat(), size), (vec![], false), "{size}");
        }
    }

    #[test]
    fn before_anything_is_sent_nothing_is_taken_for_a_repetition() {
        let mut echo = Echo::default();
        echo.expect(Expect::Perhaps);
        assert!(echo.hear(&ANSWER) == ANSWER && !echo.was_heard());
        echo.expect(Expect::Surely);
        assert!(echo.hear(&ANSWER).is_empty() && !echo.was_heard());
    }
}
