"""Many visitors of one page in real browsers: nothing lost by looking away, nothing seen of others, faults in words."""

import contextlib
import os
import re
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import made_up
import pytest
from browsers import needs_chromium
from live_server import Server, serve
from playwright.sync_api import Browser, BrowserContext, Page, expect
from proc import forks, lives, templates
from records import wait_until
from visitors import Visitor

pytestmark = needs_chromium
TRAINING = 180_000  # milliseconds that a pair may take
STEPS = re.compile(r"step \d[\d,]* of [\d,]+")


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    """The browsers of three visitors, which know nothing of each other."""
    contexts = [browser.new_context(viewport={"width": 1400, "height": 1100}) for _ in range(3)]
    yield contexts
    for context in contexts:
        context.close()


@pytest.fixture
def pages(contexts: list[BrowserContext]) -> Iterator[list[Page]]:
    """A page of each of the three visitors."""
    pages = [context.new_page() for context in contexts]
    yield pages
    for page in pages:
        page.close()


def train(page: Page) -> None:
    page.get_by_role("button", name="Train both runs").click()


def stop(page: Page) -> None:
    """Presses the page's own button: Streamlit has one of this name in the corner, now and then."""
    page.get_by_test_id("stTabs").get_by_role("button", name="Stop").click()


def template_of(server: Server) -> int:
    (template,) = templates(server.process)
    return template


def test_a_running_pair_comes_back_after_a_reload_and_on_another_device(
    quick_server: Server, pages: list[Page]
) -> None:
    here, elsewhere, stranger = pages
    here.goto(f"{quick_server.address}/?epochs=100&seed=7")
    assert "visit=" not in here.url
    train(here)
    expect(here.get_by_text(STEPS).first).to_be_visible(timeout=TRAINING)
    expect(here).to_have_url(re.compile("visit="))
    here.reload()
    expect(here.get_by_text(STEPS).first).to_be_visible()
    charts = here.get_by_test_id("stVegaLiteChart").locator("canvas, svg.marks")
    expect(charts).to_have_count(2)
    expect(here.get_by_label("Seed", exact=True)).to_have_value("7")
    elsewhere.goto(here.url)
    expect(elsewhere.get_by_text(STEPS).first).to_be_visible()
    stranger.goto(re.sub("&?visit=[^&]*", "", here.url))
    expect(stranger.get_by_label("Seed", exact=True)).to_have_value("7")
    expect(stranger.get_by_text(STEPS)).to_have_count(0)
    expect(stranger.get_by_role("button", name="Train both runs")).to_be_enabled()
    train(stranger)
    expect(stranger.get_by_text(re.compile(r"In the queue, place 1: your turn comes in about \d+ "))).to_be_visible()
    expect(stranger.get_by_text("waiting in the queue")).to_have_count(2)
    stop(elsewhere)
    expect(here.get_by_text(re.compile("stopped at step"))).to_have_count(2, timeout=TRAINING)
    expect(stranger.get_by_text(STEPS).first).to_be_visible(timeout=TRAINING)
    stop(stranger)
    expect(stranger.get_by_text(re.compile("stopped at step"))).to_have_count(2)


def test_an_address_whose_visit_is_gone_says_so(quick_server: Server, pages: list[Page]) -> None:
    pages[0].goto(f"{quick_server.address}/?visit=nobodys&images=64&epochs=1")
    expect(pages[0].get_by_text("The runs of this address no longer exist")).to_be_visible()
    expect(pages[0]).not_to_have_url(re.compile("visit="))
    train(pages[0])
    expect(pages[0].get_by_text("Identical: bit for bit, 2 of 2 steps")).to_be_visible(timeout=TRAINING)
    expect(pages[0].get_by_text("The runs of this address no longer exist")).to_have_count(0)
    pages[0].reload()
    expect(pages[0].get_by_text("Identical: bit for bit, 2 of 2 steps")).to_be_visible()


@contextlib.contextmanager
def wire_to(server: Server) -> Iterator[tuple[str, threading.Event]]:
    """An address that leads to the server over a wire, and an event that, while it is set, cuts the wire."""
    port = int(server.address.rpartition(":")[2])
    cut, ended = threading.Event(), threading.Event()

    def carry(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while not cut.is_set() and (data := source.recv(65_536)):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def listen(listener: socket.socket) -> None:
        wires: list[socket.socket] = []
        while not ended.is_set():
            if cut.is_set():
                for wire in wires:
                    with contextlib.suppress(OSError):
                        wire.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(TimeoutError):
                ours, _ = listener.accept()
                if cut.is_set():
                    ours.close()
                    continue
                theirs = socket.create_connection(("127.0.0.1", port))
                wires += [ours, theirs]
                for one, other in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=carry, args=(one, other), daemon=True).start()
        for wire in wires:
            wire.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=listen, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", cut
        finally:
            ended.set()
            thread.join()


def test_a_lost_network_brings_the_pair_back_when_it_returns(quick_server: Server, pages: list[Page]) -> None:
    with wire_to(quick_server) as (address, cut):
        page = pages[0]
        page.goto(f"{address}/?epochs=5&steps=tensorflow")
        train(page)
        # Not before: what Streamlit draws for the first time it fetches, and does not try again where that fails.
        expect(page.get_by_text(STEPS).first).to_be_visible(timeout=TRAINING)
        cut.set()
        time.sleep(5)
        cut.clear()
        expect(page.get_by_text("Diverged at step 0: the batch order differs")).to_be_visible(timeout=TRAINING)
        expect(page.get_by_text("finished")).to_have_count(2, timeout=TRAINING)
        expect(page.get_by_role("button", name="Train both runs")).to_be_enabled(timeout=TRAINING)


def test_a_killed_template_is_replaced_and_the_next_pair_works(quick_server: Server, pages: list[Page]) -> None:
    page, other = pages[:2]
    page.goto(f"{quick_server.address}/?epochs=100")
    train(page)
    expect(page.get_by_text(STEPS).first).to_be_visible(timeout=TRAINING)
    other.goto(f"{quick_server.address}/?images=640&epochs=1")
    train(other)
    expect(other.get_by_text("In the queue, place 1")).to_be_visible()
    os.kill(template_of(quick_server), signal.SIGKILL)
    for run in ("A", "B"):
        expect(page.get_by_text(f"Run {run}: The worker process exited unexpectedly.")).to_be_visible()
    expect(other.get_by_text("Identical: bit for bit, 20 of 20 steps")).to_be_visible(timeout=TRAINING)


@contextlib.contextmanager
def somebody_who_does_not_read(server: Server) -> Iterator[None]:
    """A connection whose other end has asked for more than it takes: a laptop that was closed meanwhile."""
    address = server.address.removeprefix("http://")
    with urllib.request.urlopen(server.address) as answer:
        scripts = re.findall(r"static/js/[\w.-]+", answer.read().decode())
    with socket.socket() as asker:
        asker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asker.connect(("127.0.0.1", int(address.rpartition(":")[2])))
        for script in 8 * scripts:  # more than fits into the buffers of both ends
            asker.sendall(f"GET /{script} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
        yield


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT], ids=lambda end: end.name)
def test_a_visitor_who_takes_nothing_does_not_keep_the_server(tmp_path: Path, end: int) -> None:
    with serve(tmp_path, worker=made_up.WORKER) as server, contextlib.closing(Visitor(server.address)) as visitor:
        visitor.wait_for("^Which seed matters")
        template = template_of(server)
        with somebody_who_does_not_read(server):
            time.sleep(1)
            began = time.monotonic()
            os.kill(server.process, end)
            wait_until(lambda: not any(lives(process) for process in (server.process, template)))
            # Where it took less, all that was asked for went into buffers, and this has tested nothing.
            assert 0.9 < time.monotonic() - began < 2


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda end: end.name)
def test_the_server_takes_all_its_processes_along(tmp_path: Path, end: signal.Signals) -> None:
    with (
        serve(tmp_path, worker=made_up.WORKER) as server,
        contextlib.closing(Visitor(server.address, "epochs=100")) as visitor,
    ):
        visitor.click("Train both runs")
        visitor.wait_for(STEPS.pattern)
        template = template_of(server)
        below = [template, *forks(template)]
        assert len(below) == 3
        began = time.monotonic()
        os.kill(server.process, end)
        wait_until(lambda: not any(lives(process) for process in (server.process, *below)))
        assert time.monotonic() - began < 2
        until = time.monotonic() + (10 if end == signal.SIGKILL else 1)
        while time.monotonic() < until:
            assert not any(lives(process) for process in below)
            time.sleep(0.2)
    assert "Traceback" not in (tmp_path / "output").read_text()
