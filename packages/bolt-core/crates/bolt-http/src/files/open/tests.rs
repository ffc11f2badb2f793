use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use super::*;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("root/sub")).expect("folders");
    std::fs::write(at("root/a.txt"), "inside").expect("a file");
    std::fs::write(at("root/sub/b.txt"), "deeper").expect("a file");
    std::fs::write(at("secret"), "outside").expect("a file");
    symlink("a.txt", at("root/near")).expect("a link");
    symlink("../a.txt", at("root/sub/up")).expect("a link");
    symlink("../secret", at("root/far")).expect("a link");
    symlink(at("secret"), at("root/absolute")).expect("a link");
    symlink("..", at("root/parent")).expect("a link");
    symlink("circle", at("root/circle")).expect("a link");
    folder
}

fn below(root: &Path, path: impl Into<PathBuf>) -> Source {
    Source::Below { root: root.to_owned(), path: path.into() }
}

fn size(opened: Result<Opened, Failure>) -> Result<u64, u16> {
    opened.map(|opened| opened.size).map_err(|failure| failure.refusal().status())
}

/// What is below the root opens, links that stay there among it.
#[test]
fn inside_the_root() {
    let folder = folder();
    let root = folder.path().join("root");
    for path in ["a.txt", "./a.txt", "sub/b.txt", "near", "sub/up"] {
        assert_eq!(size(Opened::open(&below(&root, path), true)), Ok(6), "{path}");
    }
    assert_eq!(size(Opened::open(&Source::Path(root.join("near")), true)), Ok(6));
}

/// Nothing else does: not by `..`, an absolute path, a link, nor cut off at a NUL.
#[test]
fn outside_the_root() {
    let folder = folder();
    let root = folder.path().join("root");
    let absolute = root.join("a.txt").to_string_lossy().into_owned();
    for path in [
        "../secret",
        "sub/../../secret",
        "sub/../a.txt",
        absolute.as_str(),
        "/etc/passwd",
        "far",
        "absolute",
        "parent/secret",
        "circle",
        "a.txt\0.png",
        "",
        ".",
        "a.txt/",
        "a.txt/x",
        "missing",
    ] {
        assert_eq!(size(Opened::open(&below(&root, path), true)), Err(404), "{path:?}");
        let fast = Opened::open(&below(&root, path), false);
        assert!(matches!(fast, Err(Failure::Missing(_) | Failure::WouldBlock)), "{path:?}: {fast:?}");
    }
    let long = "x".repeat(5000);
    assert_eq!(size(Opened::open(&below(&root, long), true)), Err(404));
    let bytes = std::ffi::OsString::from_vec(vec![0xff, 0xfe]);
    assert_eq!(size(Opened::open(&below(&root, bytes), true)), Err(404));
}

/// Where the kernel cannot confine a path, no link below the root is followed at all.
#[test]
fn without_openat2() {
    let folder = folder();
    let root = folder.path().join("root");
    let open = |path: &str| {
        let root = rustix::fs::open(&root, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).expect("the root");
        stepwise(root, Path::new(path)).and_then(|file| Opened::examine(Arc::new(file.into())))
    };
    for path in ["a.txt", "./a.txt", "sub/b.txt"] {
        assert_eq!(size(open(path)), Ok(6), "{path}");
    }
    for path in ["near", "far", "absolute", "parent/secret", "missing", "sub", ""] {
        assert_eq!(size(open(path)), Err(404), "{path}");
    }
}

/// A folder, a FIFO and a device are no files to send, and opening them does not wait.
#[test]
fn no_regular_files() {
    let folder = folder();
    let fifo = folder.path().join("fifo");
    rustix::fs::mknodat(CWD, &fifo, rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a FIFO");
    for path in [fifo.as_path(), folder.path(), Path::new("/dev/zero"), Path::new("/nowhere"), Path::new("a\0b")] {
        assert_eq!(size(Opened::open(&Source::Path(path.to_owned()), true)), Err(404), "{path:?}");
    }
}

/// A file that the server's user may not read is 403; the superuser may read everything.
#[test]
fn unreadable() {
    let folder = folder();
    let path = folder.path().join("secret");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0)).expect("a mode");
    let expected = if std::fs::read(&path).is_ok() { Ok(7) } else { Err(403) };
    assert_eq!(size(Opened::open(&Source::Path(path), true)), expected);
    assert_eq!(Failure::from(Errno::ACCESS).refusal().status(), 403);
}

/// What is cached opens at once.
#[cfg(target_os = "linux")]
#[test]
fn without_waiting() {
    let folder = folder();
    let root = folder.path().join("root");
    let slow = Opened::open(&below(&root, "a.txt"), true).expect("a file");
    match Opened::open(&below(&root, "a.txt"), false) {
        Ok(fast) => assert_eq!(fast.etag, slow.etag),
        // A kernel before 5.12.
        Err(failure) => assert!(matches!(failure, Failure::WouldBlock), "{failure:?}"),
    }
}

/// The tag changes with the content's length and its time; two files have two.
#[test]
fn tags() {
    let folder = folder();
    let tag = |name: &str| Opened::open(&Source::Path(folder.path().join(name)), true).expect("a file").etag;
    let before = tag("secret");
    assert!(before.starts_with('"') && before.ends_with('"'));
    assert_eq!(before, tag("secret"));
    assert_ne!(before, tag("root/a.txt"));
    let file = File::options().append(true).open(folder.path().join("secret")).expect("a file");
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_nanos(1_000_001)).expect("a time");
    let touched = tag("secret");
    assert_ne!(before, touched);
}
