"""The log of a server: one message of a kind in a while, and how many were left out."""

import logging

import pytest

from repro.server import logs


def test_a_log_has_one_of_many_messages_of_a_kind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger("test of bounds")
    log.addFilter(logs.Bound())
    clock = [0.0]
    monkeypatch.setattr("repro.server.logs.time.monotonic", lambda: clock[0])

    def fail(kind: type[Exception]) -> None:
        try:
            raise kind
        except kind:
            log.exception("Uncaught %s\non socket %s", kind.__name__, clock[0])

    for _ in range(3):
        for number in range(1000):
            fail(KeyError)
            fail(ValueError)
            log.error("Another line, %d", number)
            log.error("Uncaught KeyError\nelsewhere")
        clock[0] += logs.Bound.SECONDS
    kinds = [message.partition("\n")[0] for message in caplog.messages]
    assert kinds == ["Uncaught KeyError", "Uncaught ValueError", "Another line, 0", "Uncaught KeyError"] * 3
    assert [message.endswith("(999 more like this were left out)") for message in caplog.messages] == [False] * 4 + [
        True
    ] * 8
