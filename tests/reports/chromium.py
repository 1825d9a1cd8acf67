"""A browser for tests: Chromium, driven by its own protocol, in real time and with real events."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Told = dict[str, object]
Message = dict[str, Any]
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps"),
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
"""A browser that asks for nothing by itself, and to which no name resolves."""
PATIENCE = 60.0
"""Seconds to wait for an answer."""


@dataclass(slots=True)
class Chromium:
    """A browser, spoken to through a pipe (Chrome DevTools Protocol): messages are JSON that end in a zero byte."""

    to: int
    of: int
    sent: int = 0
    unread: bytes = b""
    events: list[Message] = field(default_factory=list)

    def call(self, method: str, session: str | None = None, **params: object) -> Message:
        """The result of a command; events that come before it are kept."""
        self.sent += 1
        message = {"id": self.sent, "method": method, "params": params, **({"sessionId": session} if session else {})}
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while (answer := self.read()).get("id") != self.sent:
            self.events.append(answer)
        assert "error" not in answer, answer
        result: Message = answer["result"]
        return result

    def read(self) -> Message:
        """The next message."""
        while b"\0" not in self.unread:
            assert select.select([self.of], [], [], PATIENCE)[0], "the browser does not answer"
            self.unread += os.read(self.of, 1 << 20)
        text, _, self.unread = self.unread.partition(b"\0")
        message: Message = json.loads(text)
        return message

    def heard(self, method: str) -> list[Message]:
        """What the events of a kind told so far."""
        return [event["params"] for event in self.events if event.get("method") == method]


@dataclass(slots=True)
class Tab:
    """A page that is open."""

    browser: Chromium
    session: str

    def call(self, method: str, **params: object) -> Message:
        """The result of a command about this page."""
        return self.browser.call(method, self.session, **params)

    def run(self, script: str) -> Told:
        """What a script tells of the page: it fills the object `told`, and may wait. The page's policy holds for it."""
        whole = f"(async () => {{ const told = {{}}; {AT_HAND}{script}; return told; }})()"
        settings = {"awaitPromise": True, "returnByValue": True, "allowUnsafeEvalBlockedByCSP": False}
        answer = self.call("Runtime.evaluate", expression=whole, **settings)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        told: Told = answer["result"]["value"]
        return told

    def mouse(self, kind: str, x: float, y: float, **more: object) -> None:
        """What a hand does."""
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    @property
    def console(self) -> list[str]:
        """What was logged, thrown, or refused by the policy."""
        self.call("Runtime.evaluate", expression="0")  # what happened before has arrived then
        logged = [entry["entry"]["text"] for entry in self.browser.heard("Log.entryAdded")]
        said = [str(call["args"]) for call in self.browser.heard("Runtime.consoleAPICalled")]
        thrown = [str(one["exceptionDetails"]) for one in self.browser.heard("Runtime.exceptionThrown")]
        return [*logged, *said, *thrown]

    @property
    def urls(self) -> set[str]:
        """What was asked for, the page's own file left out."""
        asked = {one["request"]["url"] for one in self.browser.heard("Network.requestWillBeSent")}
        return {url for url in asked if not url.startswith(("file:", "data:"))}


AT_HAND = """
const all = (wanted, root = document) => [...root.querySelectorAll(wanted)];
const one = (wanted, root = document) => root.querySelector(wanted);
const change = (element, value, kind) => { element.value = value; element.dispatchEvent(new Event(kind)); };
const press = (element, key) => element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const until = async (holds) => {
  for (let i = 0; i < 250 && !holds(); i += 1) await new Promise((done) => setTimeout(done, 20));
};
"""
"""What every script has."""


@contextmanager
def started(program: str, folder: Path) -> Iterator[Chromium]:
    """Chromium, with its profile in a folder."""
    its_in, to = os.pipe()
    of, its_out = os.pipe()
    # It reads from 3 and writes to 4.
    places = f"import os, sys; os.dup2({its_in}, 3); os.dup2({its_out}, 4); os.execv(sys.argv[1], sys.argv[1:])"
    profile = f"--user-data-dir={folder}"
    command = [sys.executable, "-c", places, program, *QUIET, "--remote-debugging-pipe", profile]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(
        command, pass_fds=(its_in, its_out), stdin=nowhere, stdout=nowhere, stderr=nowhere
    ) as process:
        os.close(its_in)
        os.close(its_out)
        yield (chromium := Chromium(to, of))
        chromium.call("Browser.close")
        process.wait(PATIENCE)
    os.close(to)
    os.close(of)


def opened(page: str, folder: Path, browser: Chromium, fragment: str = "") -> Tab:
    """The page, loaded from a file into a tab of its own."""
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    browser.events.clear()
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    tab = Tab(browser, browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
    for domain in ("Page", "Runtime", "Log", "Network"):
        tab.call(f"{domain}.enable")
    tab.call("Emulation.setDeviceMetricsOverride", width=1200, height=900, deviceScaleFactor=1, mobile=False)
    tab.call("Page.navigate", url=path.as_uri() + fragment)
    while not browser.heard("Page.loadEventFired"):
        browser.events.append(browser.read())
    return tab


def list_of(value: object) -> list[object]:
    """The list that the value should be."""
    assert isinstance(value, list)
    return value
