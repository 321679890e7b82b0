"""The command line: statuses, streams, sentences."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from astroviz import __version__
from astroviz.cli import build_parser, main
from astroviz.commands.train import seconds

COMMANDS = ["serve", "infer", "check", "train", "models", "doctor", "bench"]


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.strip() == f"astroviz {__version__}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_without_heavy_imports(command):
    code = (
        f"import sys; from astroviz.cli import build_parser; build_parser().format_help()\n"
        f"assert not {{'torch', 'panel', 'astropy'}} & set(sys.modules)\n"
        f"build_parser().parse_args(['{command}', '--help'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert f"usage: astroviz {command}" in result.stdout or "usage:" in result.stdout


def test_no_command_is_a_usage_error_with_status_2(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_python_dash_m_is_the_same_program():
    result = subprocess.run(
        [sys.executable, "-m", "astroviz", "--version"], capture_output=True, text=True
    )
    assert result.stdout.strip() == f"astroviz {__version__}"


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (ValueError("the value 3 is wrong; give 2"), 2, "the value 3 is wrong; give 2"),
        (KeyError("no model named x"), 2, "no model named x"),
        (FileNotFoundError(2, "No such file or directory", "a.csv"), 2, "a.csv"),
        (ZeroDivisionError("division by zero"), 2, "division by zero"),
        (RuntimeError("odd"), 1, "RuntimeError: odd"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_failures_are_one_sentence_on_standard_error(monkeypatch, capsys, error, code, sentence):
    def fail(args):
        raise error

    monkeypatch.setattr("astroviz.commands.doctor.run", fail)
    assert main(["doctor"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err
    assert "Traceback" not in captured.err
    assert len(captured.err.strip().splitlines()) == 1


def test_a_traceback_is_there_for_who_asks(monkeypatch, capsys):
    monkeypatch.setenv("ASTROVIZ_DEBUG", "1")
    monkeypatch.setattr("astroviz.commands.doctor.run", lambda args: 1 // 0)
    main(["doctor"])
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1.5h", 5400), ("45", 45)]
)
def test_budgets(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "-3m", "0s", "5 days"])
def test_a_bad_budget_is_refused_with_its_text(text):
    with pytest.raises(ValueError, match="budget"):
        seconds(text)


def test_training_an_unknown_system_says_what_there_is(capsys):
    assert main(["train", "planets"]) == 2
    assert "stars" in capsys.readouterr().err


def test_an_unknown_benchmark_says_what_there_is(capsys):
    assert main(["bench", "nothing"]) == 2
    assert "draws" in capsys.readouterr().err


def test_serve_defaults_to_this_machine_only():
    args = build_parser().parse_args(["serve"])
    assert (args.port, args.address) == (5006, "127.0.0.1")


def test_models_lists_the_shipped_model_with_its_hash(capsys):
    assert main(["models", "--json"]) == 0
    cards = json.loads(capsys.readouterr().out)
    stars = next(card for card in cards if card["name"] == "stars/young")
    assert len(stars["sha256"]) == 64
    assert main(["models"]) == 0
    assert stars["sha256"][:12] in capsys.readouterr().out


def test_doctor_reports_device_packages_and_models(capsys):
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    for word in ("device:", "torch", "panel", "stars", "nothing is missing"):
        assert word in text


def test_a_damaged_model_is_what_doctor_is_for(monkeypatch, tmp_path, capsys, root):
    import shutil

    shutil.copytree(root / "models", tmp_path / "models")
    weights = next((tmp_path / "models" / "stars").rglob("weights.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    monkeypatch.setenv("ASTROVIZ_MODELS", str(tmp_path / "models"))
    assert main(["doctor"]) == 1
    assert "DAMAGED" in capsys.readouterr().out
