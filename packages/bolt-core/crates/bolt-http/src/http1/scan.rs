//! Finds the end of a head as its bytes arrive, and enforces the limits that need no parsing.
use crate::config::Config;
use crate::refusal::Refusal;
use crate::reply::is_token;

/// Empty lines that may precede a request line; RFC 9112 §2.2 asks for at least one.
const MAX_LEADING_LINES: u8 = 4;

/// What is known of a head so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Scan {
    /// The empty line that ends the head has not arrived.
    Partial,
    /// Bytes to skip before the head, the head's length with its empty line, and the number of field lines.
    Complete {
        /// Of the empty lines before the request line.
        skip: usize,
        /// Of the head itself.
        length: usize,
        /// Field lines in it.
        fields: usize,
    },
}

/// Looks at every byte once, however the head is cut into reads; the verdict depends on the bytes alone.
#[derive(Debug, Default)]
pub struct HeadScanner {
    /// Up to where line ends have been looked for.
    scanned: usize,
    /// Where the current line begins.
    line: usize,
    /// Where the request line begins, behind the empty lines skipped.
    start: usize,
    leading: u8,
    /// Where the field lines begin; 0 before the request line is complete.
    fields_start: usize,
    fields: usize,
}

impl HeadScanner {
    /// Looks at what came since the last call; `input` is everything since the head's first byte.
    pub fn scan(&mut self, input: &[u8], config: &Config) -> Result<Scan, Refusal> {
        while let Some(found) = memchr::memchr(b'\n', &input[self.scanned..]) {
            let end = self.scanned + found;
            self.scanned = end + 1;
            // In the order in which bytes that trickle in would meet these checks.
            self.check_first_byte(input)?;
            self.check_unfinished(end - self.line, config)?;
            if end == self.line || input[end - 1] != b'\r' {
                return Err(Refusal::BadRequest("A line must end in CRLF"));
            }
            if let Some(complete) = self.take_line(end - 1 - self.line, config)? {
                return Ok(complete);
            }
            self.line = self.scanned;
        }
        self.scanned = input.len();
        self.check_first_byte(input)?;
        self.check_unfinished(input.len() - self.line, config)?;
        Ok(Scan::Partial)
    }

    fn take_line(&mut self, length: usize, config: &Config) -> Result<Option<Scan>, Refusal> {
        if self.fields_start == 0 {
            return self.take_first_line(length, config);
        }
        if length == 0 {
            let length = self.scanned - self.start;
            return Ok(Some(Scan::Complete { skip: self.start, length, fields: self.fields }));
        }
        self.fields += 1;
        if self.section(length + 2) > config.max_header_bytes || self.fields > config.max_header_count {
            return Err(Refusal::HeadersTooLarge);
        }
        Ok(None)
    }

    fn take_first_line(&mut self, length: usize, config: &Config) -> Result<Option<Scan>, Refusal> {
        if length > config.max_request_line {
            return Err(Refusal::UriTooLong);
        }
        if length > 0 {
            self.fields_start = self.scanned;
            return Ok(None);
        }
        self.leading += 1;
        self.start = self.scanned;
        if self.leading > MAX_LEADING_LINES {
            return Err(Refusal::BadRequest("Too many empty lines before the request line"));
        }
        Ok(None)
    }

    /// Refuses what is no HTTP/1 at its first byte (a TLS handshake, for one) without waiting for a line end.
    fn check_first_byte(&self, input: &[u8]) -> Result<(), Refusal> {
        match input.get(self.start) {
            Some(&byte) if self.fields_start == 0 && !is_token(byte) && byte != b'\r' => {
                Err(Refusal::BadRequest("The request line is malformed"))
            }
            _ => Ok(()),
        }
    }

    /// `length`: of the current line so far; its last byte may be the CR of the line's end, which is no part of it.
    fn check_unfinished(&self, length: usize, config: &Config) -> Result<(), Refusal> {
        if self.fields_start == 0 {
            return if length > config.max_request_line + 1 { Err(Refusal::UriTooLong) } else { Ok(()) };
        }
        if self.section(length) > config.max_header_bytes + 1 { Err(Refusal::HeadersTooLarge) } else { Ok(()) }
    }

    /// Bytes of the header section up to `length` bytes into the current line.
    fn section(&self, length: usize) -> usize {
        self.line - self.fields_start + length
    }
}
