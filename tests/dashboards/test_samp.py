"""SAMP between two programs on this machine, through a hub of our own."""

from __future__ import annotations

import threading

import pytest
from astropy.table import Table

from astroviz.dashboards.samp import Samp, SampError


class Program:
    """Stands for TOPCAT: a client that keeps what it is sent."""

    def __init__(self):
        self.got: list[tuple[bytes, str]] = []
        self.failures: list[str] = []
        self.heard = threading.Event()
        self.samp = Samp(self.received, self.failed)

    def received(self, content, name):
        self.got.append((content, name))
        self.heard.set()

    def failed(self, sentence):
        self.failures.append(sentence)
        self.heard.set()


@pytest.fixture
def programs(tmp_path, monkeypatch):
    # A hub of its own: the lock file of a person's hub lies in the home folder.
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / '.samp').as_uri()}")
    monkeypatch.setenv("HOME", str(tmp_path))
    pair = Program(), Program()
    for program in pair:
        program.samp.connect()
    yield pair
    for program in reversed(pair):
        program.samp.close()


def test_it_is_off_until_it_is_switched_on():
    program = Program()
    assert not program.samp.connected
    assert program.samp.others() == []
    with pytest.raises(SampError, match="off"):
        program.samp.send(Table({"g": [14.0]}), "stars")
    program.samp.close()


def test_a_table_goes_from_one_program_to_the_other(programs):
    one, other = programs
    assert one.samp.send(Table({"g": [14.0, 15.0]}), "my_stars") == 1
    assert other.heard.wait(10)
    content, name = other.got[0]
    assert name == "my_stars"
    assert b"VOTABLE" in content
    assert not one.got, "a table does not come back to its sender"


def test_a_table_from_elsewhere_is_refused_with_a_sentence(programs):
    one, other = programs
    one.samp._client.notify_all(
        {
            "samp.mtype": "table.load.votable",
            "samp.params": {"url": "http://example.org/secret.vot", "name": "x"},
        }
    )
    assert other.heard.wait(10)
    assert "not on this machine" in other.failures[0]
    assert not other.got


def test_with_nobody_listening_it_says_so(programs):
    one, other = programs
    other.samp.close()
    with pytest.raises(SampError, match="no other program"):
        one.samp.send(Table({"g": [14.0]}), "stars")
