"""Every way in which a target can fail, asked once: the client gets the table's answer or a visibly cut message, the log
names target and reason, and the next request is right (BEHAVIOUR: the table of answers, Bodies, Access log)."""
import json
import re

import pytest
from harness import http
from harness.failing import CUT, FAILURES, Failing


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_answer_log_and_next_request(lab, failure):
    failing, healthy = Failing(lab, failure), lab.backend()
    proxy = failing.proxy(http("/healthy", healthy.port), settings={"access_log": "json"})
    client = lab.client(proxy)
    seen = failing.outcome(client)
    assert seen in failure.sees
    record = json.loads(proxy.log.wait_for('"path":"/bad"').string)
    assert record["ending"] in failure.ends
    assert record["target"] == f"{failure.host}:{failing.port}"
    assert record["status"] in ({seen} if seen != CUT else {200, 502})
    if failing.backend:
        assert failing.tries() in failure.tries
    if seen != CUT and failure.method != "POST":  # the client's connection is as good as before, but for HTTP/1.0
        if not failure.ask.endswith(b"1.0\r\n\r\n"):
            assert client.get("/healthy").body == b"hello"
            assert not failing.backend or client.get("/good").body == b"good"
    fresh = lab.client(proxy)
    assert fresh.get("/healthy").body == b"hello"
    assert not failing.backend or fresh.get("/good").body == b"good"


@pytest.mark.parametrize("failure", [failure for failure in FAILURES if failure.says], ids=str)
def test_text_log_names_target_and_reason(lab, failure):
    failing = Failing(lab, failure)
    proxy = failing.proxy()
    failing.ask(proxy.port)
    line = proxy.log.wait_for(" /bad ").string
    assert re.search(rf"{re.escape(failure.host)}:{failing.port} .*{failure.says}", line), line
