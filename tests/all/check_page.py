#!/usr/bin/python3
"""Opens the page, src/learn/wire.html, in a headless Chromium: every transcript at every cut gives
the events that the transcript has, every button works, and so does the keyboard alone; it fits 360,
800 and 1,280 pixels, in light and dark; and the console stays empty. The browser is driven over a
pipe. With a folder as the argument, pictures of the page go there."""
# needs: chromium clang wasm-ld python3

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))

import tap

PAGE = os.path.join(ROOT, "src", "learn", "wire.html")
MAKE = os.path.join(ROOT, "src", "learn", "page", "make")
TRANSCRIPTS = os.path.join(ROOT, "proto", "transcripts")
NAMES = sorted(name[:-4] for name in os.listdir(TRANSCRIPTS) if name.endswith(".txt"))
SIZE_MAX = 300000
WIDTHS = (360, 800, 1280)
PICTURES = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None


class Browser:
    """A headless Chromium with one page, and what its console said."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        there, commands = os.pipe()
        answers, back = os.pipe()
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                   "--hide-scrollbars", "--disable-dev-shm-usage", "--remote-debugging-pipe",
                   "--user-data-dir=" + self.folder.name, "about:blank"]
        self.process = subprocess.Popen(
            ["bash", "-c", 'exec "$@" 3<&%d 4>&%d' % (there, back), "bash"] + command,
            pass_fds=(there, back), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(there)
        os.close(back)
        self.commands = os.fdopen(commands, "wb", buffering=0)
        self.answers = os.fdopen(answers, "rb")
        self.left, self.number, self.session = b"", 0, None
        self.console, self.events = [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")

    def receive(self):
        while b"\0" not in self.left:
            piece = os.read(self.answers.fileno(), 1 << 20)
            if not piece:
                raise RuntimeError("the browser has ended")
            self.left += piece
        message, self.left = self.left.split(b"\0", 1)
        message = json.loads(message)
        if message.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown",
                                     "Log.entryAdded"):
            self.console.append(json.dumps(message["params"])[:400])
        if "method" in message:
            self.events.append(message["method"])
        return message

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.commands.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"]))
                return answer["result"]

    def run(self, script):
        """The value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            raise AssertionError(script + ": " + json.dumps(result["exceptionDetails"])[:800])
        return result["result"].get("value")

    def open(self, **words):
        """Loads the page at an address, and waits until it is ready."""
        address = "file://" + PAGE + ("#" + urllib.parse.urlencode(words) if words else "")
        for url in ("about:blank", address):
            self.events.clear()
            self.call("Page.navigate", url=url)
            while "Page.loadEventFired" not in self.events:
                self.receive()
        self.run("new Promise((done) => { const wait = () => document.documentElement.dataset.ready"
                 " ? done() : requestAnimationFrame(wait); wait(); })")

    def key(self, key, code=0, text=None):
        more = {"text": text} if text else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code,
                      **(more if kind == "keyDown" else {}))

    def size(self, width, height=1000):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def media(self, **features):
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def picture(self, name):
        if PICTURES:
            shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
            with open(os.path.join(PICTURES, name + ".png"), "wb") as file:
                file.write(base64.b64decode(shot["data"]))

    def end(self):
        self.commands.close()
        self.process.wait()
        self.answers.close()
        self.folder.cleanup()


# ---- what the transcripts expect, read here without the page's code --------------------------------

def plain_bytes(text, examples):
    """The bytes of a step, as text of one character a byte."""
    def braces(match):
        inside = match.group(1)
        repeat = re.fullmatch(r"(\d+)\*(.*)", inside)
        if repeat:
            return repeat.group(2) * int(repeat.group(1))
        name, equals, example = inside.partition("=")
        if equals:
            examples[name] = example
        return examples[name]
    return re.sub(r"(?<!\\)\{([^}]*)\}", braces, text)


def spelled(text):
    """The line of an event, with each byte spelled in one way."""
    def plain(match):
        byte = int(match.group(1), 16)
        return chr(byte) if 0x20 <= byte < 0x7f and byte != 0x5c else match.group(0).lower()
    return re.sub(r"(?<!\\)\\x([0-9a-fA-F]{2})", plain, text.replace("\\{", "{"))


def expected_events(name):
    """A list for each reply that somebody expects events of: its lines."""
    replies, last, examples = [], None, {}
    with open(os.path.join(TRANSCRIPTS, name + ".txt"), encoding="utf-8") as file:
        for line in file.read().split("\n"):
            match = re.match(r"([1-9]?)(> |<\* |< |= |! )(.*)$", line)
            if not match:
                continue
            connection, sign, text = match.groups()
            text = plain_bytes(text, examples)
            replies_here = sign[0] in "<="
            if not replies_here or last != (connection or "1"):
                last = connection or "1" if replies_here else None
                if replies_here:
                    replies.append([])
            if sign == "= ":
                replies[-1].append(spelled(text))
    return replies


# All messages of a transcript: what the reader makes of each, for every cut.
EVENTS = """(() => {
    const { wire, messages } = page, all = [];
    for (const message of messages) {
        const tried = tryCuts(wire, message);
        all.push({ reply: message.direction === REPLIES, ...tried, size: message.bytes.length });
    }
    return all;
})()"""


class Transcripts(unittest.TestCase):
    def test_every_transcript_at_every_cut(self):
        browser.open()
        cuts = 0
        for name in NAMES:
            browser.run("page.open(%s)" % json.dumps(name))
            messages = browser.run(EVENTS)
            expected = expected_events(name)
            replies = [one for one in messages if one["reply"]]
            self.assertEqual(len(replies), len(expected), name)
            for message in messages:
                self.assertEqual(len(message["outcomes"]), 1, name)
                if message["all"]:
                    self.assertEqual(message["count"], max(message["size"] - 1, 0), name)
                cuts += message["count"]
            for reply, lines in zip(replies, expected):
                self.assertEqual(reply["outcomes"][0].split("\n"), lines, name)
        print("# reached: page. The page's readers | %d transcripts in a browser, every cut of both "
              "directions | %s cuts" % (len(NAMES), format(cuts, ",")))

    def test_what_is_kept_at_each_place_of_the_slider(self):
        browser.open(t="classic-set-get", m=3)
        self.assertEqual(browser.run("""(() => {
            const slider = byId("cut"), seen = [];
            for (let cut = 0; cut <= 32; cut++) {
                slider.value = cut;
                slider.dispatchEvent(new Event("input"));
                seen.push(document.querySelector("#states [aria-current]").textContent);
            }
            return seen.join(" ");
        })()"""), " ".join(["LINE"] * 20 + ["BODY"] * 5 + ["TAIL"] * 2 + ["LINE"] * 6))
        self.assertIn("All 31 cuts give the same events", text_of("#cuts"))
        browser.run("page.moveTo(21)")
        self.assertIn("4 bytes of it are still to come. It keeps nothing.", text_of("#state"))
        browser.run("page.moveTo(9)")
        self.assertIn("It keeps 9 bytes: VALUE gre", text_of("#state"))

    def test_each_transcript_is_in_one_station(self):
        browser.open()
        names = browser.run("STATIONS.flatMap((station) => station.names)")
        self.assertEqual(sorted(names), NAMES)
        self.assertEqual(browser.run("STATIONS.every((one) => one.idea && one.names.length)"), True)

    def test_every_conversation_is_shown(self):
        browser.open()
        for name in NAMES:
            shown = browser.run("""(() => {
                const choice = byId("choice");
                choice.value = %s;
                choice.dispatchEvent(new Event("change"));
                return [byId("name").textContent, byId("prose").textContent.length,
                        document.querySelectorAll(".message").length,
                        document.querySelectorAll(".message .field").length];
            })()""" % json.dumps(name))
            self.assertEqual(shown[0], name)
            self.assertGreater(min(shown[1:]), 0, name)


# What a lie does to the reply to "get greeting", and to the two clients' answers to it and to the
# next question, which is a set: right, wrong, or refused.
LIES = {
    "size+1": ("refused right", "right right"),
    "size-1": ("refused right", "right right"),
    "bare LF": ("refused right", "right right"),
    "other key": ("refused right", "right right"),
    "END twice": ("refused right", "right wrong"),
    "late": ("refused right", "wrong wrong"),
    "cut here": ("refused right", "wrong right"),
    "HTTP": ("refused right", "wrong wrong"),
}

VERDICT = """[...document.querySelectorAll("#verdict tbody tr")].map((row) =>
    [...row.querySelectorAll("td small")].map((one) => one.textContent.split(/[ :]/)[0]))"""


def click(selector, text=None):
    """Clicks on the first element that a selector finds, with this text if it is given."""
    browser.run("""[...document.querySelectorAll(%s)].find((one) =>
        !%s || one.textContent === %s).click()""" % tuple(map(json.dumps, (selector, text, text))))


def text_of(selector):
    return browser.run("document.querySelector(%s).textContent" % json.dumps(selector))


def chosen():
    return browser.run("""[...document.querySelectorAll(".message")].findIndex((one) =>
        one.getAttribute("aria-pressed") === "true")""")


class Buttons(unittest.TestCase):
    def test_each_lie(self):
        for name, (ours, careless) in LIES.items():
            browser.open(t="classic-set-get", m=3)
            click(".lie", name)
            rows = browser.run(VERDICT)
            words = {"an": "refused"}
            self.assertEqual(" ".join(words.get(row[0], row[0]) for row in rows), ours, name)
            self.assertEqual(" ".join(row[1] for row in rows), careless, name)
            click(".lie", "the truth")
            self.assertEqual(browser.run(VERDICT), [])
            self.assertEqual(text_of("#bytes"), "VALUE greeting 5 5\\r\\nhello\\r\\nEND\\r\\n|")

    def test_a_lie_changes_the_bytes_that_are_read(self):
        browser.open(t="classic-set-get", m=3)
        click(".lie", "size+1")
        self.assertIn("VALUE greeting 5 6", text_of("#bytes"))
        self.assertIn("PROTOCOL fault=value at=0", text_of("#told"))
        self.assertIn("All 31 cuts", text_of("#cuts"))
        self.assertIn("VALUEreply greetingkey 5flags 6bytes",
                      text_of('.message[aria-pressed="true"]'))
        click(".lie", "the truth")
        self.assertIn("greetingkey 5flags 5bytes", text_of('.message[aria-pressed="true"]'))

    def test_what_does_not_apply_is_disabled(self):
        browser.open(t="classic-set-get", m=1)
        self.assertEqual(browser.run("""[...document.querySelectorAll(".lie")].filter((one) =>
            one.disabled).map((one) => one.textContent).join()"""), "size+1,size-1,other key")

    def test_next_conversation(self):
        browser.open()
        names = browser.run("STATIONS.flatMap((station) => station.names)")
        for name in names[1:4]:
            click("#next")
            self.assertEqual(text_of("#name"), name)
        browser.run("page.open(%s)" % json.dumps(names[-1]))
        self.assertEqual(browser.run("byId('next').hidden"), True)
        self.assertEqual(text_of('option[value="classic-set-get"]'),
                         "classic-set-get: a value is stored and read back")

    def test_step_and_back(self):
        browser.open(t="classic-set-get", m=0)
        self.assertEqual(browser.run("byId('back').disabled"), True)
        click("#step")
        self.assertEqual(chosen(), 1)
        click("#back")
        self.assertEqual(chosen(), 0)
        click('.message[data-index="5"]')
        self.assertEqual(chosen(), 5)

    def test_play_goes_to_the_end(self):
        browser.open(t="classic-get-miss", m=0)
        browser.run("page.play()")
        self.assertEqual(text_of("#play"), "stop")
        browser.run("""for (let k = 0; k < 10000 && page.timer; k++) page.tick(false);""")
        self.assertEqual(text_of("#play"), "play")
        self.assertEqual(browser.run("page.index === page.messages.length - 1 &&"
                                     " page.cut === page.shown().bytes.length"), True)

    def test_play_where_motion_is_not_wanted(self):
        browser.open(t="classic-set-get", m=0, cut=0)
        browser.media(prefers_reduced_motion="reduce")
        seen = browser.run("""(() => {
            const seen = [];
            page.play();
            for (let k = 0; k < 3; k++) {
                page.tick(matchMedia("(prefers-reduced-motion: reduce)").matches);
                seen.push([page.index, page.cut]);
            }
            page.stop();
            return seen;
        })()""")
        browser.media()
        self.assertEqual([cut for _, cut in seen], [27, 8, 14])

    def test_a_field_lights_its_bytes(self):
        browser.open(t="classic-set-get", m=3)
        browser.run("""document.querySelectorAll(".part")[1].focus()""")
        self.assertEqual(browser.run("""[...document.querySelectorAll("#hex .lit")].map((one) =>
            String.fromCharCode(parseInt(one.textContent, 16))).join("")"""), "greeting")

    def test_the_address_keeps_what_is_seen(self):
        browser.open(t="classic-gats-cas", m=3, cut=9, lie="END twice")
        self.assertEqual(browser.run("[page.name, page.index, page.cut, page.lie.name]"),
                         ["classic-gats-cas", 3, 9, "END twice"])
        click(".lie", "late")
        browser.run("page.moveTo(5); page.writeAddress()")
        self.assertEqual(browser.run("location.hash"),
                         "#t=classic-gats-cas&m=3&cut=5&lie=late")
        browser.run("location.hash = '#t=meta-get&m=1'")
        browser.run("new Promise((done) => setTimeout(done))")
        self.assertEqual(browser.run("[page.name, page.index]"), ["meta-get", 1])

    def test_an_unknown_address_shows_the_first_conversation(self):
        browser.open(t="nobody", m=99)
        self.assertEqual(text_of("#name"), "classic-set-get")
        browser.open(t="classic-get-miss", m="x", cut="y", lie="z")
        self.assertEqual(text_of("#name"), "classic-get-miss")


class OwnBytes(unittest.TestCase):
    def type(self, text):
        browser.run("byId('text').value = %s" % json.dumps(text))
        click("#read")

    def test_both_directions(self):
        browser.open(t="your own")
        self.type("> set k 0 0 3\\r\\n\n> abcd\\r\\n\n< VALUE k 0 01\\r\\n")
        self.assertIn("not the end of the value", text_of("#fields"))
        click('.message[data-index="1"]')
        self.assertIn("PROTOCOL fault=number at=10", text_of("#told"))

    def test_any_bytes(self):
        browser.open(t="your own")
        self.type("< \\x00\\xff<b>&amp;{3*z}\n> \\x80\\x01")
        self.assertEqual(text_of('.message[data-index="0"] .lines'),
                         "\\x00\\xff<b>&amp;zzz")
        self.assertIn("PROTOCOL", text_of("#told"))
        click('.message[data-index="1"]')
        self.assertIn("binary protocol", text_of("#fields"))

    def test_what_is_wrong_with_a_line_is_said(self):
        browser.open(t="your own")
        for text, problem in (("hello", "line 1: it begins with none of"),
                              ("> a\\q", "line 1: a backslash is followed by"),
                              ("> a\n< {x}", "line 2: no bytes of the name x"),
                              ("> {3*x", "line 1: a } is missing")):
            self.type(text)
            self.assertIn(problem, text_of("#problem"))
        self.type("> get a\\r\\n")
        self.assertEqual(text_of("#problem"), "")

    def test_a_request_in_two_messages(self):
        browser.open(t="your own")
        self.type("> set a 0\n< ERROR\\r\\n\n>  0 1\\r\\nx\\r\\n\n< STORED\\r\\n")
        browser.run("page.choose(2)")
        self.assertIn("set: store a value", text_of("#fields"))
        self.assertEqual(text_of("#told").strip(), "SET key=a size=1DATA xEND")
        self.assertIn("0exptime 1bytes", text_of('.message[aria-pressed="true"]'))

    def test_what_memcached_tolerates_is_noted(self):
        browser.open(t="your own")
        self.type("> get  a\n> \\n")
        self.assertEqual(browser.run("""[...document.querySelectorAll("#fields .wrong")].map(
            (one) => one.textContent)"""),
            ["! a space too many: tolerated by memcached (1.6.45: not in front)",
             "! the line ends in \\n without \\r: tolerated by memcached (1.6.45: not for mn)"])

    def test_no_bytes_to_ask(self):
        browser.open(t="your own")
        self.type("> \n< END\\r\\n\n> \n< END\\r\\n")
        browser.run("page.choose(1)")
        click(".lie", "late")
        self.assertEqual(browser.run(VERDICT), [])

    def test_nothing_at_all(self):
        browser.open(t="your own")
        self.type("")
        self.assertEqual(browser.run("document.querySelectorAll('.message').length"), 0)

    def test_the_address_keeps_them(self):
        browser.open(t="your own", m=0, text="> get \\xc3\\xbc & + #\\r\\n")
        self.assertIn("GET", text_of("#told"))
        browser.run("page.writeAddress()")
        self.assertIn("text=%3E+get+%5Cxc3%5Cxbc+%26+%2B+%23", browser.run("location.hash"))


ANSWERS = r"""(() => {
    const all = {};
    for (const [name, text] of Object.entries(page.transcripts)) {
        const { server, steps } = parseTranscript(text);
        if (!/^memcached 1\.6\.18\.\.[0-9.]+$/.test(server) || /\{[a-z]*=|^<\*/m.test(text) ||
            !/^(classic|meta|mistake|error)/.test(name))
            continue;
        const said = (steps, connection) => spell(joinBytes(steps.filter((step) =>
            step.kind === "<" && step.connection === connection).map((step) => step.bytes)));
        const own = parseTranscript(answered(page.wire, text, 1700000000)).steps;
        all[name] = [1, 2].map((connection) => [said(steps, connection), said(own, connection)]);
    }
    return all;
})()"""


class SmallServer(unittest.TestCase):
    def test_it_answers_as_the_transcripts_have_it(self):
        browser.open(t="your own")
        answers = browser.run(ANSWERS)
        self.assertGreater(len(answers), 50)
        for name, connections in answers.items():
            for expected, found in connections:
                self.assertEqual(found, expected, name)

    def ask(self, text):
        browser.run("byId('text').value = %s" % json.dumps(text))
        click("#ask")
        return browser.run("byId('text').value")

    def test_what_is_typed_is_answered(self):
        browser.open(t="your own")
        said = self.ask("> set a 0 10 1\\r\\nx\\r\\n\n< made up\\r\\n\n2> get a\\r\\n\n"
                        "! later 11\n> get a\\r\\n\n> quit\\r\\n")
        self.assertEqual(said, "> set a 0 10 1\\r\\nx\\r\\n\n< STORED\\r\\n\n2> get a\\r\\n\n"
                         "2< VALUE a 0 1\\r\\n\n2< x\\r\\n\n2< END\\r\\n\n"
                         "! later 11\n> get a\\r\\n\n< END\\r\\n\n> quit\\r\\n\n! closed")
        self.assertEqual(self.ask(said), said)
        self.assertIn("The server closes the connection", text_of("#messages"))

    def test_a_request_may_come_in_pieces(self):
        browser.open(t="your own")
        said = self.ask("> set a 0 0 3\\r\\n{3*\\{}\n> \\r\\nget a\n> \\r\\n")
        self.assertEqual([line for line in said.split("\n") if line[0] == "<"],
                         ["< STORED\\r\\n", "< VALUE a 0 3\\r\\n", "< \\{\\{\\{\\r\\n", "< END\\r\\n"])

    def test_what_is_wrong_is_said(self):
        browser.open(t="your own")
        self.ask("> a\\q")
        self.assertIn("line 1: a backslash", text_of("#problem"))


class Keyboard(unittest.TestCase):
    def test_keyboard_alone(self):
        browser.open(t="classic-set-get", m=0)
        browser.key("n", 78, "n")
        self.assertEqual(chosen(), 1)
        browser.key("p", 80, "p")
        self.assertEqual(chosen(), 0)
        browser.key(".", 190, ".")
        self.assertEqual(text_of("#play"), "stop")
        browser.key(".", 190, ".")
        self.assertEqual(text_of("#play"), "play")

    def test_tab_reaches_everything(self):
        browser.open(t="classic-set-get", m=3)
        reached = []
        for _ in range(80):
            browser.key("Tab", 9)
            reached.append(browser.run("""(({ activeElement: a }) => a.id || (a.className + " " +
                (a.dataset.index ?? a.textContent)))(document)"""))
        for name in ("choice", "message 0", "message 7", "back", "step", "play", "cut",
                     "lie late", "lie HTTP"):
            self.assertIn(name, reached)
        browser.run("byId('cut').focus()")
        for _ in range(3):
            browser.key("ArrowLeft", 37)
        self.assertEqual(text_of("#cut-place"), "29 of 32")
        browser.run("document.querySelector('.lie:nth-child(7)').focus()")
        browser.key("Enter", 13, "\r")
        self.assertEqual(browser.run("page.lie.name + ' ' + document.activeElement.textContent"),
                         "late late")

    def test_letters_are_typed_in_the_field(self):
        browser.open(t="your own", m=0)
        browser.run("byId('text').focus()")
        browser.key("n", 78, "n")
        self.assertEqual(chosen(), 0)
        self.assertIn("n", browser.run("byId('text').value"))


# The elements that are wider inside than outside.
WIDER = """[...document.querySelectorAll("main *")].filter((one) =>
    getComputedStyle(one).display !== "inline" && one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.id || one.className)"""


class Looks(unittest.TestCase):
    def test_nothing_is_cut_off(self):
        for width in WIDTHS:
            browser.size(width)
            browser.open(t="classic-set-get", m=1, lie="late")
            for name in NAMES:
                if width > 360 and not name.startswith("mistake"):
                    continue
                browser.run("page.open(%s); page.choose(1)" % json.dumps(name))
                self.assertLessEqual(
                    browser.run("document.documentElement.scrollWidth"), width, name)
                self.assertEqual(browser.run(WIDER), [], (width, name))
        browser.size(1280)

    def test_pictures(self):
        for width in WIDTHS:
            browser.size(width)
            browser.open(t="mistake-late-reply", m=1, lie="late")
            browser.picture("light-%d" % width)
        browser.media(prefers_color_scheme="dark")
        browser.open(t="classic-set-get", m=3, cut=20)
        browser.picture("dark-1280")
        paper, ink = browser.run("""(({ backgroundColor, color }) => [backgroundColor, color])
            (getComputedStyle(document.body))""")
        browser.media()
        self.assertLess(int(re.search(r"\d+", paper).group()), 60)
        self.assertGreater(int(re.search(r"\d+", ink).group()), 200)

    def test_print(self):
        browser.open(t="classic-set-get", m=3)
        browser.call("Emulation.setEmulatedMedia", media="print")
        hidden = browser.run("""[...document.querySelectorAll(".bar, #lies, header select")].every(
            (one) => getComputedStyle(one).display === "none")""")
        browser.call("Emulation.setEmulatedMedia", media="")
        self.assertEqual(hidden, True)
        pdf = base64.b64decode(browser.call("Page.printToPDF")["data"])
        self.assertEqual(pdf[:5], b"%PDF-")
        if PICTURES:
            with open(os.path.join(PICTURES, "print.pdf"), "wb") as file:
                file.write(pdf)


class File(unittest.TestCase):
    def test_it_is_small_and_asks_nobody(self):
        with open(PAGE, encoding="utf-8") as file:
            text = file.read()
        self.assertLess(len(text.encode()), SIZE_MAX)
        self.assertEqual(re.findall(r"(?:src|href)\s*=|https?://|@import|url\(", text), [])
        print("# reached: page. The page | one file, no network, Chromium | %s bytes"
              % format(len(text.encode()), ","))

    def test_it_is_what_make_makes(self):
        with tempfile.TemporaryDirectory() as folder:
            made = os.path.join(folder, "page.html")
            subprocess.run([MAKE, made], check=True)
            with open(made, "rb") as new, open(PAGE, "rb") as old:
                self.assertTrue(new.read() == old.read(), "run src/learn/page/make")


class WhatTheConsoleHas(unittest.TestCase):
    """The last of the cases: unittest takes them in the order of their names."""

    def test_nothing(self):
        self.assertEqual(browser.console, [])


if __name__ == "__main__":
    del sys.argv[1:]
    browser = Browser()
    browser.size(1280)
    try:
        tap.run_cases()
    finally:
        browser.end()
