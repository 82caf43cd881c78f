from pathlib import Path

import pytest

from person import transcript

FOLDER = Path(__file__).parent / "transcripts"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_transcript_plays_as_written(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for step in transcript.parse(path.read_text("utf-8")):
        code, shown = transcript.play(step, tmp_path)
        place = f"{path.name}:{step.line}: {step.command}\n" + "\n".join(shown)
        assert step.code == code, place
        assert transcript.fits(step.expected, shown), place


def test_a_transcript_that_differs_in_one_line_does_not_fit():
    assert not transcript.fits(["one", "two"], ["one", "three"])


def test_a_line_too_many_does_not_fit():
    assert not transcript.fits(["one"], ["one", "two"])


def test_a_wildcard_stands_for_part_of_a_line():
    assert transcript.fits(["took [..] s"], ["took 3.2 s"])


def test_a_made_passphrase_is_normalised():
    step = transcript.Step(1, "printf '    one two three four five six\\n'")
    assert transcript.play(step, ".") == (0, ["    <six words>"])
