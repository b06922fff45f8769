// Reading: bytes of one direction to events, as the project's readers make them, however the bytes
// are cut.

const REPLY_EVENTS = ["MORE", "VALUE", "BODY", "STAT", "ITEM", "LINE", "OPENED", "END", "STORED",
    "NOT_STORED", "EXISTS", "NOT_FOUND", "DELETED", "TOUCHED", "NUMBER", "HD", "MN", "ME", "OK",
    "RESET", "VERSION", "BUSY", "REFUSED", "ERROR", "CLIENT_ERROR", "SERVER_ERROR"];
const REQUEST_EVENTS = ["MORE", "KEY", "DATA", "GET", "GETS", "GAT", "GATS", "SET", "ADD",
    "REPLACE", "APPEND", "PREPEND", "CAS", "MS", "AUTH", "END", "WRONG", "DELETE", "INCR", "DECR",
    "TOUCH", "MG", "MD", "MA", "ME", "MN", "VERSION", "QUIT", "FLUSH_ALL", "VERBOSITY",
    "CACHE_MEMLIMIT", "STATS", "WATCH", "SLABS", "LRU", "LRU_CRAWLER", "EXTSTORE",
    "REFRESH_CERTS", "SHUTDOWN"];
const FAULTS = ["none", "word", "key", "number", "space", "flag", "end", "long", "value"];
const NOTES = 7; // bits of enum mc_note

const VALUE = 1, END = 7, NUMBER = 14, ME = 17, FIRST_STORED = 8;

// Of struct mc_reader and struct mc_request_reader: what is expected next.
const STATES = {
    [REPLIES]: ["LINE", "BODY", "TAIL", "STREAM", "BROKEN"],
    [REQUESTS]: ["START", "LINE", "KEY", "REST", "BODY", "TAIL"],
};
const STATE_TEXTS = {
    START: "waits for the first line of the connection",
    LINE: "waits for a whole line",
    KEY: "waits for the next key of this line",
    REST: "skips the rest of a line that is wrong",
    BODY: "passes on the value as it comes",
    TAIL: "waits for the CRLF after the value",
    STREAM: "passes on each line as text until END",
    BROKEN: "has given up: nothing that follows can be trusted, so the connection has to be closed",
};

class Reading {
    // `left`: bytes that came before and are not read yet. With `explain`, each event has its fields.
    constructor(wire, direction, state, left, explain) {
        Object.assign(this, { wire, direction, explain, left, events: [], last: MORE,
            at: -left.length, saved: state });
    }

    feed(bytes) {
        this.wire.restore(this.direction, this.saved);
        for (let from = 0; from < bytes.length && this.last >= 0;) {
            const piece = bytes.subarray(from, from + this.wire.room - this.left.length);
            this.readAll(joinBytes([this.left, piece]));
            from += piece.length;
            if (this.left.length >= this.wire.room)
                break;
        }
        this.saved = this.wire.state(this.direction);
    }

    // Reads what is whole, and keeps what is left.
    readAll(input) {
        const { c } = this.wire;
        for (;;) {
            this.wire.put(input);
            const event = c.read_event(this.direction, input.length);
            const taken = event < 0 ? 0 : c.read_bytes();
            if (event !== MORE || taken > 0)
                this.add(event, event < 0 ? input : input.subarray(0, taken));
            input = input.subarray(taken);
            this.at += taken;
            if (event < 0 || (event === MORE && taken === 0))
                break;
        }
        this.left = input.slice();
    }

    add(event, bytes) {
        const item = { event, at: this.at, bytes: bytes.slice() };
        if (event !== MORE)
            Object.assign(item, this.direction === REPLIES ? this.reply(event) : this.request(event));
        if (this.explain)
            this.annotate(item);
        this.events.push(item);
        if (event !== MORE)
            this.last = event;
    }

    slice(name) {
        const at = this.wire.c[name + "_at"](this.direction);
        return spell(this.wire.bytes(at, this.wire.c[name + "_len"](this.direction)));
    }

    slices(...names) {
        return names.map((name) => [name, this.slice(name)]).filter(([, text]) => text !== "")
            .map(([name, text]) => ` ${name}=${text}`).join("");
    }

    // What the program is told: a line, or for a piece of a value its bytes.
    reply(event) {
        const { c } = this.wire;
        const unsigned = (n) => BigInt.asUintN(64, n);
        if (event < 0)
            return { line: `PROTOCOL fault=${FAULTS[c.reply_fault()]} at=${c.reply_fault_at()}` };
        if (event === BODY)
            return { piece: this.slice("text") };
        const meta = c.is_meta() === 1, flagged = meta && event !== ME;
        let line = REPLY_EVENTS[event] + (meta ? " meta" : "") + this.slices("key");
        if (event === VALUE)
            line += (meta ? "" : ` flags=${unsigned(c.client_flags(REPLIES))}`) +
                ` size=${c.value_size(REPLIES) >>> 0}`;
        if (c.has_cas())
            line += ` cas=${unsigned(c.cas_unique())}`;
        if (event === NUMBER)
            line += ` number=${unsigned(c.number(REPLIES))}`;
        return { line: line + (flagged ? this.flags() : this.slices("text")) };
    }

    flags() {
        const { c } = this.wire;
        let lines = "", result;
        while ((result = c.next_flag()) > 0) {
            const letter = String.fromCharCode(c.flag_letter());
            const token = spell(this.wire.bytes(c.flag_token_at(), c.flag_token_len()));
            lines += `\nFLAG ${letter}`;
            if (letter === "t")
                lines += ` ttl=${c.flag_ttl()}`;
            else if ("cfhls".includes(letter))
                lines += ` number=${BigInt.asUintN(64, c.flag_number())}`;
            else if (token)
                lines += ` token=${token}`;
        }
        return result < 0 ? lines + "\nFLAG PROTOCOL" : lines;
    }

    request(event) {
        const { c } = this.wire;
        if (event < 0)
            return { line: "PROTOCOL" };
        if (event === REQUEST_DATA)
            return { piece: this.slice("text") };
        const size = c.value_size(REQUESTS) >>> 0, exptime = c.exptime();
        let line = REQUEST_EVENTS[event] + this.slices("key");
        if (event >= 7 && event <= 14)
            line += ` size=${size}`;
        if (exptime !== 0n)
            line += ` exptime=${exptime}`;
        if (c.number(REQUESTS) !== 0n)
            line += ` number=${BigInt.asUintN(64, c.number(REQUESTS))}`;
        return { line: line + this.slices("text") + (c.is_noreply() ? " noreply" : "") };
    }

    annotate(item) {
        const { c } = this.wire;
        item.title = this.wire.string(c.title());
        item.fields = [];
        for (let k = 0; k < c.field_count(); k++) {
            item.fields.push({ at: item.at + c.field_at(k), len: c.field_len(k),
                name: this.wire.string(c.field_name(k)), text: this.wire.string(c.field_text(k)) });
        }
        const fault = c.fault_text();
        item.fault = fault ? this.wire.string(fault) : "";
        item.faultAt = item.at + c.fault_at();
        item.notes = [];
        for (let bit = 0; bit < NOTES; bit++) {
            const note = this.wire.string(c.note_text(1 << bit));
            if (note)
                item.notes.push(note);
        }
    }

    isOver() {
        return this.last !== MORE && this.wire.c.is_over(this.direction, this.last) === 1;
    }

    // The lines of all events; the pieces of a value share one.
    lines() {
        const lines = [], name = this.direction === REPLIES ? "BODY" : "DATA";
        let inside = false;
        for (const item of this.events.filter((one) => one.event !== MORE)) {
            if (item.piece === undefined)
                lines.push(...item.line.split("\n"));
            else if (inside)
                lines[lines.length - 1] += item.piece;
            else
                lines.push(`${name} ${item.piece}`);
            inside = item.piece !== undefined;
        }
        return lines;
    }

    // The same, with MORE when something is missing at the end.
    wholeLines() {
        const open = this.last >= 0 && (!this.isOver() || this.left.length > 0);
        return open ? [...this.lines(), "MORE"] : this.lines();
    }

    // {name, left}: the state, and how many bytes of a value are to come.
    state() {
        this.wire.restore(this.direction, this.saved);
        const broken = this.last < 0;
        const name = STATES[this.direction][this.wire.c.reader_state(this.direction)];
        return { name: broken || !name ? "BROKEN" : name,
                 left: this.wire.c.reader_left(this.direction) >>> 0 };
    }
}

// ---- a message in its conversation ---------------------------------------------------------------

const CUTS_MAX = 4096, FEW_CUTS = 4; // a message with more bytes is cut at so many places

// Gives each message the state of its reader before it. A login is expected until one is STORED.
function prepare(wire, messages, login) {
    const states = {};
    for (const message of messages) {
        const ends = states[message.connection] ??= [loginState(wire, login), wire.fresh(REPLIES)];
        const lefts = ends.lefts ??= [new Uint8Array(0), new Uint8Array(0)];
        message.state = ends[message.direction];
        message.left = message.direction === REQUESTS ? lefts[REQUESTS] : new Uint8Array(0);
        if (message.stream)
            message.state = streamState(wire, message.state);
        const reading = readMessage(wire, message, [], false);
        ends[message.direction] = reading.saved;
        lefts[message.direction] = reading.left;
        if (message.direction === REPLIES && reading.last === FIRST_STORED)
            ends[REQUESTS] = withLogin(wire, ends[REQUESTS], false);
    }
}

// Is this the line of a command whose value comes next?
function isOpenLine(wire, bytes) {
    const reading = new Reading(wire, REQUESTS, wire.fresh(REQUESTS), new Uint8Array(0), false);
    reading.feed(bytes);
    return bytes.indexOf(10) === bytes.length - 1 && reading.last > 0 && !reading.isOver();
}

// A client sends each line of a transcript by itself, but for the line of a command and its value: a
// message for each of them.
function splitSends(wire, messages) {
    const split = messages.flatMap((message) => {
        if (message.direction === REPLIES)
            return [message];
        const sends = [];
        message.parts.forEach((part, k) => {
            if (k > 0 && isOpenLine(wire, message.parts[k - 1]))
                sends[sends.length - 1] = joinBytes([sends[sends.length - 1], part]);
            else
                sends.push(part);
        });
        return sends.map((bytes, k) => ({ ...message, bytes, prose: k === 0 ? message.prose : "",
                                          closed: message.closed && k === sends.length - 1 }));
    });
    split.epilogue = messages.epilogue;
    return split;
}

function withLogin(wire, state, expected) {
    wire.restore(REQUESTS, state);
    wire.c.expect_login(expected ? 1 : 0);
    return wire.state(REQUESTS);
}

function loginState(wire, login) {
    return withLogin(wire, wire.fresh(REQUESTS), login);
}

function streamState(wire, state) {
    wire.restore(REPLIES, state);
    wire.c.expect_stream();
    return wire.state(REPLIES);
}

// Reads a message, cut before the bytes of these indexes.
function readMessage(wire, message, cuts, explain) {
    const reading = new Reading(wire, message.direction, message.state, message.left, explain);
    let from = 0;
    for (const cut of [...cuts, message.bytes.length]) {
        reading.feed(message.bytes.subarray(from, cut));
        from = cut;
    }
    return reading;
}

// The annotated events of a whole message; a value is one of them, in however many pieces it came.
function explained(wire, message) {
    const items = [];
    for (const item of readMessage(wire, message, [], true).events) {
        const last = items[items.length - 1];
        if (item.piece === undefined || last?.piece === undefined) {
            items.push(item);
        } else {
            last.bytes = joinBytes([last.bytes, item.bytes]);
            last.fields = [{ ...last.fields[0], len: last.bytes.length }];
        }
    }
    return items;
}

// Reads the first bytes of a message.
function readUntil(wire, message, cut) {
    const reading = new Reading(wire, message.direction, message.state, message.left, false);
    reading.feed(message.bytes.subarray(0, cut));
    return reading;
}

// Cuts a message everywhere: {count, all: whether every place was tried, outcomes: the different
// lists of events}.
function tryCuts(wire, message) {
    const size = message.bytes.length, all = size <= CUTS_MAX;
    const pace = all ? 1 : Math.ceil(size / FEW_CUTS);
    const outcomes = new Set([readMessage(wire, message, [], false).wholeLines().join("\n")]);
    let count = 0;
    for (let cut = 1; cut < size; cut += pace, count++)
        outcomes.add(readMessage(wire, message, [cut], false).wholeLines().join("\n"));
    return { count, all, outcomes: [...outcomes] };
}
