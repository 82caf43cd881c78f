import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "demo" / "main.py"
CHEAP = Path(__file__).with_name("cheap.py")

# Ends well whatever it is asked for, does nothing, and prints what a careless check would look for.
LIAR = """
import sys
print("intact: 3 entries, 3 files; signed by defender, whose fingerprint was compared")
"""


def demo(tmp_path, *words, program=None):
    """Run the demo with its temporary folder in `tmp_path`; another program may stand in."""
    start = f"import sys; sys.path.insert(0, {str(DEMO.parent)!r}); import main; sys.exit("
    start += f"main.play([sys.executable, {str(program)!r}], [])" if program else "main.main("
    start += ")" if program else "sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-B", "-c", start, *words],
        cwd=tmp_path,
        env={"TMPDIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def written(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [pytest.param(None, id="real", marks=pytest.mark.long), pytest.param(CHEAP, id="cheap")],
)
def test_the_demo_runs_and_leaves_nothing(tmp_path, program):
    """Long: with the program itself, which takes most of a second for each passphrase."""
    ran = demo(tmp_path, program=program)
    assert (0, "") == (ran.returncode, ran.stderr)
    assert "checks held" in ran.stdout
    assert "passphrase, never use it" not in ran.stdout
    assert [] == written(tmp_path)


def test_a_program_that_does_nothing_makes_it_fail(tmp_path):
    program = tmp_path / "liar.py"
    program.write_text(LIAR)
    ran = demo(tmp_path, program=program)
    assert 1 == ran.returncode
    assert ran.stderr.startswith("\ndemo: FAILED: ")
    assert ["liar.py"] == written(tmp_path)


def test_a_program_that_fails_makes_it_fail(tmp_path):
    ran = demo(tmp_path, program=tmp_path / "nothing.py")
    assert 1 == ran.returncode
    assert "ended with code 2 and should end with 0" in ran.stderr


def test_a_file_that_is_not_there_is_told(tmp_path):
    ran = demo(tmp_path, "missing.jpg")
    assert 1 == ran.returncode
    assert "missing.jpg is no file and no folder" in ran.stderr
    assert [] == written(tmp_path)


def test_the_files_that_ship_are_small():
    sizes = [path.stat().st_size for path in (ROOT / "demo").rglob("*") if path.is_file()]
    assert 200_000 > sum(sizes)


def test_the_files_that_ship_are_those_that_the_script_makes(tmp_path):
    """All but the photograph, whose bytes depend on Pillow's version."""
    pytest.importorskip("PIL")
    start = f"import sys; sys.path.insert(0, {str(DEMO.parent)!r}); import make_files, pathlib; "
    start += f"make_files.FOLDER = pathlib.Path({str(tmp_path)!r}); make_files.main()"
    subprocess.run([sys.executable, "-B", "-c", start], check=True)
    shipped = ROOT / "demo" / "files"
    assert [path.name for path in sorted(shipped.iterdir())] == written(tmp_path)
    for name in ("account.txt", "voice.wav"):
        assert (shipped / name).read_bytes() == (tmp_path / name).read_bytes()
