import pytest

from app.exchange import progress as progress_module
from app.exchange.progress import progress


def test_off_a_terminal_a_plain_line_tells_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    clock = iter([0.0, 4.0, 10.0, 12.0, 20.0])
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: next(clock))

    with progress(200) as shown:
        for position in (50, 100, 150, 200):
            shown.advance(position)

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Importing: 50 %, 2 rows, 0 rows/s\nImporting: 100 %, 4 rows, 0 rows/s\n"
