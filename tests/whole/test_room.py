"""Many visitors of one page, in a real browser or over the server's own protocol: nothing lost by looking away, nothing
seen of others, faults in words."""

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
from playwright.sync_api import Browser, Page, expect
from proc import forks, lives, templates
from records import wait_until
from visitors import Visitor

TRAINING = 180_000  # milliseconds that a pair may take
STEPS = re.compile(r"step \d[\d,]* of [\d,]+")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with contextlib.closing(browser.new_page(viewport={"width": 1400, "height": 1100})) as page:
        yield page


def train(page: Page) -> None:
    page.get_by_role("button", name="Train both runs").click()


def template_of(server: Server) -> int:
    (template,) = templates(server.process)
    return template


@needs_chromium
def test_a_running_pair_comes_back_after_a_reload_and_on_another_tab_but_not_to_who_has_the_address(
    quick_server: Server, page: Page
) -> None:
    page.goto(f"{quick_server.address}/?epochs=100&seed=7")
    train(page)
    expect(page.get_by_text(STEPS).first).to_be_visible(timeout=TRAINING)
    page.reload()
    expect(page.get_by_text(STEPS).first).to_be_visible()
    charts = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg.marks")
    expect(charts).to_have_count(2)
    expect(page.get_by_label("Seed", exact=True)).to_have_value("7")
    link = page.url.partition("?")[2]
    (kept,) = (one for one in page.context.cookies() if one["name"].startswith("visit-"))
    assert (kept["sameSite"], kept["value"].rpartition(".")[2]) == ("Strict", "started")
    with (
        contextlib.closing(Visitor(quick_server.address, link, cookie=f"{kept['name']}={kept['value']}")) as elsewhere,
        contextlib.closing(Visitor(quick_server.address, link)) as stranger,
    ):
        elsewhere.wait_for(STEPS.pattern)
        stranger.wait_for("A small network learns to read handwritten digits")
        assert stranger.state("Seed") == 7
        assert stranger.count(STEPS.pattern) == 0
        stranger.click("Train both runs")
        stranger.wait_for(r"In the queue, place 1\W+your turn comes in about \d+ ")
        assert stranger.count("waiting in the queue") == 2
        elsewhere.click("Stop")
        expect(page.get_by_text(re.compile("stopped at step"))).to_have_count(2, timeout=TRAINING)
        stranger.wait_for(STEPS.pattern)
        stranger.click("Stop")
        stranger.wait_until(lambda: stranger.count("stopped at step") == 2)


@needs_chromium
def test_who_opens_a_presenters_address_starts_a_pair_of_their_own(
    quick_server: Server, page: Page, browser: Browser
) -> None:
    page.goto(f"{quick_server.address}/?images=640&epochs=1&seed=7")
    train(page)
    expect(page.get_by_text("Identical: bit for bit, 20 of 20 steps")).to_be_visible(timeout=TRAINING)
    expect(page.get_by_role("button", name="Train both runs")).to_be_enabled(timeout=TRAINING)
    with contextlib.closing(browser.new_context()) as theirs:
        participant = theirs.new_page()
        participant.goto(page.url)
        expect(participant.get_by_label("Seed", exact=True)).to_have_value("7")
        expect(participant.get_by_text("Identical")).to_have_count(0)
        participant.get_by_role("switch", name="np.random.seed(7)").set_checked(checked=False, force=True)
        expect(participant).to_have_url(re.compile("steps=tensorflow"))
        train(participant)
        expect(participant.get_by_text("Diverged at step 0: the batch order differs")).to_be_visible(timeout=TRAINING)
        page.reload()
        expect(page.get_by_text("Identical: bit for bit, 20 of 20 steps")).to_be_visible(timeout=TRAINING)
        participant.reload()
        expect(participant.get_by_text("Diverged at step 0: the batch order differs")).to_be_visible(timeout=TRAINING)


def test_a_browser_whose_visit_is_gone_is_told_so_and_nobodys_visit_is_taken_from_a_link(quick_server: Server) -> None:
    gone = "The runs of this browser no longer exist"
    port = quick_server.address.rpartition(":")[2]
    query = "visit=nobodys&images=64&epochs=1"
    with contextlib.closing(Visitor(quick_server.address, query, cookie=f"visit-{port}=nobodys.started")) as visitor:
        visitor.wait_for(gone)
        visitor.wait_until(lambda: "visit=" not in visitor.query)
        visitor.click("Train both runs")
        visitor.wait_for("Identical: bit for bit, 2 of 2 steps")
        visitor.wait_until(lambda: visitor.count(gone) == 0)
    with contextlib.closing(Visitor(quick_server.address, visitor.query, cookie=visitor.cookie)) as again:
        again.wait_for("Identical: bit for bit, 2 of 2 steps")
    token = visitor.cookie.partition("=")[2].partition(".")[0]
    with contextlib.closing(Visitor(quick_server.address, f"{query}&visit={token}")) as stranger:
        stranger.wait_until(lambda: stranger.finished_runs and "visit=" not in stranger.query)
        assert not stranger.count("Identical")


def test_two_tabs_that_a_browser_opens_before_the_first_run_are_one_visit(quick_server: Server) -> None:
    query = "images=64&epochs=1"
    with contextlib.closing(Visitor(quick_server.address, query)) as first:
        first.wait_until(lambda: first.cookie)
        with contextlib.closing(Visitor(quick_server.address, query, cookie=first.cookie)) as second:
            second.wait_until(lambda: second.finished_runs)
            first.click("Train both runs")
            first.wait_for("Identical: bit for bit, 2 of 2 steps")
            second.look()
            second.wait_for("Identical: bit for bit, 2 of 2 steps")


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


@needs_chromium
def test_a_lost_network_brings_the_pair_back_when_it_returns(quick_server: Server, page: Page) -> None:
    with wire_to(quick_server) as (address, cut):
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


def test_a_killed_template_is_replaced_and_the_next_pair_works(quick_server: Server) -> None:
    with (
        contextlib.closing(Visitor(quick_server.address, "epochs=100")) as one,
        contextlib.closing(Visitor(quick_server.address, "images=640&epochs=1")) as other,
    ):
        one.click("Train both runs")
        one.wait_for(STEPS.pattern)
        other.click("Train both runs")
        other.wait_for("In the queue, place 1")
        os.kill(template_of(quick_server), signal.SIGKILL)
        for run in ("A", "B"):
            one.wait_for(f"Run {run}: The worker process exited unexpectedly.")
        other.wait_for("Identical: bit for bit, 20 of 20 steps")


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
    assert "Traceback" not in (tmp_path / "output").read_text()
