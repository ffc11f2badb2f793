//! Files that the proxy in front sends: a header names the file, the reply has no content.
use std::path::{Path, PathBuf};

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::{FileReply, Source, open};
use crate::reply::Reply;

/// What a path may hold as it is; proxies decode the rest.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Which files the proxy sends, and how it is told.
#[derive(Debug, Clone)]
pub struct Offload {
    header: &'static str,
    /// Folders with what stands for them in the header's value, the longest first.
    roots: Vec<(PathBuf, String)>,
}

impl Offload {
    /// nginx's `X-Accel-Redirect`: each folder is served by an `internal` location with this prefix.
    pub fn x_accel_redirect(roots: impl IntoIterator<Item = (PathBuf, String)>) -> Self {
        let slashed = roots.into_iter().map(|(root, prefix)| (root, format!("{}/", prefix.trim_end_matches('/'))));
        Offload::new("x-accel-redirect", slashed.collect())
    }

    /// `X-Sendfile` of Apache's mod_xsendfile and lighttpd: the value is the file's path; folders are those that it may read.
    pub fn x_sendfile(roots: impl IntoIterator<Item = PathBuf>) -> Self {
        let named = roots.into_iter().map(|root| {
            let prefix = format!("{}/", encoded(&root).trim_end_matches('/'));
            (root, prefix)
        });
        Offload::new("x-sendfile", named.collect())
    }

    fn new(header: &'static str, mut roots: Vec<(PathBuf, String)>) -> Self {
        roots.sort_by_key(|(root, _)| std::cmp::Reverse(root.components().count()));
        Offload { header, roots }
    }

    /// The reply that makes the proxy send the file, where that lies below one of the folders. Links are the proxy's to judge.
    pub(crate) fn reply(&self, file: &FileReply) -> Option<Reply> {
        let path = match &file.source {
            Source::Open(_) => return None,
            Source::Path(path) => path.clone(),
            Source::Below { root, path } => root.join(open::inner(path).ok()?),
        };
        let path = std::path::absolute(path).ok()?;
        let (prefix, rest) = self.roots.iter().find_map(|(root, prefix)| {
            let rest = path.strip_prefix(root).ok().and_then(|rest| open::inner(rest).ok())?;
            Some((prefix, rest.to_owned()))
        })?;
        let mut head = file.head.clone();
        let mut block = head.headers.without(|_| false).into_builder();
        block.push(self.header.as_bytes(), format!("{prefix}{}", encoded(&rest)).as_bytes()).ok()?;
        head.headers = block.finish();
        Some(Reply { head, body: Bytes::new() })
    }
}

fn encoded(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    percent_encode(path.as_os_str().as_bytes(), PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::{HeaderBlock, ReplyHead};

    fn named(offload: &Offload, source: Source) -> Option<String> {
        let head = ReplyHead { status: 200, headers: HeaderBlock::default() };
        let reply = offload.reply(&FileReply { head, source })?;
        assert!(reply.body.is_empty());
        Some(String::from_utf8_lossy(reply.head.headers.get(offload.header)?).into_owned())
    }

    fn path(path: &str) -> Source {
        Source::Path(path.into())
    }

    fn below(root: &str, path: &str) -> Source {
        Source::Below { root: root.into(), path: path.into() }
    }

    /// The longest folder wins; the rest of the path is percent-encoded; folders match by whole names.
    #[test]
    fn x_accel_redirect() {
        let roots = [("/srv/media", "/media/"), ("/srv/media/private", "/private")];
        let offload = Offload::x_accel_redirect(roots.map(|(root, prefix)| (root.into(), prefix.to_owned())));
        assert_eq!(named(&offload, path("/srv/media/a b/ü%.txt")).as_deref(), Some("/media/a%20b/%C3%BC%25.txt"));
        assert_eq!(named(&offload, path("/srv/media/private/x")).as_deref(), Some("/private/x"));
        assert_eq!(named(&offload, below("/srv/media", "private/x")).as_deref(), Some("/private/x"));
        assert_eq!(named(&offload, path("/srv/mediatheque/x")), None);
    }

    /// What would leave its folder is not given to the proxy, whose normalisation may differ.
    #[test]
    fn traversal() {
        let offload = Offload::x_accel_redirect([("/srv/media".into(), "/media".to_owned())]);
        for source in [
            path("/srv/media/../secret"),
            below("/srv/media", "../secret"),
            below("/srv/media", "/srv/media/x"),
            path("x"),
        ] {
            assert_eq!(named(&offload, source), None);
        }
    }

    /// The path itself, encoded like a URL's.
    #[test]
    fn x_sendfile() {
        let offload = Offload::x_sendfile(["/srv/my media".into()]);
        assert_eq!(named(&offload, path("/srv/my media/a")).as_deref(), Some("/srv/my%20media/a"));
        assert_eq!(named(&offload, path("/srv/a")), None);
    }
}
