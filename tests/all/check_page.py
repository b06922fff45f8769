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

    def load(self, **words):
        """Loads the page at an address."""
        address = "file://" + PAGE + ("#" + urllib.parse.urlencode(words) if words else "")
        for url in ("about:blank", address):
            self.events.clear()
            self.call("Page.navigate", url=url)
            while "Page.loadEventFired" not in self.events:
                self.receive()

    def open(self, **words):
        """The same, and waits until it is ready."""
        self.load(**words)
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


# The elements that are wider inside than outside.
WIDER = """[...document.querySelectorAll("main :not(option, optgroup)")].filter((one) =>
    getComputedStyle(one).display !== "inline" && one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.id || one.className)"""

# A transcript that is chosen: what is shown of it, and of all its messages what the reader makes of
# each, for every cut.
SHOWN = """((name) => {
    const choice = byId("choice");
    choice.value = name;
    choice.dispatchEvent(new Event("change"));
    page.choose(1);
    return { name: byId("name").textContent, parts: [byId("prose").textContent.length,
                 document.querySelectorAll(".message").length,
                 document.querySelectorAll(".message .field").length],
             width: document.documentElement.scrollWidth, wider: %s,
             messages: page.messages.map((message) => ({ reply: message.direction === REPLIES,
                 ...tryCuts(page.wire, message), size: message.bytes.length })) };
})(%%s)""" % WIDER


class Transcripts(unittest.TestCase):
    def test_every_transcript_at_every_cut(self):
        browser.size(min(WIDTHS))
        browser.open()
        browser.run("document.querySelector('header').hidden = true") # its list is slow to lay out
        cuts = 0
        for name in NAMES:
            shown = browser.run(SHOWN % json.dumps(name))
            self.assertEqual(shown["name"], name)
            self.assertGreater(min(shown["parts"]), 0, name)
            self.assertLessEqual(shown["width"], min(WIDTHS), name)
            self.assertEqual(shown["wider"], [], name)
            cuts += self.check_events(name, shown["messages"])
        browser.size(max(WIDTHS))
        print("# reached: page. The page's readers | %d transcripts in a browser, every cut of both "
              "directions | %s cuts" % (len(NAMES), format(cuts, ",")))

    def check_events(self, name, messages):
        """Every cut of a message gives the same events, those of a reply as the transcript has
        them. Returns how many cuts there were."""
        expected = expected_events(name)
        replies = [one for one in messages if one["reply"]]
        self.assertEqual(len(replies), len(expected), name)
        for message in messages:
            self.assertEqual(len(message["outcomes"]), 1, name)
            if message["all"]:
                self.assertEqual(message["count"], max(message["size"] - 1, 0), name)
        for reply, lines in zip(replies, expected):
            self.assertEqual(reply["outcomes"][0].split("\n"), lines, name)
        return sum(message["count"] for message in messages)

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

    def test_each_send_is_a_message(self):
        for name, expected in (
                ("mistake-no-end-of-value", ["> set a 0 0 3\\r\\nabc", "> get b\\r\\n",
                                             "< CLIENT_ERROR bad data chunk\\r\\nERROR\\r\\n"]),
                ("mistake-size-with-crlf", ["> set a 0 0 5\\r\\nabc\\r\\n", "> get a\\r\\n"]),
                ("mistake-bare-lf", ["> get a\\n", "< END\\r\\n", "> set a 0 0 1\\n1\\n\\n"]),
                ("classic-set-get", ["> set greeting 5 0 5\\r\\nhello\\r\\n", "< STORED\\r\\n"])):
            browser.run("page.open(%s)" % json.dumps(name))
            self.assertEqual(browser.run("page.messages.map((one) => (one.direction ? '< ' : '> ') +"
                                         " spell(one.bytes))")[:len(expected)], expected)
        browser.run("page.open('admin-quit')")
        self.assertEqual(browser.run("document.querySelectorAll('.closed').length"), 1)

    def test_the_wrong_byte_is_marked(self):
        browser.open(t="broken-numbers", m=1)
        marks = ["#bytes", '.message[aria-pressed="true"]', "#hex"]
        self.assertEqual([text_of(where + " .wrong-byte") for where in marks], ["1", "1", "31"])
        self.assertEqual(browser.run("""[...document.querySelectorAll("#messages > li.answered")].map(
            (one) => one.querySelector(".wrong-byte").textContent).join("")"""), "1-0x11a11")
        browser.run("page.choose(3, 3)")
        self.assertEqual(text_of("#bytes .to-come .wrong-byte"), "-")
        browser.run("page.choose(0)")
        self.assertEqual(browser.run("document.querySelectorAll('#detail .wrong-byte').length"), 0)

    def test_the_signs_in_view_are_explained(self):
        for address, signs in (({"m": 3}, ["\\r \\n", "|"]), ({"m": 3, "cut": 9}, ["\\r \\n", "|", "abc"]),
                               ({"m": 3, "lie": "size-long"}, ["\\r \\n", "|", "x"])):
            browser.open(t="classic-set-get", **address)
            self.assertEqual(browser.run("[...byId('signs').querySelectorAll('dt')].map((one) =>"
                                         " one.textContent)"), signs)
        browser.open(t="your own", text="> {50*a}")
        self.assertEqual(text_of("#signs dt"), "{50*k}")

    def test_a_value_in_pieces_is_one_part(self):
        browser.open(t="error-too-large", m=2)
        self.assertEqual(text_of(".message[aria-pressed='true'] .line:nth-child(2)"),
                         "{1048576*x}value\\r\\nvalue end")


class Stations(unittest.TestCase):
    def test_each_has_all_that_teaches_it(self):
        browser.open()
        for station in browser.run("STATIONS.slice(0, 10)"):
            guide = station["guide"]
            self.assertEqual(sorted(guide), ["break", "check", "do", "look"])
            self.assertRegex(" ".join(guide["check"]), "^`mcwire learn [0-9]+`: [A-Z]")
            self.assertRegex(guide["do"], "^`(mcwire talk`|mcwire lie |printf )")
            for text, address in (guide["look"], guide["break"]):
                words = dict(urllib.parse.parse_qsl(address))
                self.assertIn(words["t"], station["names"], text)
                follow("location.hash = %s" % json.dumps("#" + address))
                self.assertEqual(browser.run("[page.name, page.index, page.lie?.name ?? '']"),
                                 [words["t"], int(words["m"]), words.get("lie", "")], address)

    def test_the_links(self):
        browser.open()
        titles = browser.run("[...byId('stations').children].map((one) => one.textContent)")
        self.assertEqual(titles, browser.run("STATIONS.map((one) => one.title)"))
        for title in titles:
            follow("[...byId('stations').children].find((one) => one.textContent === %s).click()"
                   % json.dumps(title))
            self.assertEqual(text_of('#stations [aria-current="true"]'), title)
            self.assertIn(title, text_of("#station"))
        browser.open(t="your own")
        self.assertEqual(browser.run("document.querySelector('#stations [aria-current=\"true\"]')"),
                         None)
        self.assertEqual(text_of("#guide") + text_of("#station"), "")

    def test_a_link_shows_what_it_says(self):
        browser.size(1280, 500)
        browser.open(t="classic-pipeline", m=0)
        follow("document.querySelector('#guide dd:last-child a').click()")
        seen = browser.run("byId('verdict').getBoundingClientRect().top < innerHeight")
        browser.size(1280)
        self.assertEqual((seen, browser.run("page.lie.name")), (True, "doubled"))


# What a lie does to the reply to "get greeting", and to the two clients' answers to it and to the
# next question, which is a set: right, wrong, an error, or not to be noticed by anybody.
LIES = {
    "other-key": ("error right", "right right"),
    "doubled": ("error right", "right wrong"),
    "old-value": ("error right", "wrong wrong"),
    "early-end": ("error right", "wrong wrong"),
    "late-end": ("error right", "right wrong"),
    "size-short": ("error right", "right right"),
    "size-long": ("error right", "right right"),
    "http": ("error right", "wrong right"),
    "stored": ("error right", "wrong right"),
    "error": ("error right", "error right"),
    "full": ("error right", "error right"),
    "closed": ("error right", "wrong right"),
    "cut-value": ("error right", "wrong right"),
    "idle": ("right right", "right right"),
    "silence": ("error right", "wrong wrong"),
    "silent-value": ("error right", "wrong wrong"),
    "late": ("error right", "wrong wrong"),
    "many-foreign": ("error right", "wrong right"),
    "line end bare LF": ("error right", "right right"),
    "instead: END": ("hidden right", "wrong right"),
    "closed after a byte": ("error right", "wrong right"),
    "NUL at a byte": ("error right", "right right"),
}
WORTH = {"an": "error", "not": "hidden"}

# Four questions at once.
PIPELINE = "> set n 0 0 1\\r\\n5\\r\\nincr n 3\\r\\nget n\\r\\nget m\\r\\n\n" \
           "< STORED\\r\\n8\\r\\nVALUE n 0 1\\r\\n8\\r\\nEND\\r\\nEND\\r\\n"

# Replies, and how many lies can be told about them at least.
REPLIES = {"VALUE greeting 5 5\r\nhello\r\nEND\r\n": 250, "VALUE n 0 0 7\r\n\r\nEND\r\n": 250,
           "STORED\r\n": 100, "END\r\n": 100, "9\r\n": 100, "HD c9 Oa\r\n": 120,
           "VA 3 kab s3\r\nabc\r\n": 200, "SERVER_ERROR busy\r\n": 100, "VALUE a 0 01\r\n": 0,
           "VALUE a 0 5\r\nhel": 0}

VERDICT = """[...document.querySelectorAll("#verdict tbody tr")].map((row) =>
    [...row.querySelectorAll("td small")].map((one) => one.textContent.split(/[ :]/)[0]))"""


def click(selector, text=None):
    """Clicks on the first element that a selector finds, with this text if it is given."""
    browser.run("""[...document.querySelectorAll(%s)].find((one) =>
        !%s || one.textContent === %s).click()""" % tuple(map(json.dumps, (selector, text, text))))


def follow(script):
    """Runs what brings the page to another of its addresses."""
    browser.run("new Promise((done) => { addEventListener('hashchange', () => done(),"
                " { once: true }); %s; })" % script)


def text_of(selector):
    return browser.run("document.querySelector(%s).textContent" % json.dumps(selector))


def chosen():
    return browser.run("""[...document.querySelectorAll(".message")].findIndex((one) =>
        one.getAttribute("aria-pressed") === "true")""")


def tell(name):
    """Chooses a lie as somebody would who looks for it."""
    browser.run("""(() => {
        const lie = page.menu.find((one) => one.name === %s);
        if (lie.isCase)
            return document.querySelector(`.lie[data-index="${lie.index}"]`).click();
        byId("more").value = lie.index;
        byId("more").dispatchEvent(new Event("change"));
    })()""" % json.dumps(name))


def type_text(text):
    browser.run("byId('text').value = %s" % json.dumps(text))
    click("#read")


class Lies(unittest.TestCase):
    def test_what_each_does(self):
        browser.open(t="classic-set-get", m=3)
        for name, (ours, careless) in LIES.items():
            browser.run("page.choose(3, 10)")
            tell(name)
            rows = [[WORTH.get(word, word) for word in row] for row in browser.run(VERDICT)]
            self.assertEqual(" ".join(row[0] for row in rows), ours, name)
            self.assertEqual(" ".join(row[1] for row in rows), careless, name)
            click(".lie", "the truth")
            self.assertEqual(browser.run(VERDICT), [[], []])
            self.assertEqual(text_of("#bytes"), "VALUE greeting 5 5\\r\\nhello\\r\\nEND\\r\\n|")

    def test_mcwire_believes_none(self):
        """Nothing wrong is told by mcwire, unless the lie is a reply that can be honest."""
        browser.open(t="classic-set-get", m=3)
        hidden = browser.run("""page.menu.filter((lie) => {
            page.setLie(lie);
            return !/^(right|an error)/.test(document.querySelector("#verdict td small").textContent);
        }).map((lie) => lie.name)""")
        self.assertEqual(hidden, ["instead: END"])

    def test_the_menu_is_the_table(self):
        """The page has the lies of src/learn that can be told about a reply, in their order."""
        browser.open(t="your own")
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "list_lies")
            subprocess.run(["cc", "-std=c11", "-Iproto", "-Isrc/learn", "tests/support/list_lies.c",
                            "src/learn/lies.c", "src/learn/lie_case.c", "-o", program],
                           cwd=ROOT, check=True)
            for reply, least in REPLIES.items():
                lines = subprocess.run([program, reply], capture_output=True, text=True,
                                       check=True).stdout.splitlines() if least else []
                type_text("> get a\\r\\n\n< " + reply.replace("\r", "\\r").replace("\n", "\\n"))
                browser.run("page.choose(1)")
                cases = browser.run("""[...document.querySelectorAll(".lie")].slice(1).map(
                    (node) => [node.textContent, node.title])""")
                self.assertEqual([tuple(line.split("\t")) for line in lines if line[-1] != "\t"],
                                 [tuple(node) for node in cases], reply)
                others = browser.run("""[...document.querySelectorAll(
                    '#more option:not([value=""])')].map((node) => node.textContent)""")
                self.assertEqual(sorted(line.strip() for line in lines if line[-1] == "\t"),
                                 sorted(others), reply)
                self.assertGreaterEqual(len(lines), least, reply)

    def test_a_lie_changes_the_bytes_that_are_read(self):
        browser.open(t="classic-set-get", m=3)
        tell("size-long")
        self.assertIn("VALUE greeting 5 6", text_of("#bytes"))
        self.assertIn("PROTOCOL fault=value at=0", text_of("#told"))
        self.assertIn("All 31 cuts", text_of("#cuts"))
        self.assertIn("VALUEreply greetingkey 5flags 6bytes",
                      text_of('.message[aria-pressed="true"]'))
        self.assertEqual(text_of("#break-text"),
                         "The size is larger by 1 than the value that follows.")
        click(".lie", "the truth")
        self.assertIn("greetingkey 5flags 5bytes", text_of('.message[aria-pressed="true"]'))

    def test_a_lie_is_told_about_the_first_reply(self):
        browser.open(t="your own", m=1, text=PIPELINE)
        tell("doubled")
        self.assertEqual(text_of("#bytes")[:25], "STORED\\r\\nSTORED\\r\\n8\\r\\n")
        rows = [row[1] for row in browser.run(VERDICT)]
        self.assertEqual(rows, ["right"] + ["wrong"] * 4)
        self.assertIn("wrong 4 of 5 times", text_of("#verdict"))
        browser.open(t="classic-get-many", m=7)
        tell("no-end")
        self.assertEqual(text_of("#bytes"),
                         "VALUE three 3 3\\r\\n333\\r\\nVALUE one 1 1\\r\\n1\\r\\n|")

    def test_the_slider_chooses_the_place(self):
        browser.open(t="classic-set-get", m=3)
        for name, cut, bytes_shown in (
                ("closed after a byte", 9, "VALUE gre|eting 5 5\\r\\nhello\\r\\nEND\\r\\n"),
                ("high bit at a byte", 9, "VALUE gr\\xff|eting 5 5\\r\\nhello\\r\\nEND\\r\\n")):
            tell(name)
            self.assertEqual(browser.run("page.cut"), 16)
            browser.run("byId('cut').value = %d; byId('cut').dispatchEvent(new Event('input'))" % cut)
            self.assertEqual(text_of("#bytes"), bytes_shown)
            click(".lie", "the truth")

    def test_how_a_reply_stops(self):
        browser.open(t="classic-set-get", m=3)
        for name, text, size in (("closed", "(the server closes the connection)", 0),
                                 ("silent-value", "(nothing more comes)", 22),
                                 ("late", "(this comes when the client has stopped waiting)", 32)):
            tell(name)
            self.assertEqual(text_of('.message[aria-pressed="true"] .stop'), text)
            self.assertEqual(text_of("#cut-place"), "%d of %d" % (size, size))
        tell("size-long")
        self.assertEqual(browser.run("document.querySelectorAll('.stop').length"), 0)

    def test_whose_answer_is_whose(self):
        browser.open(t="your own", m=1, text=PIPELINE)
        self.assertEqual(browser.run("""[...document.querySelectorAll("#verdict tbody tr")].map(
            (row) => row.textContent).slice(1, 4)"""),
            ["2. incr n 3\\r\\n8", "3. get n\\r\\nvalue 8", "4. get m\\r\\nmiss"])

    def test_a_lie_about_a_question_is_about_its_reply(self):
        browser.open(t="classic-set-get", m=2)
        tell("late")
        self.assertEqual(chosen(), 3)
        click("#step")
        self.assertEqual(browser.run("page.lie"), None)
        self.assertIn("VALUEreply greetingkey", text_of('.message[data-index="3"]'))

    def test_a_lie_ends_with_its_message(self):
        browser.open(t="classic-set-get", m=3)
        tell("size-long")
        click('.message[data-index="1"]')
        self.assertIn("flags 5bytes", text_of('.message[data-index="3"]'))
        tell("late")
        browser.run("page.open('classic-get-miss')")
        self.assertEqual(browser.run("page.lie"), None)

    def test_the_list_shows_the_lie(self):
        browser.open(t="classic-set-get", m=3, lie="size 1")
        self.assertEqual(browser.run("byId('more').selectedOptions[0].textContent"), "size 1")
        self.assertEqual(browser.run("document.querySelectorAll('.lie[aria-pressed=true]').length"), 0)
        tell("late")
        self.assertEqual(browser.run("byId('more').selectedIndex"), 0)
        self.assertEqual(text_of(".lie[aria-pressed=true]"), "late")

    def test_what_comes_after_a_close_is_not_read(self):
        browser.open(t="your own", m=1, cut=7, lie="closed after a byte",
                     text="> get a\\r\\n\n< END\\r\\nEND\\r\\n")
        self.assertEqual(text_of("#verdict tr:last-child td:last-child code"), "value abc")

    def test_what_an_answer_is_worth(self):
        worths = browser.run("""[["abc", "abc", false], ["abd", "abc", false], ["abd", "abc", true]].map(
            (row) => [judge(...row, true), judge(...row, false)].map((one) => one.split(/[ ,:]/)[0]))""")
        self.assertEqual(worths, [["right", "right"], ["wrong", "not"], ["an", "an"]])

    def test_a_reply_that_is_too_long_for_a_lie(self):
        browser.open(t="your own", m=1, text="> get a\\r\\n\n< VALUE a 0 70000\\r\\n{70000*x}\\r\\n"
                     "END\\r\\n")
        self.assertEqual(browser.run("[page.menu.length, page.chosen().bytes.length]"), [0, 70024])

    def test_a_question_of_another_connection(self):
        browser.open(t="your own", m=2, text="> get a\\r\\n\n2> get b\\r\\n\n< END\\r\\n")
        self.assertEqual(browser.run("""[...document.querySelectorAll("#verdict th code")].map(
            (one) => one.textContent)"""), ["get a\\r\\n", "get next\\r\\n"])

    def test_two_questions_that_were_sent_one_by_one(self):
        browser.open(t="mistake-late-reply", m=2)
        self.assertEqual(browser.run("""[...document.querySelectorAll("#verdict tbody tr")].map(
            (row) => row.textContent)"""),
            ["1. get a\\r\\nvalue mine!", "2. get b\\r\\nvalue yours!",
             "3. get next\\r\\nvalue abc"])


class Buttons(unittest.TestCase):
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
        browser.open(t="classic-gats-cas", m=3, cut=9, lie="late-end")
        self.assertEqual(browser.run("[page.name, page.index, page.cut, page.lie.name]"),
                         ["classic-gats-cas", 3, 9, "late-end"])
        click(".lie", "late")
        browser.run("page.moveTo(5); page.writeAddress()")
        self.assertEqual(browser.run("location.hash"),
                         "#t=classic-gats-cas&m=3&cut=5&lie=late")
        follow("location.hash = '#t=meta-get&m=1'")
        self.assertEqual(browser.run("[page.name, page.index]"), ["meta-get", 1])

    def test_a_link_is_followed_while_the_address_is_to_be_written(self):
        browser.open(t="classic-set-get", m=3)
        follow("page.moveTo(5); location.hash = '#t=meta-get&m=1'; page.writeAddress()")
        self.assertEqual(browser.run("[page.name, page.index]"), ["meta-get", 1])

    def test_an_unknown_address_shows_the_first_conversation(self):
        browser.open(t="nobody", m=99)
        self.assertEqual(text_of("#name"), "classic-set-get")
        browser.open(t="classic-get-miss", m="x", cut="y", lie="z")
        self.assertEqual(text_of("#name"), "classic-get-miss")


class OwnBytes(unittest.TestCase):
    def test_both_directions(self):
        browser.open(t="your own")
        type_text("> set k 0 0 3\\r\\n\n> abcd\\r\\n\n< VALUE k 0 01\\r\\n")
        self.assertIn("not the end of the value", text_of("#fields"))
        click('.message[data-index="1"]')
        self.assertIn("PROTOCOL fault=number at=10", text_of("#told"))

    def test_any_bytes(self):
        browser.open(t="your own")
        type_text("< \\x00\\xff<b>&amp;{3*z}\n> \\x80\\x01")
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
            type_text(text)
            self.assertIn(problem, text_of("#problem"))
        type_text("> get a\\r\\n")
        self.assertEqual(text_of("#problem"), "")

    def test_a_request_in_two_messages(self):
        browser.open(t="your own")
        type_text("> set a 0\n< ERROR\\r\\n\n>  0 1\\r\\nx\\r\\n\n< STORED\\r\\n")
        browser.run("page.choose(2)")
        self.assertIn("set: store a value", text_of("#fields"))
        self.assertEqual(text_of("#told").strip(), "SET key=a size=1DATA xEND")
        self.assertIn("0exptime 1bytes", text_of('.message[aria-pressed="true"]'))

    def test_what_memcached_tolerates_is_noted(self):
        browser.open(t="your own")
        type_text("> get  a\n> \\n")
        click("#step")
        self.assertEqual(browser.run("""[...document.querySelectorAll("#fields .wrong")].map(
            (one) => one.textContent)"""),
            ["! a space too many: tolerated by memcached (1.6.45: not in front)",
             "! the line ends in \\n without \\r: tolerated by memcached (1.6.45: not for mn)"])

    def test_two_sends_with_prose_and_a_close(self):
        browser.open(t="your own")
        type_text("> version\\r\\n\n# A note.\n> get\n> a\\r\\nquit\\r\\n\n! closed")
        self.assertEqual(browser.run("""["li", ".prose", ".closed"].map((each) =>
            byId("messages").querySelectorAll(each).length)"""), [3, 1, 1])

    def test_no_bytes_to_ask(self):
        browser.open(t="your own")
        type_text("> \n< END\\r\\n\n> \n< END\\r\\n")
        browser.run("page.choose(1)")
        tell("late")
        self.assertEqual(browser.run(VERDICT), [])

    def test_nothing_at_all(self):
        browser.open(t="your own")
        type_text("")
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

    def test_its_log(self):
        browser.open(t="your own")
        said = self.ask("> watch\\r\\n\n2> get a\\r\\n\n2> quit\\r\\n")
        self.assertRegex(said, r"\A> watch\\r\\n\n< OK\\r\\n\n2> get a\\r\\n\n2< END\\r\\n\n"
                         r"< ts=\d+\.0 gid=2 type=item_get key=a status=not_found clsid=0 cfd=21 "
                         r"size=0\\n\n2> quit\\r\\n\n2! closed\Z")

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
                     "lie 11", "more"):
            self.assertIn(name, reached)
        browser.run("byId('cut').focus()")
        for _ in range(3):
            browser.key("ArrowLeft", 37)
        self.assertEqual(text_of("#cut-place"), "29 of 32")
        browser.run("document.querySelector('.lie:nth-child(7)').focus()")
        browser.key("Enter", 13, "\r")
        self.assertEqual(browser.run("page.lie.name + ' ' + document.activeElement.textContent"),
                         "size-short size-short")
        browser.run("byId('more').focus()")
        browser.key("ArrowDown", 40)
        self.assertEqual(browser.run("page.lie.name + ' ' + document.activeElement.id"),
                         "size empty more")

    def test_letters_are_typed_in_the_field(self):
        browser.open(t="your own", m=0)
        browser.run("byId('text').focus()")
        browser.key("n", 78, "n")
        self.assertEqual(chosen(), 0)
        self.assertIn("n", browser.run("byId('text').value"))


class Looks(unittest.TestCase):
    def test_nothing_is_cut_off(self):
        """The narrowest width is that of test_every_transcript_at_every_cut()."""
        for width in WIDTHS:
            browser.size(width)
            browser.open(t="classic-set-get", m=1, lie="late")
            self.assertLessEqual(browser.run("document.documentElement.scrollWidth"), width)
            for name in [name for name in NAMES if name.startswith("mistake")][::3]:
                browser.run("page.open(%s); page.choose(1)" % json.dumps(name))
                browser.run("page.setLie(page.menu[1] ?? null)")
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


class OldBrowser(unittest.TestCase):
    def test_it_says_that_it_is_too_old(self):
        script = browser.call("Page.addScriptToEvaluateOnNewDocument",
                              source="delete window.DecompressionStream")["identifier"]
        browser.load(t="classic-set-get")
        browser.run("new Promise((done) => setTimeout(done, 0))")
        said = text_of("#name")
        browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
        self.assertRegex(said, "too old for the page: .*DecompressionStream")


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
