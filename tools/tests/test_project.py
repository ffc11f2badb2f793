"""project: packages are found, ordered and closed over their dependencies."""

import pytest

from tools import project


@pytest.fixture
def workspace(tmp_path):
    """Builds a workspace from package names and what each requires."""

    def build(**requirements):
        for name, required in requirements.items():
            folder = tmp_path / "packages" / name
            folder.mkdir(parents=True)
            (folder / "pyproject.toml").write_text(
                f'[project]\nname = "{name}"\nversion = "1.0"\ndependencies = {required!r}\n'
            )
        return tmp_path

    return build


def test_packages_come_lowest_layer_first(workspace):
    """A package follows everything that it requires, whatever its name."""
    root = workspace(a=["b>=1", "django"], b=["c"], c=[])

    assert list(project.packages(root)) == ["c", "b", "a"]


def test_closure_holds_what_is_reached_by_declaration(workspace):
    """Requirements of requirements belong to the closure, the packages above do not."""
    known = project.packages(workspace(a=["b"], b=["c"], c=[], d=["c"]))

    assert [package.name for package in project.closure("b", known)] == ["c", "b"]


def test_circle_is_an_error_that_names_it(workspace):
    """Packages that require each other are an error naming the circle."""
    with pytest.raises(ValueError, match="a → b → a"):
        project.packages(workspace(a=["b"], b=["a"]))


@pytest.mark.parametrize("written", ["Bolt_Core >= 0.1", "bolt.core[extra]; python_version > '3'", "bolt-core"])
def test_requirement_names_are_normalized(written):
    """Spelling, extras and markers of a requirement do not matter."""
    assert project.normalized(written) == "bolt-core"


def test_files_without_git_skip_output(tmp_path):
    """In a source archive the tree is walked without output folders."""
    for name in ("a.py", "b.rs", ".venv/c.py", "src/target/d.py", "src/e.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    found = [path.relative_to(tmp_path).as_posix() for path in project.files([".py"], tmp_path)]

    assert found == ["a.py", "src/e.py"]


def test_report_fails_with_problems(capsys):
    """Problems are printed and make the exit code 1; none is 0."""
    assert project.report("size", ["x: too long"]) == 1
    assert project.report("size", []) == 0
    assert capsys.readouterr().out == "x: too long\nsize: 1 problem(s)\nsize: ok\n"
