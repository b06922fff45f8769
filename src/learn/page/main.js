// The page at work: what is chosen, and what the address keeps of it.

const OWN = "your own"; // the name of the conversation that is typed

class Page {
    constructor(wire, transcripts) {
        this.wire = wire;
        this.transcripts = transcripts;
        this.name = "";
        this.messages = [];
        this.index = 0;
        this.cut = 0;
        this.lie = null;
        this.timer = 0;
    }

    // ---- what is chosen ---------------------------------------------------------------------------

    // Shows a conversation from its first reply on; false when its text breaks the format.
    open(name, text = this.transcripts[name]) {
        this.stop();
        try {
            const transcript = parseTranscript(text);
            this.messages = messagesOf(transcript.steps);
            this.transcript = transcript;
            byId("problem").textContent = "";
        } catch (error) {
            byId("problem").textContent = error.message;
            return false;
        }
        this.name = name;
        prepare(this.wire, this.messages, this.transcript.users !== "");
        this.lie = null;
        this.changed = undefined;
        this.showConversation(text);
        this.choose(0);
        return true;
    }

    // The small memcached answers what is typed.
    askServer() {
        try {
            byId("text").value = answered(this.wire, byId("text").value, Math.floor(Date.now() / 1000));
            this.open(OWN, byId("text").value);
        } catch (error) {
            byId("problem").textContent = error.message;
        }
    }

    chosen() {
        return this.messages[this.index];
    }

    // The chosen message, with its lie.
    shown() {
        const message = this.chosen();
        if (!this.lie || message.direction !== REPLIES)
            return message;
        return { ...message, bytes: this.lie.apply(message.bytes) };
    }

    choose(index, cut = Infinity) {
        if (this.messages.length === 0)
            return this.showNothing();
        this.index = Math.max(0, Math.min(index, this.messages.length - 1));
        if (this.lie && (this.chosen().direction !== REPLIES || !this.lie.apply(this.chosen().bytes)))
            this.lie = null;
        this.moveTo(cut);
    }

    moveTo(cut) {
        this.cut = Math.max(0, Math.min(cut, this.shown().bytes.length));
        this.show();
    }

    setLie(lie) {
        const message = this.chosen();
        if (message.direction === REQUESTS)
            this.index = this.replyTo(this.index) ?? this.index;
        this.lie = lie;
        const size = this.shown().bytes.length;
        if (lie && lie.name === "cut here" && (this.cut === 0 || this.cut >= size))
            this.cut = size >> 1;
        else if (!lie || lie.name !== "cut here")
            this.cut = size;
        this.choose(this.index, this.cut);
    }

    // The index of the next message in a direction on the same connection, from `from` on.
    nextOf(direction, connection, from) {
        const found = this.messages.findIndex((one, k) => k >= from &&
            one.direction === direction && one.connection === connection);
        return found < 0 ? undefined : found;
    }

    replyTo(index) {
        return this.nextOf(REPLIES, this.messages[index].connection, index + 1);
    }

    // The chosen exchange and the one after it on its connection; after the last one, NEXT.
    exchanges() {
        const { connection } = this.chosen();
        let reply = this.chosen().direction === REPLIES ? this.index : this.replyTo(this.index);
        let request = reply;
        while (request >= 0 && (this.messages[request].direction !== REQUESTS ||
                                this.messages[request].connection !== connection))
            request--;
        if (reply === undefined || request < 0)
            return null;
        const pair = (a, b) => ({ request: this.messages[a].bytes, reply: this.messages[b].bytes });
        const first = pair(request, reply);
        const next = this.nextOf(REQUESTS, connection, reply);
        const answer = next === undefined ? undefined : this.replyTo(next);
        return [first, answer === undefined ? NEXT : pair(next, answer)];
    }

    // ---- step and play ------------------------------------------------------------------------------

    play() {
        if (this.timer)
            return this.stop();
        const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
        if (this.index === this.messages.length - 1 && this.cut >= this.shown().bytes.length)
            this.choose(0, 0);
        else if (this.cut >= this.shown().bytes.length)
            this.cut = 0;
        this.timer = setInterval(() => this.tick(calm), calm ? 1500 : 80);
        byId("play").textContent = "stop";
    }

    stop() {
        clearInterval(this.timer);
        this.timer = 0;
        byId("play").textContent = "play";
    }

    // One byte, or a whole message where motion is not wanted.
    tick(calm) {
        const size = this.shown().bytes.length;
        if (this.cut < size)
            this.moveTo(calm ? size : this.cut + Math.ceil(size / 400));
        else if (this.index + 1 < this.messages.length)
            this.choose(this.index + 1, calm ? Infinity : 0);
        else
            this.stop();
    }

    // The conversation after this one in the order for reading.
    nextName() {
        const names = STATIONS.flatMap((station) => station.names), at = names.indexOf(this.name);
        return at < 0 ? undefined : names[at + 1];
    }

    // ---- what is seen -------------------------------------------------------------------------------

    showConversation(text) {
        const own = this.name === OWN, station = STATIONS.find((one) => one.names.includes(this.name));
        document.querySelector("main").insertBefore(byId("detail"), byId("break"));
        byId("choice").value = this.name;
        byId("name").textContent = own ? "Your own bytes" : this.name;
        byId("station").textContent = station ? `${station.title}. ${station.idea}` : "";
        byId("own").hidden = !own;
        if (own)
            byId("text").value = text;
        const [prose, source = ""] = this.transcript.prose.split(/^(?=protocol\.txt:)/m);
        byId("prose").replaceChildren(...prose.split(/\n\n/).filter((p) => p.trim())
            .map((p) => element("p", {}, p)), element("p", { className: "quiet" }, source));
        const { server } = this.transcript;
        byId("server").textContent = server === "none" ? "These bytes are made up."
            : server ? `The answers of ${server.replace("..", " to ")}.` : "";
        byId("next").hidden = !this.nextName();
        byId("next").textContent = `next: ${this.nextName()}`;
        byId("epilogue").textContent = this.messages.epilogue ?? "";
        const many = this.messages.some((one) => one.connection > 1);
        byId("messages").replaceChildren(...this.messages.map((message, index) =>
            messageNode(message, index, many, readMessage(this.wire, message, [], true).events)));
    }

    showNothing() {
        for (const id of ["bytes", "states", "state", "told", "cuts", "fields", "hex", "verdict"])
            byId(id).replaceChildren();
    }

    show() {
        const message = this.shown(), size = message.bytes.length;
        document.querySelectorAll(".message").forEach((node, k) =>
            node.setAttribute("aria-pressed", String(k === this.index)));
        Object.assign(byId("cut"), { max: size, value: this.cut });
        byId("cut-place").textContent = `${this.cut} of ${size}`;
        const whole = readMessage(this.wire, message, [], true);
        this.showLines(message, whole.events);
        const reading = readUntil(this.wire, message, this.cut);
        showBytes(message, this.cut);
        showState(message, reading);
        showTold(message.direction, reading);
        showFields(whole.events);
        showHex(message.bytes, this.cut, null);
        if (this.tried !== message.bytes || this.triedFor !== message.state) {
            showCuts(message, tryCuts(this.wire, message));
            this.tried = message.bytes;
            this.triedFor = message.state;
        }
        byId("back").disabled = this.index === 0;
        byId("step").disabled = this.index === this.messages.length - 1;
        this.showBreak();
        this.placeDetail();
        this.keepAddress();
    }

    // The bytes of the chosen message in the conversation, which a lie has changed; and the honest ones
    // of the message that one has changed before.
    showLines(message, items) {
        const lines = document.querySelectorAll(".message .lines"), { changed } = this;
        if (changed !== undefined && changed !== this.index && this.messages[changed])
            lines[changed].replaceChildren(...lineNodes(this.messages[changed],
                readMessage(this.wire, this.messages[changed], [], true).events));
        if (this.lie || changed === this.index)
            lines[this.index].replaceChildren(...lineNodes(message, items));
        this.changed = this.lie ? this.index : undefined;
    }

    showBreak() {
        const exchanges = this.exchanges();
        const possible = exchanges && canAsk(this.wire, exchanges);
        byId("break-text").textContent = !exchanges ? "Nobody answers this message."
            : possible ? "The server answers the chosen question with a lie. Who notices?"
            : "mcwire's client does not send such a message. Only the bytes are changed.";
        byId("lies").replaceChildren(...[null, ...LIES].map((lie) => {
            const node = element("button", { type: "button", className: "lie",
                disabled: !exchanges || (lie !== null && !lie.apply(exchanges[0].reply)) },
                lie ? lie.name : "the truth");
            node.title = lie ? lie.text : "the reply as memcached sends it";
            node.setAttribute("aria-pressed", String(this.lie === lie));
            return node;
        }));
        byId("verdict").replaceChildren();
        if (!this.lie || !exchanges)
            return;
        byId("break-text").textContent = `${this.lie.name}: ${this.lie.text}.`;
        const rows = compareClients(this.wire, exchanges, this.lie, this.cut);
        if (rows?.length)
            showVerdict(rows, rows[0].error ? this.wire.string(this.wire.c.result_text(rows[0].error)) : "");
    }

    // On a narrow screen, the detail follows the chosen message.
    placeDetail() {
        const wide = matchMedia("(min-width: 60rem)").matches, detail = byId("detail");
        const home = wide ? document.querySelector("main")
            : byId("messages").children[this.index];
        if (detail.parentNode !== home)
            home === document.querySelector("main") ? home.insertBefore(detail, byId("break"))
                : home.append(detail);
    }

    // ---- the address --------------------------------------------------------------------------------

    keepAddress() {
        const size = this.shown().bytes.length;
        const words = new URLSearchParams({ t: this.name, m: this.index });
        if (this.cut < size)
            words.set("cut", this.cut);
        if (this.lie)
            words.set("lie", this.lie.name);
        if (this.name === OWN)
            words.set("text", byId("text").value);
        this.address = "#" + words;
        clearTimeout(this.keeper);
        this.keeper = setTimeout(() => this.writeAddress(), 200);
    }

    // Later, so that a slider that is dragged does not write it a hundred times.
    writeAddress() {
        if (location.hash !== this.address)
            history.replaceState(null, "", this.address);
    }

    openAddress() {
        const words = new URLSearchParams(location.hash.slice(1) || START), name = words.get("t");
        const known = name === OWN || name in this.transcripts;
        const text = name === OWN ? words.get("text") ?? OWN_TEXT : undefined;
        if (!known || !this.open(name, text))
            this.open(STATIONS[0].names[0]);
        if (!known)
            return;
        this.choose(Number(words.get("m")) || 0);
        const lie = LIES.find((one) => one.name === words.get("lie"));
        if (words.has("cut"))
            this.cut = Number(words.get("cut"));
        if (lie && this.exchanges() && lie.apply(this.exchanges()[0].reply))
            this.setLie(lie);
        if (words.has("cut"))
            this.moveTo(Number(words.get("cut")));
    }
}

const START = "t=classic-set-get&m=3&cut=20"; // what is shown at first
// What a client asks after a conversation that is over.
const NEXT = { request: bytesOf("get next\r\n"),
               reply: bytesOf("VALUE next 0 3\r\nabc\r\nEND\r\n") };
const OWN_TEXT = "> set greeting 0 0 5\\r\\nhello\\r\\n\n< STORED\\r\\n\n" +
    "> get greeting\\r\\n\n< VALUE greeting 0 5\\r\\nhello\\r\\nEND\\r\\n\n";

// {name: text} of the transcripts in the page.
function storedTranscripts() {
    const parts = byId("transcripts").textContent.split(/^@@ (.*)\n/m).slice(1), all = {};
    for (let k = 0; k < parts.length; k += 2)
        all[parts[k]] = parts[k + 1];
    return all;
}

function fillChoice() {
    const groups = STATIONS.map((station) => element("optgroup", { label: station.title },
        ...station.names.map((name, k) =>
            element("option", { value: name }, `${name}: ${station.texts[k]}`))));
    byId("choice").append(...groups, element("option", { value: OWN }, OWN + " bytes"));
}

function light(page, node) {
    const lit = node ? { from: Number(node.dataset.from), to: Number(node.dataset.to) } : null;
    showHex(page.shown().bytes, page.cut, lit);
}

function listen(page) {
    const on = (id, event, act) => byId(id).addEventListener(event, act);
    on("choice", "change", () => byId("choice").value === OWN ? page.open(OWN, OWN_TEXT)
        : page.open(byId("choice").value));
    on("messages", "click", (event) => {
        const node = event.target.closest(".message");
        if (node) {
            page.stop();
            page.choose(Number(node.dataset.index));
        }
    });
    on("cut", "input", () => {
        page.stop();
        page.moveTo(Number(byId("cut").value));
    });
    on("back", "click", () => page.choose(page.index - 1));
    on("step", "click", () => page.choose(page.index + 1));
    on("play", "click", () => page.play());
    on("next", "click", () => {
        page.open(page.nextName());
        byId("choice").focus();
        scrollTo(0, 0);
    });
    on("read", "click", () => page.open(OWN, byId("text").value));
    on("ask", "click", () => page.askServer());
    on("lies", "click", (event) => {
        const nodes = [...byId("lies").children], index = nodes.indexOf(event.target);
        if (index >= 0) {
            page.setLie([null, ...LIES][index]);
            byId("lies").children[index].focus();
        }
    });
    for (const event of ["focusin", "mouseover"])
        on("fields", event, (e) => light(page, e.target.closest(".part")));
    addEventListener("hashchange", () => location.hash === page.address || page.openAddress());
    addEventListener("resize", () => page.messages.length && page.placeDetail());
    addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey ||
            ["TEXTAREA", "SELECT"].includes(event.target.tagName))
            return;
        const act = { n: () => page.choose(page.index + 1), p: () => page.choose(page.index - 1),
                      ".": () => page.play() }[event.key];
        if (act) {
            event.preventDefault();
            act();
        }
    });
}

async function start() {
    const page = new Page(await Wire.load(MODULE), storedTranscripts());
    fillChoice();
    listen(page);
    page.openAddress();
    window.page = page;
    document.documentElement.dataset.ready = "true";
}

start();
