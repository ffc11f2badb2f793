//! A form from its bytes, within its limits. Knows neither sockets nor disks: what must be written is handed out.
use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};

use super::multipart::{Multipart, Sink};
use super::part::{PartHead, split_params};
use super::spool::Write;
use super::{Content, FilePart, FileSpec, Form, FormLimits, FormSpec, TOO_MANY_FIELDS, urlencoded};
use crate::refusal::Refusal;

/// Bytes that are written to disk at once.
const BLOCK: usize = 256 * 1024;

/// The field that names the charset of all others (RFC 7578 §4.6).
const CHARSET_FIELD: &str = "_charset_";

const BAD_CHARSET: Refusal = Refusal::BadRequest("The form names a charset that is not known");
const NO_TEXT: Refusal =
    Refusal::BadRequest("The form has text that is not valid in its charset, which is UTF-8 by default");
const NO_BOUNDARY: Refusal = Refusal::BadRequest("The multipart body's Content-Type names no boundary");
const DATA: Refusal = Refusal::FormTooLarge("The form has too much data beside its files");
const FILES: Refusal = Refusal::FormTooLarge("The form has too many files");

/// How a form is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoded {
    /// `application/x-www-form-urlencoded`
    Url,
    /// `multipart/form-data`
    Multipart,
}

impl Encoded {
    /// Of a `Content-Type`; `None` for one that is no form's.
    pub fn of(content_type: &[u8]) -> Option<Self> {
        let (essence, _) = split_params(content_type);
        if essence.eq_ignore_ascii_case(b"multipart/form-data") {
            Some(Encoded::Multipart)
        } else if essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            Some(Encoded::Url)
        } else {
            None
        }
    }
}

/// Reads one form.
#[derive(Debug)]
pub struct FormReader<'a> {
    kind: Kind<'a>,
    charset: &'static Encoding,
    limits: &'a FormLimits,
}

#[derive(Debug)]
enum Kind<'a> {
    Url(Vec<u8>),
    Multipart(Box<(Multipart, Parts<'a>)>),
}

impl<'a> FormReader<'a> {
    /// Errors: no form's media type, an unknown charset, no boundary.
    pub fn new(content_type: &[u8], limits: &'a FormLimits, spec: &'a FormSpec) -> Result<Self, Refusal> {
        let encoded = Encoded::of(content_type).ok_or(Refusal::UnsupportedMediaType)?;
        let (mut charset, mut boundary) = (UTF_8, None);
        for param in split_params(content_type).1 {
            let (key, value) = param.ok_or(Refusal::BadRequest("The Content-Type field is malformed"))?;
            if key.eq_ignore_ascii_case(b"charset") {
                charset = Encoding::for_label(&value).ok_or(BAD_CHARSET)?;
            } else if key.eq_ignore_ascii_case(b"boundary") {
                boundary = Some(value);
            }
        }
        let kind = match encoded {
            Encoded::Url => Kind::Url(Vec::new()),
            Encoded::Multipart => {
                let parser = Multipart::new(&boundary.ok_or(NO_BOUNDARY)?)?;
                Kind::Multipart(Box::new((parser, Parts::new(limits, spec))))
            }
        };
        Ok(FormReader { kind, charset, limits })
    }

    /// Takes the body's next bytes.
    pub fn feed(&mut self, input: &[u8]) -> Result<(), Refusal> {
        match &mut self.kind {
            Kind::Url(body) if body.len() + input.len() > self.limits.max_data => Err(DATA),
            Kind::Url(body) => {
                body.extend_from_slice(input);
                Ok(())
            }
            Kind::Multipart(both) => both.0.feed(input, &mut both.1),
        }
    }

    /// What must be written to disk before much more is fed; in order, and none of it twice.
    pub(crate) fn take_writes(&mut self) -> Vec<Write> {
        match &mut self.kind {
            Kind::Url(_) => Vec::new(),
            Kind::Multipart(both) => std::mem::take(&mut both.1.writes),
        }
    }

    /// The form. The contents of files on disk are for the caller to put in.
    pub fn finish(self) -> Result<Form, Refusal> {
        match self.kind {
            Kind::Url(body) => {
                let fields = urlencoded::parse(&body, self.limits.max_fields, self.charset)?;
                Ok(Form { fields, files: Vec::new() })
            }
            Kind::Multipart(both) => {
                let (parser, parts) = *both;
                parser.finish()?;
                parts.form(self.charset)
            }
        }
    }
}

#[derive(Debug)]
struct TextField {
    name: String,
    value: Vec<u8>,
    charset: Option<String>,
}

/// The part that is being read.
#[derive(Debug)]
enum Current<'a> {
    Dropped,
    Text(TextField),
    File(OpenFile<'a>),
}

#[derive(Debug)]
struct OpenFile<'a> {
    part: FilePart,
    /// What the field declares, where it is declared.
    spec: Option<&'a FileSpec>,
    /// What is not on disk yet.
    held: Vec<u8>,
    on_disk: bool,
}

#[derive(Debug)]
struct Parts<'a> {
    limits: &'a FormLimits,
    spec: &'a FormSpec,
    fields: Vec<TextField>,
    files: Vec<FilePart>,
    current: Current<'a>,
    /// Bytes of the text fields, names included.
    data: usize,
    /// Bytes of files in memory.
    in_memory: usize,
    /// Files that were sent, the dropped ones too.
    file_count: usize,
    /// Parts that count as nothing: empty inputs for files.
    empty_count: usize,
    writes: Vec<Write>,
}

impl<'a> Parts<'a> {
    fn new(limits: &'a FormLimits, spec: &'a FormSpec) -> Self {
        Parts {
            limits,
            spec,
            fields: Vec::new(),
            files: Vec::new(),
            current: Current::Dropped,
            data: 0,
            in_memory: 0,
            file_count: 0,
            empty_count: 0,
            writes: Vec::new(),
        }
    }

    fn begin_text(&mut self, head: PartHead) -> Result<(), Refusal> {
        if self.fields.len() >= self.limits.max_fields {
            return Err(TOO_MANY_FIELDS);
        }
        self.add_data(head.field.len())?;
        self.current = Current::Text(TextField { name: head.field, value: Vec::new(), charset: head.charset });
        Ok(())
    }

    fn add_data(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.data += bytes;
        if self.data > self.limits.max_data { Err(DATA) } else { Ok(()) }
    }

    fn begin_file(&mut self, head: PartHead, name: String) -> Result<(), Refusal> {
        if name.is_empty() {
            // What a browser sends for a file input left alone; Django, too, drops a file without a usable name.
            self.empty_count += 1;
            return if self.empty_count > self.limits.max_fields { Err(TOO_MANY_FIELDS) } else { Ok(()) };
        }
        self.file_count += 1;
        if self.file_count > self.limits.max_files {
            return Err(FILES);
        }
        let spec = self.spec.file(&head.field);
        if spec.is_none() && !self.spec.keep_others {
            return Ok(());
        }
        if let Some(spec) = spec {
            let before = self.files.iter().filter(|file| file.field == head.field).count();
            if let Some(limit) = spec.max_files.filter(|&limit| before >= limit) {
                return Err(Refusal::TooManyFiles { field: head.field, limit });
            }
            if !spec.takes(&head.media_type) {
                return Err(Refusal::FileType { field: head.field });
            }
        }
        let part = FilePart {
            field: head.field,
            name,
            media_type: head.media_type,
            charset: head.charset,
            size: 0,
            content: Content::Memory(Bytes::new()),
        };
        self.current = Current::File(OpenFile { part, spec, held: Vec::new(), on_disk: false });
        Ok(())
    }

    fn form(self, charset: &'static Encoding) -> Result<Form, Refusal> {
        let declared = self.fields.iter().find(|field| field.name == CHARSET_FIELD);
        let charset = match declared {
            Some(field) => Encoding::for_label(&field.value).ok_or(BAD_CHARSET)?,
            None => charset,
        };
        let mut fields = Vec::with_capacity(self.fields.len());
        for field in self.fields {
            let charset = match &field.charset {
                Some(label) => Encoding::for_label(label.as_bytes()).ok_or(BAD_CHARSET)?,
                None => charset,
            };
            fields.push((field.name, decode(field.value, charset)?));
        }
        Ok(Form { fields, files: self.files })
    }
}

impl Sink for Parts<'_> {
    fn begin(&mut self, head: &[u8]) -> Result<(), Refusal> {
        let mut head = PartHead::parse(head)?;
        match head.file_name.take() {
            Some(name) => self.begin_file(head, name),
            None => self.begin_text(head),
        }
    }

    fn content(&mut self, content: &[u8]) -> Result<(), Refusal> {
        let next = self.files.len();
        match &mut self.current {
            Current::Dropped => {}
            Current::Text(_) => {
                self.add_data(content.len())?;
                // Asked again because counting needs all of the form.
                if let Current::Text(field) = &mut self.current {
                    field.value.extend_from_slice(content);
                }
            }
            Current::File(file) => {
                file.part.size += content.len() as u64;
                let limit = file.spec.and_then(|spec| spec.max_size);
                if let Some(limit) = limit.filter(|&limit| file.part.size > limit) {
                    return Err(Refusal::FileTooLarge { field: file.part.field.clone(), limit });
                }
                file.held.extend_from_slice(content);
                // One limit for all files of a form: a hundred small ones must not add up.
                file.on_disk |= self.in_memory + file.held.len() > self.limits.memory;
                if file.on_disk && file.held.len() >= BLOCK {
                    let data = std::mem::replace(&mut file.held, Vec::with_capacity(BLOCK + BLOCK / 4));
                    self.writes.push(Write { file: next, data, last: false });
                }
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refusal> {
        let file = self.files.len();
        match std::mem::replace(&mut self.current, Current::Dropped) {
            Current::Dropped => {}
            Current::Text(field) => self.fields.push(field),
            Current::File(OpenFile { part, held, on_disk: true, .. }) => {
                self.writes.push(Write { file, data: held, last: true });
                self.files.push(part);
            }
            Current::File(OpenFile { mut part, held, .. }) => {
                self.in_memory += held.len();
                part.content = Content::Memory(held.into());
                self.files.push(part);
            }
        }
        Ok(())
    }
}

/// Text in its charset; a mark of the byte order is no part of it.
pub(super) fn decode(bytes: Vec<u8>, charset: &'static Encoding) -> Result<String, Refusal> {
    if charset == UTF_8 {
        return String::from_utf8(bytes).map_err(|_| NO_TEXT);
    }
    let decoded = charset.decode_without_bom_handling_and_without_replacement(&bytes);
    decoded.map(std::borrow::Cow::into_owned).ok_or(NO_TEXT)
}

/// A form that is in memory already. Its files stay there.
pub fn parse(content_type: &[u8], body: &[u8], limits: &FormLimits, spec: &FormSpec) -> Result<Form, Refusal> {
    let limits = FormLimits { memory: usize::MAX, ..limits.clone() };
    let mut reader = FormReader::new(content_type, &limits, spec)?;
    reader.feed(body)?;
    reader.finish()
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
