"""The stories: settings that the page can open, found again by them, and links for operators."""

import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from repro.engine.processes import ROOT
from repro.experiment.experiment import Experiment
from repro.experiment.stories import STORIES, Story, story_of
from repro.experiment.twists import apply_twist

each_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)


@each_story
def test_a_story_opens_by_its_link_and_is_found_by_its_settings(story: Story) -> None:
    link = story.to_link()
    assert Experiment.from_link(link) == story.experiment
    assert link.get("twist", "none") == story.twist
    assert story_of(story.experiment, story.twist) is story
    apply_twist(story.experiment, story.twist)


@each_story
def test_what_to_watch_for_does_not_give_the_result_away(story: Story) -> None:
    assert "Watch" in story.watch
    assert not re.search("identical|diverge|differ|same bits", story.watch, re.IGNORECASE)


@each_story
def test_a_story_leaves_images_and_epochs_as_they_are(story: Story) -> None:
    now = Experiment(program="keras", images=640, epochs=1, seed=7, dropout=0.5)
    told = story.settings(now)
    assert told == replace(story.experiment, images=640, epochs=1)
    assert story_of(told, story.twist) is story


def test_other_settings_tell_no_story() -> None:
    assert story_of(Experiment(seed=7), "none") is None
    assert story_of(Experiment(), "xla") is None


def test_the_guide_links_every_story() -> None:
    guide = (ROOT / ".github/OPERATING.md").read_text(encoding="utf-8")
    links = dict(re.findall(r"^- \[([^]]+)\]\((http://localhost:8501/[^)]*)\)", guide, re.MULTILINE))
    assert {title: dict(parse_qsl(urlsplit(link).query)) for title, link in links.items()} == {
        story.title: story.to_link() for story in STORIES
    }
