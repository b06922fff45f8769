// The page at work: what is chosen, and what the address keeps of it.

const OWN = "your own"; // the name of the conversation that is typed

class Page {
    constructor(wire, transcripts) {
        this.wire = wire;
        this.transcripts = transcripts;
        this.lies = listLies(wire);
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
            this.messages = splitSends(this.wire, messagesOf(transcript.steps));
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

    // What the lie makes of the chosen reply; null when there is none, or it cannot be told here.
    told(cut = this.cut) {
        const message = this.chosen();
        return this.lie && message.direction === REPLIES
            ? tellLie(this.wire, this.lie, message.bytes, cut) : null;
    }

    // The chosen message, with its lie.
    shown() {
        const told = this.told();
        return told ? { ...this.chosen(), bytes: told.shown } : this.chosen();
    }

    choose(index, cut = Infinity) {
        if (this.messages.length === 0)
            return this.showNothing();
        this.index = Math.max(0, Math.min(index, this.messages.length - 1));
        if (!this.told())
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
        if (!lie?.hasPlace)
            this.cut = Infinity;
        else if (this.cut === 0 || this.cut >= size)
            this.cut = size >> 1;
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

    // A reply and what was sent for it; null: nothing was.
    exchangeOf(reply) {
        const requests = [], { connection } = this.messages[reply];
        const before = this.messages.slice(0, reply).filter((one) => one.connection === connection);
        while (before.length > 0 && before[before.length - 1].direction === REQUESTS)
            requests.unshift(before.pop().bytes);
        return requests.length === 0 ? null
            : { request: joinBytes(requests), reply: this.messages[reply].bytes };
    }

    // The chosen exchange and the one after it on its connection; after the last one, NEXT.
    exchanges() {
        const reply = this.chosen().direction === REPLIES ? this.index : this.replyTo(this.index);
        const first = reply === undefined ? null : this.exchangeOf(reply);
        if (!first)
            return null;
        const next = this.replyTo(reply);
        return [first, (next === undefined ? null : this.exchangeOf(next)) ?? NEXT];
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
        showStation(station);
        byId("own").hidden = !own;
        if (own)
            byId("text").value = text;
        const [prose, source = ""] = this.transcript.prose.split(/^(?=protocol\.txt:)/m);
        byId("prose").replaceChildren(...prose.split(/\n\n/).filter((p) => p.trim())
            .map((p) => element("p", {}, ...codeNodes(p))), element("p", { className: "quiet" }, source));
        const { server } = this.transcript;
        byId("server").textContent = server === "none" ? "These bytes are made up."
            : server ? `The answers of ${server.replace("..", " to ")}.` : "";
        byId("next").hidden = !this.nextName();
        byId("next").textContent = `next: ${this.nextName()}`;
        byId("epilogue").textContent = this.messages.epilogue ?? "";
        const many = this.messages.some((one) => one.connection > 1);
        byId("messages").replaceChildren(...this.messages.map((message, index) =>
            messageNode(message, index, many, explained(this.wire, message))));
    }

    showNothing() {
        for (const id of ["bytes", "signs", "states", "state", "told", "cuts", "fields", "hex", "lies",
                          "verdict"])
            byId(id).replaceChildren();
    }

    show() {
        const message = this.shown(), size = message.bytes.length;
        document.querySelectorAll(".message").forEach((node, k) =>
            node.setAttribute("aria-pressed", String(k === this.index)));
        Object.assign(byId("cut"), { max: size, value: this.cut });
        byId("cut-place").textContent = `${this.cut} of ${size}`;
        const whole = explained(this.wire, message);
        this.showLines(message, whole);
        const reading = readUntil(this.wire, message, this.cut);
        this.wrong = faultAt(whole);
        showBytes(message, this.cut, this.wrong);
        showState(message, reading);
        showTold(message.direction, reading);
        showFields(whole);
        showHex(message.bytes, this.cut, null, this.wrong);
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
                explained(this.wire, this.messages[changed])));
        if (this.lie || changed === this.index)
            lines[this.index].replaceChildren(...lineNodes(message, items),
                ...(this.lie?.stop ? [stopNode(this.lie)] : []));
        this.changed = this.lie ? this.index : undefined;
    }

    showBreak() {
        const exchanges = this.exchanges();
        const rows = exchanges && compareClients(this.wire, exchanges, this.lie, this.cut);
        this.showMenu(exchanges ? exchanges[0].reply : null);
        byId("break-text").textContent = !exchanges ? "Nobody answers this message."
            : this.lie ? this.lie.text
            : !this.menu.length ? "This reply is already broken, or incomplete."
            : rows ? "The server answers the chosen question with a lie. Who notices?"
            : "mcwire's client does not send such a message. Only the bytes are changed.";
        byId("verdict").replaceChildren();
        if (rows?.length && this.lie)
            showVerdict(rows, rows[0].error ? this.wire.string(this.wire.c.result_text(rows[0].error)) : "");
        else if (rows?.length)
            showOrder(rows);
    }

    // The lies that can be told about a reply.
    showMenu(reply) {
        if (this.menuOf !== reply || !this.menu) {
            this.menuOf = reply;
            this.menu = reply ? this.lies.filter((lie) => tellLie(this.wire, lie, reply, 0)) : [];
            fillMenu(this.menu);
        }
        pressMenu(this.lie);
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

    // Later, so that a slider that is dragged does not write it a hundred times; not when somebody has
    // followed a link since.
    writeAddress() {
        if (location.hash !== this.seen)
            return;
        history.replaceState(null, "", this.address);
        this.seen = location.hash;
    }

    openAddress() {
        this.seen = location.hash;
        const words = new URLSearchParams(location.hash.slice(1) || START), name = words.get("t");
        const known = name === OWN || name in this.transcripts;
        const text = name === OWN ? words.get("text") ?? OWN_TEXT : undefined;
        if (!known || !this.open(name, text))
            this.open(STATIONS[0].names[0]);
        if (!known)
            return;
        this.choose(Number(words.get("m")) || 0);
        const lie = this.menu.find((one) => one.name === words.get("lie"));
        if (words.has("cut"))
            this.cut = Number(words.get("cut"));
        if (lie)
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

function fillStations() {
    byId("stations").append(...STATIONS.map((station) => element("a",
        { href: "#" + (station.guide ? station.guide.look[1] : `t=${station.names[0]}&m=1`) },
        station.title)));
}

function light(page, node) {
    const lit = node ? { from: Number(node.dataset.from), to: Number(node.dataset.to) } : null;
    showHex(page.shown().bytes, page.cut, lit, page.wrong);
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
        if (event.target.className === "lie")
            page.setLie(page.lies[event.target.dataset.index] ?? null);
    });
    on("more", "change", () => page.setLie(page.lies[byId("more").value] ?? null));
    for (const event of ["focusin", "mouseover"])
        on("fields", event, (e) => light(page, e.target.closest(".part")));
    addEventListener("hashchange", () => {
        if (location.hash === page.address)
            return;
        page.openAddress();
        (page.lie ? byId("break") : document.querySelector('[aria-pressed="true"].message'))
            ?.scrollIntoView({ block: "nearest" });
    });
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
    fillStations();
    listen(page);
    page.openAddress();
    window.page = page;
    document.documentElement.dataset.ready = "true";
}

start().catch((error) => {
    byId("name").textContent = `This browser is too old for the page: ${error.message}`;
});
