import subprocess

import pytest

from planaria.prove.since import NoSuchRevision, changed_lines


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.py").write_text("1\n2\n3\n")
    (tmp_path / "sub" / "same.py").write_text("1\n")
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -qm x"):
        subprocess.run(("git", *command.split()), cwd=tmp_path, check=True)
    return tmp_path / "sub"


def test_lines_that_changed_and_new_files_are_told(repository):
    (repository / "a.py").write_text("1\n2.0\n3\n4\n")
    (repository / "ä new.py").write_text("1\n2\n")
    assert changed_lines(repository, "HEAD", ["a.py", "same.py", "ä new.py"]) == {"a.py": {2, 4}, "ä new.py": {1, 2}}


def test_a_file_with_only_lines_taken_away_has_none(repository):
    (repository / "a.py").write_text("1\n3\n")
    assert changed_lines(repository, "HEAD", ["a.py"]) == {"a.py": set()}


@pytest.mark.parametrize("revision", ["nowhere", "--output=x"])
def test_a_revision_that_git_does_not_know_is_refused(revision, repository):
    with pytest.raises(NoSuchRevision):
        changed_lines(repository, revision, ["a.py"])
    assert not (repository / "x").exists()
