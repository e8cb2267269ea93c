"""A plugin for pytest in place of conftest.py, for another Python with little installed: what trains is skipped."""

import os
from typing import NoReturn

import pytest

os.environ["REPRO_SECONDS_OF_A_TEMPLATE"] = "0"  # as in conftest.py


@pytest.fixture(scope="session")
def launcher() -> NoReturn:
    pytest.skip("trains, which is tested on one Python alone")


@pytest.fixture(scope="session")
def seeded() -> NoReturn:
    pytest.skip("trains, which is tested on one Python alone")


@pytest.fixture
def made_up_programs() -> NoReturn:
    pytest.skip("starts a launcher, which is tested on one Python alone")
