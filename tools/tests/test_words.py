"""words: paths of one machine are found, URLs are left alone."""

import pytest

from tools import words


@pytest.mark.parametrize("text", ["see /home/ann/project", "`/root/.cargo/bin`", 'open("/work/main/x")'])
def test_machine_path_is_found(text):
    """A path below a home or work folder is found with its line."""
    ((line, _),) = words.machine_paths(".py", f"\n{text}")

    assert line == 2


@pytest.mark.parametrize("text", ["https://example.com/work/main", "packages/root/x.py", "/users/1", "./work/x"])
def test_urls_and_relative_paths_are_left_alone(text):
    """What continues a URL or a relative path is no machine path."""
    assert list(words.machine_paths(".md", text)) == []


def test_temporary_folder_is_refused_in_pages_only():
    """A page may not tell its reader to use the temporary folder by name."""
    assert len(list(words.machine_paths(".md", "cat /tmp/x"))) == 1
    assert list(words.machine_paths(".py", "cat /tmp/x")) == []
