from pathlib import Path

import pytest

from keys.errors import Refused
from registry import mongod_program
from registry.mongod_program import command_line, find_mongod
from registry.problems import find_problem


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, and no wheel."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mongod_program, "WHEEL", "no-such-wheel")
    return tmp_path


def _install(folder: Path, script: str) -> Path:
    program = folder / "mongod"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def _refusal() -> Refused:
    with pytest.raises(Refused) as caught:
        find_mongod()
    return caught.value


def test_the_one_on_path_comes_first(bin_folder: Path) -> None:
    program = _install(bin_folder, "exit 0")
    assert find_mongod() == program


def test_without_any_the_words_tell_three_ways_out(bin_folder: Path) -> None:
    refused = _refusal()
    assert refused.code == "mongo.not_found"
    problem = find_problem(refused.code)
    for words in (problem.mend("zh", refused), problem.mend("en", refused)):
        assert all(way in words for way in ("MONGODB_URI", "mongod", "pip install '.[local]'"))


def test_a_missing_library_is_named_with_its_package(bin_folder: Path) -> None:
    loader = "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file"
    _install(bin_folder, f"echo '{loader}: No such file or directory' >&2; exit 127")
    refused = _refusal()
    assert refused.code == "mongo.library_missing"
    problem = find_problem(refused.code)
    assert "libcurl.so.4" in problem.what("en", refused)
    assert "libcurl4 libssl3" in problem.mend("en", refused)


def test_a_processor_it_was_not_built_for(bin_folder: Path) -> None:
    _install(bin_folder, "kill -ILL $$")
    refused = _refusal()
    assert (refused.code, refused.params["reason"]) == ("mongo.cannot_run", "status -4")


def test_a_program_for_another_machine(bin_folder: Path) -> None:
    _install(bin_folder, "").write_bytes(b"\x00not a program")
    assert _refusal().code == "mongo.cannot_run"


def test_it_listens_on_loopback_only(bin_folder: Path) -> None:
    _install(bin_folder, "exit 0")
    words = command_line(Path("/data"), 27_117, "skills-test")
    assert words[words.index("--bind_ip") + 1] == "127.0.0.1"
    assert words[words.index("--replSet") + 1] == "skills-test"
