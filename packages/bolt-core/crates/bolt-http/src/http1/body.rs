//! Body framing (RFC 9112 §6 and §7): which bytes after a head are content.
use crate::config::Config;
use crate::refusal::Refusal;
use crate::reply::is_token;

/// How a request's body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// That many bytes, at least one.
    Length(u64),
    /// The chunked coding.
    Chunked,
}

/// What the next bytes of the input are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many bytes of content, at least one.
    Content(usize),
    /// So many bytes of framing, to be dropped; at least one.
    Framing(usize),
    /// The body is over; what follows belongs to the next request.
    End,
}

/// Takes a body apart, byte for byte the same however it is cut into reads. It holds no bytes itself.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    /// Content bytes left of the limit, declared or not.
    allowance: u64,
    limit: usize,
    /// Bytes seen of the current chunk-size line.
    line: usize,
    max_line: usize,
    /// Bytes left for all chunk extensions together and for the trailer section.
    extras: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    End,
    Length(u64),
    /// In a chunk-size; whether a digit has been seen.
    Size {
        size: u64,
        digits: bool,
    },
    /// After a chunk-size, in whitespace that only an extension may follow.
    SizeSpace {
        size: u64,
    },
    Extension {
        size: u64,
    },
    SizeLineFeed {
        size: u64,
    },
    Content(u64),
    ContentReturn,
    ContentLineFeed,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLineFeed,
    LastLineFeed,
}

const MALFORMED: Refusal = Refusal::BadRequest("The chunked body is malformed");

impl Decoder {
    /// A decoder for a body of at most `limit` bytes; a declared length beyond it is refused at once.
    pub fn new(framing: Framing, limit: usize, config: &Config) -> Result<Self, Refusal> {
        let state = match framing {
            Framing::None => State::End,
            Framing::Length(length) if length > limit as u64 => return Err(Refusal::BodyTooLarge { limit }),
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Size { size: 0, digits: false },
        };
        Ok(Decoder {
            state,
            allowance: limit as u64,
            limit,
            line: 0,
            max_line: config.max_chunk_line,
            extras: config.max_trailer_bytes,
        })
    }

    /// Whether the whole body has been taken.
    pub fn is_complete(&self) -> bool {
        self.state == State::End
    }

    /// Bytes still to come, when that is known.
    pub fn remaining(&self) -> Option<u64> {
        match self.state {
            State::End => Some(0),
            State::Length(left) => Some(left),
            _ => None,
        }
    }

    /// What `input`, not empty unless the body is complete, begins with. The caller takes those bytes off.
    pub fn step(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        match self.state {
            State::End => Ok(Step::End),
            State::Length(left) => {
                let taken = left.min(input.len() as u64);
                self.state = if taken == left { State::End } else { State::Length(left - taken) };
                Ok(Step::Content(taken as usize))
            }
            State::Content(left) => {
                let taken = left.min(input.len() as u64);
                self.state = if taken == left { State::ContentReturn } else { State::Content(left - taken) };
                Ok(Step::Content(taken as usize))
            }
            _ => self.framing(input),
        }
    }

    fn framing(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        let mut taken = 0;
        for &byte in input {
            self.state = self.next(byte)?;
            taken += 1;
            if matches!(self.state, State::Content(_) | State::End) {
                break;
            }
        }
        Ok(Step::Framing(taken))
    }

    fn next(&mut self, byte: u8) -> Result<State, Refusal> {
        match self.state {
            State::Size { .. } | State::SizeSpace { .. } | State::Extension { .. } | State::SizeLineFeed { .. } => {
                self.size_line(byte)
            }
            State::ContentReturn if byte == b'\r' => Ok(State::ContentLineFeed),
            State::ContentLineFeed if byte == b'\n' => Ok(State::Size { size: 0, digits: false }),
            State::TrailerStart
            | State::TrailerName
            | State::TrailerValue
            | State::TrailerLineFeed
            | State::LastLineFeed => self.trailer(byte),
            _ => Err(MALFORMED),
        }
    }

    fn size_line(&mut self, byte: u8) -> Result<State, Refusal> {
        self.line += 1;
        if self.line > self.max_line {
            return Err(Refusal::BadRequest("A chunk-size line is too long"));
        }
        match (self.state, byte) {
            (State::Size { digits: true, size }, b'\r') => Ok(State::SizeLineFeed { size }),
            (State::Size { digits: true, size }, b';') => Ok(State::Extension { size }),
            (State::Size { digits: true, size }, b' ' | b'\t') => Ok(State::SizeSpace { size }),
            (State::Size { size, .. }, _) => self.digit(size, byte),
            (State::SizeSpace { size }, b' ' | b'\t') => Ok(State::SizeSpace { size }),
            (State::SizeSpace { size }, b';') => Ok(State::Extension { size }),
            (State::Extension { size }, b'\r') => Ok(State::SizeLineFeed { size }),
            (State::Extension { size }, _) if is_text(byte) => {
                self.spend()?;
                Ok(State::Extension { size })
            }
            (State::SizeLineFeed { size: 0 }, b'\n') => Ok(State::TrailerStart),
            (State::SizeLineFeed { size }, b'\n') => {
                self.line = 0;
                self.allowance -= size;
                Ok(State::Content(size))
            }
            _ => Err(MALFORMED),
        }
    }

    /// One more hexadecimal digit; a chunk that would exceed the body's limit is refused before its content comes.
    fn digit(&self, size: u64, byte: u8) -> Result<State, Refusal> {
        let digit = (byte as char).to_digit(16).ok_or(MALFORMED)?;
        let size = size.checked_mul(16).and_then(|size| size.checked_add(u64::from(digit)));
        match size {
            Some(size) if size <= self.allowance => Ok(State::Size { size, digits: true }),
            _ => Err(Refusal::BodyTooLarge { limit: self.limit }),
        }
    }

    fn trailer(&mut self, byte: u8) -> Result<State, Refusal> {
        self.spend()?;
        match (self.state, byte) {
            (State::TrailerStart, b'\r') => Ok(State::LastLineFeed),
            (State::LastLineFeed, b'\n') => Ok(State::End),
            (State::TrailerStart | State::TrailerName, _) if is_token(byte) => Ok(State::TrailerName),
            (State::TrailerName, b':') => Ok(State::TrailerValue),
            (State::TrailerValue, b'\r') => Ok(State::TrailerLineFeed),
            (State::TrailerValue, _) if is_text(byte) => Ok(State::TrailerValue),
            (State::TrailerLineFeed, b'\n') => Ok(State::TrailerStart),
            _ => Err(Refusal::BadRequest("The trailer section is malformed")),
        }
    }

    fn spend(&mut self) -> Result<(), Refusal> {
        self.extras = self.extras.checked_sub(1).ok_or(Refusal::HeadersTooLarge)?;
        Ok(())
    }
}

/// What a field value or a chunk extension may hold: HTAB, SP, visible characters and obs-text.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
