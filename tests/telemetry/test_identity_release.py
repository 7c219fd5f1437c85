"""The release that nobody names: a build stamp, the commit of a checkout, the package's version."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from telemetry.checkout import Commit, commit_of
from telemetry.release import STAMP, found, qualified

GIT = shutil.which("git")
needs_git = pytest.mark.skipif(GIT is None, reason="git makes the checkouts of these tests")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An importable package in a directory of its own."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('it must not be imported')")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def git(folder, *arguments: str) -> str:
    done = subprocess.run(
        [
            GIT,
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@example.org",
            "-c",
            "commit.gpgsign=false",
            *arguments,
        ],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def committed(folder) -> str:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return git(folder, "rev-parse", "HEAD")


def test_without_stamp_and_checkout_it_is_the_packages_version(package):
    assert found("shop", "1.2.3") == "shop@1.2.3"
    assert "shop" not in sys.modules


@pytest.mark.parametrize("stamp", ["1.2.3+5d1f0c2\n", "v1.2.3+5d1f0c2", "other@9"])
def test_a_stamp_goes_before_everything(package, stamp):
    (package / STAMP).write_text(stamp)
    assert found("shop", "1.2.3") == ("other@9" if "@" in stamp else "shop@1.2.3+5d1f0c2")


@pytest.mark.parametrize("stamp", [b"", b"two words", b"\xff\xfe", b"ghp_" + b"a1B2" * 9, b"1" * 5000])
def test_a_stamp_that_is_no_release_counts_for_nothing(package, stamp):
    (package / STAMP).write_bytes(stamp)
    assert found("shop", "1.2.3") == "shop@1.2.3"


@needs_git
def test_in_a_checkout_the_commit_is_part_of_the_version(package):
    commit = committed(package.parent)
    assert found("shop", "1.2.3") == f"shop@1.2.3+{commit[:12]}"
    assert found("shop", "1.2.3+local") == f"shop@1.2.3+local.{commit[:12]}"


@needs_git
@pytest.mark.parametrize("annotated", [True, False])
@pytest.mark.parametrize("packed", [True, False])
def test_a_tag_on_the_commit_is_the_version(package, annotated, packed):
    committed(package.parent)
    git(package.parent, "tag", "unrelated")
    git(package.parent, "tag", "v2.0.0", *(["-m", "second"] if annotated else []))
    if packed:
        git(package.parent, "pack-refs", "--all")
        assert not (package.parent / ".git/refs/tags/v2.0.0").exists()
    assert found("shop", "1.2.3") == "shop@2.0.0"
    git(package.parent, "commit", "-q", "--allow-empty", "-m", "later")
    later = git(package.parent, "rev-parse", "HEAD")
    assert found("shop", "1.2.3") == f"shop@1.2.3+{later[:12]}"


@needs_git
def test_a_detached_head_and_a_worktree_are_checkouts_too(package, tmp_path_factory):
    first = committed(package.parent)
    git(package.parent, "checkout", "-q", "--detach")
    assert commit_of(package) == Commit(first)
    tree = tmp_path_factory.mktemp("trees") / "tree"
    git(package.parent, "worktree", "add", "-q", "-b", "side", str(tree))
    git(tree, "commit", "-q", "--allow-empty", "-m", "second")
    git(tree, "tag", "v3.0")
    assert commit_of(tree) == Commit(git(tree, "rev-parse", "HEAD"), "3.0")
    assert commit_of(package) == Commit(first)


@needs_git
def test_a_package_that_was_installed_into_a_checkout_is_none_of_its_own(package):
    committed(package.parent)
    installed = package.parent / ".venv/lib/python3.11/site-packages/shop"
    installed.mkdir(parents=True)
    assert commit_of(installed) is None
    assert commit_of(package) is not None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("HEAD", b""),
        ("HEAD", b"\xff" * 100),
        ("HEAD", b"ref: refs/heads/../../../secret"),
        ("HEAD", b"ref: refs/heads/nowhere"),
        ("HEAD", b"ref: refs/heads/loop"),
        ("HEAD", b"x" * (5 << 20)),
    ],
)
def test_a_broken_checkout_is_none(tmp_path, name, content):
    (tmp_path / ".git/refs/heads").mkdir(parents=True)
    (tmp_path / ".git/refs/heads/loop").write_text("ref: refs/heads/loop")
    (tmp_path / "secret").write_text("0" * 40)
    (tmp_path / ".git" / name).write_bytes(content)
    assert commit_of(tmp_path) is None


@pytest.mark.parametrize("file", ["gitdir: /nowhere", "nonsense", ""])
def test_a_git_file_that_leads_nowhere_is_none(tmp_path, file):
    (tmp_path / ".git").write_text(file)
    assert commit_of(tmp_path) is None


def test_links_in_a_circle_are_none(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / ".git").write_text("gitdir: a")
    assert commit_of(tmp_path) is None


def test_no_directory_is_no_checkout(tmp_path):
    assert commit_of(tmp_path / "missing") is None


@pytest.mark.parametrize("application", ["", "..", "no package", "a.b", "__main__", "sys"])
def test_an_application_that_is_no_package_of_its_own_has_its_version(application):
    assert found(application, "1.2.3") in (f"{application}@1.2.3", "1.2.3")


@pytest.mark.parametrize(
    ("said", "application", "release"),
    [
        ("v1.2", "shop", "shop@1.2"),
        ("vanilla", "shop", "shop@vanilla"),
        ("a@1", "shop", "a@1"),
        ("1.2", None, "1.2"),
        ("1.2", "two words", "1.2"),
    ],
)
def test_a_bare_version_gets_the_applications_name(said, application, release):
    assert qualified(said, application) == release
