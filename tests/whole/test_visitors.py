"""The visitor that load tests send: it sees what a browser would, and a server treats it as one."""

import attack
from live_server import Server
from proc import children
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from visitors import Visitor


def test_a_visitor_trains_a_pair_loses_the_connection_and_comes_back(quick_server: Server) -> None:
    visitor = Visitor(quick_server.address, "images=320&epochs=1")
    visitor.wait_for("^Which seed matters")
    visitor.click("Train both runs")
    visitor.wait_for("Identical: bit for bit, 10 of 10 steps")
    visitor.wait_until(lambda: visitor.count("finished · test accuracy") == 2)

    visitor.set("Train at each change", False)
    visitor.press("random.seed(42)")
    visitor.wait_until(lambda: "python" in visitor.query)
    visitor.wait_for("was trained with other settings")

    session = visitor.session
    visitor.drop()
    seen = visitor.finished_runs
    visitor.connect()
    visitor.wait_until(lambda: visitor.finished_runs > seen)
    assert visitor.session == session
    visitor.wait_for("Identical: bit for bit, 10 of 10 steps")
    visitor.close()

    elsewhere = Visitor(quick_server.address, visitor.query, cookie=visitor.cookie)  # another tab of the browser
    elsewhere.wait_for("Identical: bit for bit, 10 of 10 steps")
    elsewhere.close()

    another = Visitor(quick_server.address, visitor.query)
    another.wait_for("A small network learns to read")
    assert another.state("Seed") == 42
    another.close()


def test_a_visitor_who_empties_the_cache_of_the_server_does_not_start_another_owner_of_runs(
    quick_server: Server,
) -> None:
    visitor = Visitor(quick_server.address, "images=320&epochs=1")
    visitor.click("Train both runs")
    visitor.wait_for("Identical: bit for bit, 10 of 10 steps")
    before = children(quick_server.process)
    visitor.send(BackMsg(clear_cache=True))
    visitor.close()
    again = Visitor(quick_server.address, visitor.query, cookie=visitor.cookie)
    again.wait_for("Identical: bit for bit, 10 of 10 steps")
    again.close()
    assert children(quick_server.process) == before


def test_the_attacks_click_and_wait_for_words_that_the_page_has(quick_server: Server) -> None:
    with attack.clicking(quick_server) as waits:
        assert attack.seconds_to_verdict(quick_server) < attack.TIMEOUT
    assert max(waits) < attack.TIMEOUT


def test_a_click_among_many_requests_of_a_page_is_not_lost(quick_server: Server) -> None:
    """Those before it are held back, and ended by those after them."""
    visitor = Visitor(quick_server.address, "images=320&epochs=1")
    visitor.wait_for("^Rewritten from")
    for _ in range(30):
        visitor.send(BackMsg(rerun_script=ClientState()))
    visitor.click("Train both runs")
    visitor.wait_for("Identical: bit for bit, 10 of 10 steps", timeout=20)
    visitor.close()
