"""Jobs: there and back as JSON."""

import json

from records import EIGHT_STEPS

from repro.engine.job import Job


def test_json_there_and_back() -> None:
    job = Job(EIGHT_STEPS, 3, (0, 2))
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job
