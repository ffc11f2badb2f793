//! What a request sends by name: its query, header fields, cookies and form, read only as far as the route asks.
use std::borrow::Cow;

use bolt_http::coerce::{self, CoerceError, Cookies, QueryPairs};
use smallvec::SmallVec;

use crate::call::CallInput;
use crate::route_plan::{Origin, Reads};

type Pairs<'a> = SmallVec<[(Cow<'a, str>, Cow<'a, str>); 8]>;

/// The named values of one request.
pub(super) struct Sent<'a> {
    input: &'a CallInput,
    query: Pairs<'a>,
    cookies: Pairs<'a>,
    /// Names in the query whose values are no UTF-8.
    broken: SmallVec<[Cow<'a, str>; 2]>,
    /// The query has more pairs than are read.
    pub(super) too_many: bool,
}

impl<'a> Sent<'a> {
    pub(super) fn read(input: &'a CallInput, reads: Reads) -> Self {
        let mut sent =
            Sent { input, query: Pairs::new(), cookies: Pairs::new(), broken: SmallVec::new(), too_many: false };
        if reads.query {
            sent.read_query();
        }
        if reads.cookies {
            sent.read_cookies();
        }
        sent
    }

    fn read_query(&mut self) {
        let raw = self.input.head.query().unwrap_or("");
        for pair in QueryPairs::new(raw) {
            match pair {
                Ok(pair) => self.query.push(pair),
                Err(CoerceError::TooManyFields) => self.too_many = true,
                Err(_) if self.broken.is_empty() => self.broken = broken_names(raw),
                Err(_) => {}
            }
        }
    }

    fn read_cookies(&mut self) {
        for field in self.input.head.header_all("cookie") {
            match coerce::latin1(field) {
                Cow::Borrowed(text) => {
                    self.cookies.extend(Cookies::new(text).map(|(name, value)| (Cow::Borrowed(name), value)));
                }
                Cow::Owned(text) => {
                    let owned = |(name, value): (&str, Cow<'_, str>)| {
                        (Cow::Owned(name.to_owned()), Cow::Owned(value.into_owned()))
                    };
                    self.cookies.extend(Cookies::new(&text).map(owned));
                }
            }
        }
    }

    /// The one value that counts of a repeated name: the last.
    pub(super) fn one<'s>(&'s self, origin: Origin, name: &'s str) -> Option<Cow<'s, str>> {
        match origin {
            Origin::Query => named(&self.query, name).next_back().map(Cow::Borrowed),
            Origin::Cookie => named(&self.cookies, name).next_back().map(Cow::Borrowed),
            Origin::Header => self.input.head.header_all(name).last().map(coerce::latin1),
            Origin::Form => self.form(name).next_back().map(Cow::Borrowed),
        }
    }

    /// Every value of a name, in order.
    pub(super) fn all<'s>(&'s self, origin: Origin, name: &'s str) -> SmallVec<[Cow<'s, str>; 8]> {
        match origin {
            Origin::Query => named(&self.query, name).map(Cow::Borrowed).collect(),
            Origin::Cookie => named(&self.cookies, name).map(Cow::Borrowed).collect(),
            Origin::Header => self.input.head.header_all(name).map(coerce::latin1).collect(),
            Origin::Form => self.form(name).map(Cow::Borrowed).collect(),
        }
    }

    /// Whether a value that counts was sent under that name and is no UTF-8: any of several, else the last.
    pub(super) fn is_broken(&self, origin: Origin, name: &str, many: bool) -> bool {
        let broken = origin == Origin::Query && self.broken.iter().any(|broken| broken == name);
        broken && (many || self.last_is_broken(name))
    }

    fn last_is_broken(&self, name: &str) -> bool {
        let mut pairs = self.input.head.query().unwrap_or("").rsplit('&').map(split_pair);
        let last = pairs.find(|(sent, _)| coerce::percent_decode_lossy(sent) == name);
        last.is_some_and(|(_, value)| coerce::percent_decode(value).is_err())
    }

    /// The names in the query or the form that `known` does not hold, each once.
    pub(super) fn unknown(&self, origin: Origin, known: &[String]) -> Vec<String> {
        let mut unknown: Vec<String> = Vec::new();
        let mut note = |name: &str| {
            if !known.iter().any(|one| one == name) && !unknown.iter().any(|one| one == name) {
                unknown.push(name.to_owned());
            }
        };
        match (origin, &self.input.form) {
            (Origin::Query, _) => self.query.iter().for_each(|(name, _)| note(name)),
            (Origin::Form, Some(form)) => {
                form.fields.iter().for_each(|(name, _)| note(name));
                form.files.iter().for_each(|file| note(&file.field));
            }
            _ => {}
        }
        unknown
    }

    fn form<'s>(&'s self, name: &'s str) -> impl DoubleEndedIterator<Item = &'s str> {
        let fields = self.input.form.as_ref().map_or(&[][..], |form| &form.fields);
        fields.iter().filter(move |(sent, _)| sent == name).map(|(_, value)| value.as_str())
    }
}

fn named<'s>(pairs: &'s Pairs<'_>, name: &'s str) -> impl DoubleEndedIterator<Item = &'s str> {
    pairs.iter().filter(move |(sent, _)| sent == name).map(|(_, value)| value.as_ref())
}

fn split_pair(piece: &str) -> (&str, &str) {
    piece.split_once('=').unwrap_or((piece, ""))
}

fn broken_names(query: &str) -> SmallVec<[Cow<'_, str>; 2]> {
    let broken = query.split('&').map(split_pair).filter(|(_, value)| coerce::percent_decode(value).is_err());
    broken.map(|(name, _)| coerce::percent_decode_lossy(name)).collect()
}
