// Break it: edits of an honest reply, and what two clients make of them. One is mcwire's engine. The
// other is careless: it takes the next line for the next answer.

// Replaces the first match in the reply's bytes; null when there is none.
function edit(bytes, pattern, replace) {
    const text = latin1(bytes);
    return pattern.test(text) ? bytesOf(text.replace(pattern, replace)) : null;
}

const SIZE = /^((?:VALUE \S+ \d+|VA) )(\d+)/m;
const LAST_LINE = /[^\n]*\r\n$/;

// Each lie: its name, what it does in a sentence, and the bytes that the server sends instead (null:
// not with this reply). `late` and `cut` change when bytes come, and not the bytes.
const LIES = [
    { name: "size+1", text: "the size in the reply is one too large",
      apply: (bytes) => edit(bytes, SIZE, (all, before, size) => before + (Number(size) + 1)) },
    { name: "size-1", text: "the size in the reply is one too small",
      apply: (bytes) => edit(bytes, SIZE, (all, before, size) =>
          Number(size) > 0 ? before + (Number(size) - 1) : all) },
    { name: "bare LF", text: "the first line ends in LF alone",
      apply: (bytes) => edit(bytes, /\r\n/, "\n") },
    { name: "other key", text: "the reply names a key that nobody asked for",
      apply: (bytes) => edit(bytes, /^VALUE \S+/m, "VALUE other") },
    { name: "END twice", text: "the last line comes twice",
      apply: (bytes) => edit(bytes, LAST_LINE, (line) => line + line) },
    { name: "late", text: "the reply comes after the client has stopped waiting",
      apply: (bytes) => bytes },
    { name: "cut here", text: "the connection closes at the cut of the slider",
      apply: (bytes) => bytes.length > 1 ? bytes : null },
    { name: "HTTP", text: "something answers that is no memcached",
      apply: () => bytesOf("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n") },
];

// ---- the careless reader --------------------------------------------------------------------------

// A client of twenty lines. It reads a line for each question; after VALUE, a line is the value.
class Careless {
    constructor() {
        this.lines = [];
    }

    receive(bytes) {
        this.lines.push(...latin1(bytes).split(/\r?\n/).filter((line) => line !== ""));
    }

    answer() {
        const values = [];
        let line = this.lines.shift();
        for (; line !== undefined && /^(VALUE|VA) /.test(line); line = this.lines.shift()) {
            values.push(this.lines.shift() ?? "");
            if (line.startsWith("VA "))
                return "value " + values[0];
        }
        if (values.length > 0)
            return "value " + values.join(", ");
        return line === undefined ? "nothing: a miss" : line === "END" ? "miss" : line;
    }
}

// ---- the two, side by side ---------------------------------------------------------------------

// What mcwire's client would tell the program about a question.
function toldByEngine(wire, index) {
    const { c } = wire, result = c.answer_result(index);
    const shown = (key) => c.answer_key_result(index, key) === VALUE
        ? spell(wire.bytes(c.answer_value_at(index, key), c.answer_value_len(index, key)))
        : wire.string(c.result_text(c.answer_key_result(index, key)));
    const keys = c.answer_keys(index);
    if (keys > 1 && result >= 0)
        return Array.from({ length: keys }, (_, key) => shown(key)).join(", ");
    if (result === VALUE)
        return "value " + shown(0);
    if (result === NUMBER)
        return String(BigInt.asUintN(64, c.answer_number(index)));
    return wire.string(c.result_text(result));
}

// Splits the bytes that a client sends into requests, a string each.
function requestsOf(wire, bytes) {
    const reading = new Reading(wire, REQUESTS, wire.fresh(REQUESTS), new Uint8Array(0), false);
    const requests = [];
    let begin = 0;
    reading.feed(bytes);
    for (const item of reading.events) {
        if (item.event !== MORE && wire.c.is_over(REQUESTS, item.event)) {
            const end = item.at + item.bytes.length;
            requests.push(spell(bytes.subarray(begin, end)));
            begin = end;
        }
    }
    return requests;
}

// An exchange on one connection: {request, reply}, bytes both. `trouble`: what happens to the reply
// ("late", "cut"), and where it is cut.
class SideBySide {
    constructor(wire) {
        this.wire = wire;
        this.careless = new Careless();
        this.rows = [];
        wire.c.forget_questions();
    }

    // False when mcwire's client does not send such a request.
    exchange({ request, reply }, trouble = {}) {
        const { wire } = this, { c } = wire, first = c.questions_asked();
        if (c.connection_error() !== 0)
            c.connect_again();
        if (request.length > wire.room || c.ask(wire.put(request)) === 0)
            return false;
        const received = trouble.cut === undefined ? reply : reply.subarray(0, trouble.cut);
        if (!trouble.late && received.length > 0 && received.length <= wire.room)
            c.hear(wire.put(received));
        if (!c.is_idle() || trouble.cut !== undefined)
            c.give_up(trouble.cut === undefined ? E_TIMEOUT : E_CLOSED);
        this.tell(request, first, received, trouble);
        return true;
    }

    tell(request, first, received, trouble) {
        const { wire, careless } = this;
        if (!trouble.late)
            careless.receive(received);
        requestsOf(wire, request).forEach((text, k) => {
            this.rows.push({ question: text, ours: toldByEngine(wire, first + k),
                             failed: wire.c.answer_result(first + k) < 0,
                             careless: careless.answer() });
        });
        if (trouble.late)
            careless.receive(received);
        if (trouble.cut !== undefined)
            this.careless = new Careless();
    }
}

// Does mcwire's client send such requests?
function canAsk(wire, exchanges) {
    const honest = new SideBySide(wire);
    return exchanges.every((one) => honest.exchange(one));
}

// The rows of an exchange and the next one, when nothing is wrong and under a lie; null when mcwire's
// client does not send such requests.
function compareClients(wire, exchanges, lie, cut) {
    const honest = new SideBySide(wire);
    if (!exchanges.every((one) => honest.exchange(one)))
        return null;
    const lied = new SideBySide(wire), [first, ...others] = exchanges;
    const trouble = { late: lie.name === "late", cut: lie.name === "cut here" ? cut : undefined };
    lied.exchange({ request: first.request, reply: lie.apply(first.reply) }, trouble);
    const error = wire.c.connection_error();
    others.forEach((one) => lied.exchange(one));
    return lied.rows.map((row, k) => ({ ...row, honest: honest.rows[k].ours,
                                        honestCareless: honest.rows[k].careless, error }));
}

// What an answer is worth, beside the honest one.
function judge(told, honest, failed) {
    if (told === honest)
        return "right";
    return failed ? "an error: nothing wrong is believed" : "wrong";
}
