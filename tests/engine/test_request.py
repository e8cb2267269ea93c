"""Requests: there and back as JSON."""

import json

from records import EIGHT_STEPS

from repro.engine.request import Request


def test_json_there_and_back() -> None:
    request = Request(EIGHT_STEPS, 3, (0, 2))
    assert Request.from_json(json.loads(json.dumps(request.to_json()))) == request
