import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = ["program.txt", "development.txt"]


def dev(*words, cwd=ROOT):
    return subprocess.run(
        [sys.executable, ROOT / "dev.py", *words], cwd=cwd, capture_output=True, check=False
    )


def pins(name):
    """Return the requirements of a lock file, each with its hashes."""
    text = (ROOT / "requirements" / name).read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [
        (Requirement(line.split("--hash")[0].strip()), re.findall(r"--hash=sha256:(\w{64})", line))
        for line in lines
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_one_version_with_hashes(name):
    assert len(pins(name)) > 15
    for requirement, hashes in pins(name):
        assert ["=="] == [spec.operator for spec in requirement.specifier], requirement
        assert hashes, requirement


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host(name):
    text = (ROOT / "requirements" / name).read_text("utf-8")
    assert "://" not in text
    assert "index-url" not in text


def test_the_two_locks_agree():
    program = {(one.name, str(one.specifier), *hashes) for one, hashes in pins("program.txt")}
    development = {(r.name, str(r.specifier), *h) for r, h in pins("development.txt")}
    assert program <= development


def test_the_locks_satisfy_the_ranges():
    locked = {}
    for requirement, _hashes in pins("development.txt"):
        version = next(iter(requirement.specifier)).version
        locked.setdefault(requirement.name.lower(), []).append(version)
    project = PROJECT["project"]
    asked = [
        *project["dependencies"],
        *project["optional-dependencies"]["media"],
        *PROJECT["dependency-groups"]["dev"],
    ]
    for line in asked:
        requirement = Requirement(line)
        for version in locked[requirement.name.lower()]:
            assert requirement.specifier.contains(version), line


def test_every_ignored_rule_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = text.split("[tool.ruff.lint]")[1].split("[tool.ruff.lint.flake8-annotations]")[0]
    rules = re.findall(r'^ {4}"[A-Z]+\d*",.*$', block, re.MULTILINE)
    assert len(rules) > 20
    assert [] == [rule for rule in rules if not re.search(r" # .{7}", rule)]


def test_without_a_verb_it_tells_what_there_is(tmp_path):
    ran = dev(cwd=tmp_path)
    assert 0 == ran.returncode
    for verb in ("demo", "test", "check", "prove", "bench"):
        assert f"dev.py {verb}".encode() in ran.stdout


def test_an_unknown_verb_is_told():
    ran = dev("frob")
    assert (2, 1) == (ran.returncode, ran.stderr.count(b"\n"))


def test_an_unknown_proof_is_told():
    ran = dev("prove", "frob")
    assert (1, 1) == (ran.returncode, ran.stderr.count(b"\n"))
    assert b"no proof of that name" in ran.stderr


def test_the_shim_is_short():
    assert 15 >= len((ROOT / "cli.py").read_text("utf-8").splitlines())
