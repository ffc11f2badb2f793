//! Taking `multipart/form-data` apart (RFC 7578, RFC 2046 §5.1), byte for byte the same however it is cut into reads.
//!
//! No file or field passes through a buffer of the parser's: it holds a part's head and how much of a delimiter has been
//! seen, which is a number, since a delimiter has a carriage return at its start and nowhere else.
use memchr::memmem::Finder;

use crate::refusal::Refusal;

/// Bytes of one part's header section, and of what may stand before the first part.
pub const MAX_PART_HEAD: usize = 8 * 1024;

/// Bytes of a boundary; RFC 2046 §5.1.1 allows 70, Django and others take more.
const MAX_BOUNDARY: usize = 200;

const MALFORMED: Refusal = Refusal::BadRequest("The multipart body is malformed");
const INCOMPLETE: Refusal = Refusal::BadRequest("The multipart body ended before its last boundary");
const BAD_BOUNDARY: Refusal = Refusal::BadRequest("The multipart boundary is missing or malformed");
const LONG_HEAD: Refusal = Refusal::BadRequest("The header of a part of the multipart body is too long");
const LONG_PREAMBLE: Refusal = Refusal::BadRequest("The multipart body does not begin with its boundary");

/// What takes the parts.
pub trait Sink {
    /// A part begins; its header section without the empty line.
    fn begin(&mut self, head: &[u8]) -> Result<(), Refusal>;
    /// More of its content; never empty.
    fn content(&mut self, content: &[u8]) -> Result<(), Refusal>;
    /// The part is complete.
    fn end(&mut self) -> Result<(), Refusal>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first delimiter.
    Preamble,
    /// In a part's content.
    Content,
    /// Behind a delimiter.
    Delimited,
    /// Behind one hyphen after a delimiter.
    Hyphen,
    /// In whitespace between a delimiter and the end of its line.
    Padding,
    /// Behind the carriage return of that line.
    Return,
    /// In a part's header section.
    Head,
    /// Behind the last delimiter; what comes is dropped.
    Epilogue,
}

/// The parser.
#[derive(Debug)]
pub struct Multipart {
    finder: Finder<'static>,
    state: State,
    /// Bytes at the end of what has been seen that are the beginning of a delimiter.
    matched: usize,
    /// The part's header section so far.
    head: Vec<u8>,
    dropped: usize,
}

impl Multipart {
    /// Errors: a boundary that cannot be one.
    pub fn new(boundary: &[u8]) -> Result<Self, Refusal> {
        let printable = boundary.iter().all(|byte| matches!(byte, b' '..=b'~'));
        if boundary.is_empty() || boundary.len() > MAX_BOUNDARY || boundary.ends_with(b" ") || !printable {
            return Err(BAD_BOUNDARY);
        }
        let delimiter = [b"\r\n--", boundary].concat();
        // The first delimiter may stand at the very start, where no line end comes before it.
        Ok(Multipart {
            finder: Finder::new(&delimiter).into_owned(),
            state: State::Preamble,
            matched: 2,
            head: Vec::new(),
            dropped: 0,
        })
    }

    /// Takes the next bytes, all of them.
    pub fn feed(&mut self, mut input: &[u8], sink: &mut impl Sink) -> Result<(), Refusal> {
        while !input.is_empty() {
            let taken = match self.state {
                State::Preamble | State::Content => self.search(input, sink)?,
                State::Head => self.take_head(input, sink)?,
                State::Epilogue => input.len(),
                _ => {
                    self.state = self.after_delimiter(input[0])?;
                    1
                }
            };
            input = &input[taken..];
        }
        Ok(())
    }

    /// Nothing more comes. Errors: the last delimiter has not come.
    pub fn finish(&self) -> Result<(), Refusal> {
        if self.state == State::Epilogue { Ok(()) } else { Err(INCOMPLETE) }
    }

    /// Looks for the next delimiter; how many bytes that took.
    fn search(&mut self, input: &[u8], sink: &mut impl Sink) -> Result<usize, Refusal> {
        if self.matched > 0 {
            return self.continue_match(input, sink);
        }
        if let Some(place) = self.finder.find(input) {
            self.pass(&input[..place], sink)?;
            self.delimited(sink)?;
            return Ok(place + self.finder.needle().len());
        }
        let tail = input.len().saturating_sub(self.finder.needle().len() - 1);
        let begun = memchr::memchr_iter(b'\r', &input[tail..])
            .map(|place| tail + place)
            .find(|&place| self.finder.needle().starts_with(&input[place..]));
        let clear = begun.unwrap_or(input.len());
        self.matched = input.len() - clear;
        self.pass(&input[..clear], sink)?;
        Ok(input.len())
    }

    /// Goes on with a delimiter that the last input ended in.
    fn continue_match(&mut self, input: &[u8], sink: &mut impl Sink) -> Result<usize, Refusal> {
        let wanted = &self.finder.needle()[self.matched..];
        let same = wanted.iter().zip(input).take_while(|(wanted, found)| wanted == found).count();
        if same == wanted.len() {
            self.matched = 0;
            self.delimited(sink)?;
        } else if same == input.len() {
            self.matched += same;
        } else {
            // It was none: what was held back is content, and a delimiter can only begin anew behind it.
            let held = self.matched + same;
            self.matched = 0;
            match self.state {
                State::Preamble => self.dropped += held,
                _ => sink.content(&self.finder.needle()[..held])?,
            }
        }
        Ok(same)
    }

    fn pass(&mut self, content: &[u8], sink: &mut impl Sink) -> Result<(), Refusal> {
        if content.is_empty() {
            return Ok(());
        }
        if self.state == State::Content {
            return sink.content(content);
        }
        self.dropped += content.len();
        if self.dropped > MAX_PART_HEAD { Err(LONG_PREAMBLE) } else { Ok(()) }
    }

    fn delimited(&mut self, sink: &mut impl Sink) -> Result<(), Refusal> {
        let was = std::mem::replace(&mut self.state, State::Delimited);
        if was == State::Content { sink.end() } else { Ok(()) }
    }

    fn after_delimiter(&self, byte: u8) -> Result<State, Refusal> {
        match (self.state, byte) {
            (State::Delimited, b'-') => Ok(State::Hyphen),
            (State::Hyphen, b'-') => Ok(State::Epilogue),
            (State::Delimited | State::Padding, b' ' | b'\t') => Ok(State::Padding),
            (State::Delimited | State::Padding, b'\r') => Ok(State::Return),
            (State::Return, b'\n') => Ok(State::Head),
            _ => Err(MALFORMED),
        }
    }

    fn take_head(&mut self, input: &[u8], sink: &mut impl Sink) -> Result<usize, Refusal> {
        let (taken, line_ended) = match memchr::memchr(b'\n', input) {
            Some(place) => (place + 1, true),
            None => (input.len(), false),
        };
        if self.head.len() + taken > MAX_PART_HEAD {
            return Err(LONG_HEAD);
        }
        self.head.extend_from_slice(&input[..taken]);
        if line_ended && (self.head.ends_with(b"\r\n\r\n") || self.head == b"\r\n") {
            let length = self.head.len() - 2;
            self.state = State::Content;
            sink.begin(&self.head[..length])?;
            self.head.clear();
        }
        Ok(taken)
    }
}
