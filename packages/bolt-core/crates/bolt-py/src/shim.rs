pub(crate) mod coerce {
    use std::borrow::Cow;
    pub(crate) enum Int {
        Small(i64),
        Big(String),
    }
    pub(crate) fn int(text: &str) -> Result<Int, ()> {
        text.parse()
            .map(Int::Small)
            .map_err(|_| ())
            .or_else(|_| if text.is_empty() { Err(()) } else { Ok(Int::Big(text.to_owned())) })
    }
    pub(crate) fn float(text: &str) -> Result<f64, ()> {
        text.parse().map_err(|_| ())
    }
    pub(crate) fn boolean(text: &str) -> Result<bool, ()> {
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(()),
        }
    }
    pub(crate) fn percent_decode(text: &str) -> Result<Cow<'_, str>, ()> {
        Ok(Cow::Borrowed(text))
    }
    pub(crate) fn percent_decode_lossy(text: &str) -> Cow<'_, str> {
        Cow::Borrowed(text)
    }
    pub(crate) struct QueryPairs<'a>(std::str::Split<'a, char>);
    impl<'a> QueryPairs<'a> {
        pub(crate) fn new(text: &'a str) -> Self {
            QueryPairs(text.split('&'))
        }
    }
    impl<'a> Iterator for QueryPairs<'a> {
        type Item = Result<(Cow<'a, str>, Cow<'a, str>), ()>;
        fn next(&mut self) -> Option<Self::Item> {
            self.0.next().map(|p| {
                let (a, b) = p.split_once('=').unwrap_or((p, ""));
                Ok((Cow::Borrowed(a), Cow::Borrowed(b)))
            })
        }
    }
}
pub(crate) mod json {
    pub(crate) fn check(_: &[u8]) -> Result<(), ()> {
        Ok(())
    }
}
