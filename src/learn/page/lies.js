// Break it: what a lying server sends, by the table of lies that mcwire's examiner and tests use, and
// what two clients make of it. One is mcwire's engine. The other is careless: it takes the next line
// for the next answer.

// How a reply stops: enum lie_case_stop.
const NEVER = 0, CLOSES = 1, SILENT = 2, LATE = 3;
const STOP_TEXTS = ["", "(the server closes the connection)", "(nothing more comes)",
    "(this comes when the client has stopped waiting)"];

// All lies: {index, name, text, stop, isCase, hasPlace}. A case has a sentence; a lie with a place is
// told at the byte that the slider chooses.
function listLies(wire) {
    const { c } = wire;
    return Array.from({ length: c.lies_listed() }, (_, index) => {
        const name = wire.string(c.lie_name(index)), sentence = wire.string(c.lie_sentence(index));
        const hasPlace = c.lie_has_place(index) === 1;
        const text = sentence || `The server lies: ${name}${hasPlace ? ", which the slider chooses" : ""}.`;
        return { index, name, text, isCase: sentence !== "", stop: c.lie_stop(index), hasPlace };
    });
}

// What the server sends instead of a reply's bytes: {bytes, until, shown}; of the bytes, so many go out
// before it stops. Null: this lie cannot be told about this reply. cut: of the slider.
function tellLie(wire, lie, bytes, cut) {
    const { c } = wire, isCutHere = lie.hasPlace && lie.stop === CLOSES;
    if (bytes.length > wire.room ||
        c.tell(lie.index, wire.put(bytes), isCutHere ? cut : Math.max(cut - 1, 0)) === 0)
        return null;
    if (isCutHere)
        return { bytes, until: Math.min(cut, bytes.length), shown: bytes };
    const told = wire.bytes(c.told_at(), c.told_len()).slice(), until = c.told_before_stop();
    const ends = lie.stop === CLOSES || lie.stop === SILENT;
    return { bytes: told, until, shown: ends ? told.subarray(0, until) : told };
}

// ---- the careless reader --------------------------------------------------------------------------

// A client of twenty lines. It reads a line for each question; after VALUE, a line is the value.
class Careless {
    constructor() {
        this.lines = [];
        this.isSilent = false; // nothing comes any more
    }

    receive(bytes) {
        if (!this.isSilent)
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
function toldByEngine(wire, index, question) {
    const { c } = wire, result = c.answer_result(index);
    const text = (result) => result === END && !question.startsWith("stats") ? "miss"
        : wire.string(c.result_text(result));
    const shown = (key) => c.answer_key_result(index, key) === VALUE
        ? spell(wire.bytes(c.answer_value_at(index, key), c.answer_value_len(index, key)))
        : text(c.answer_key_result(index, key));
    const keys = c.answer_keys(index);
    if (keys > 1 && result >= 0)
        return Array.from({ length: keys }, (_, key) => shown(key)).join(", ");
    if (result === VALUE)
        return "value " + shown(0);
    if (result === NUMBER)
        return String(BigInt.asUintN(64, c.answer_number(index)));
    return text(result);
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

// Exchanges on one connection: {request, reply}, bytes both, told: of tellLie(), or undefined.
class SideBySide {
    constructor(wire) {
        this.wire = wire;
        this.careless = new Careless();
        this.rows = [];
        wire.c.forget_questions();
    }

    // False when mcwire's client does not send such a request.
    exchange({ request, reply }, { stop, told } = { stop: NEVER, told: undefined }) {
        const { wire } = this, { c } = wire, first = c.questions_asked();
        const { bytes, until } = told ?? { bytes: reply, until: reply.length };
        if (c.connection_error() !== 0)
            c.connect_again();
        if (request.length > wire.room || c.ask(wire.put(request)) === 0)
            return false;
        for (let from = 0; from < until; from += wire.room)
            c.hear(wire.put(bytes.subarray(from, Math.min(until, from + wire.room))));
        if (!c.is_idle() || stop === CLOSES)
            c.give_up(stop === CLOSES ? E_CLOSED : E_TIMEOUT);
        this.careless.receive(bytes.subarray(0, until));
        this.careless.isSilent ||= stop === SILENT;
        this.tell(request, first);
        if (stop === LATE)
            this.careless.receive(bytes.subarray(until));
        if (stop === CLOSES)
            this.careless = new Careless();
        return true;
    }

    tell(request, first) {
        const { wire, careless } = this;
        requestsOf(wire, request).forEach((text, k) => {
            this.rows.push({ question: text, ours: toldByEngine(wire, first + k, text),
                             failed: wire.c.answer_failed(first + k) === 1,
                             careless: careless.answer() });
        });
    }
}

// Does mcwire's client send such requests?
function canAsk(wire, exchanges) {
    const honest = new SideBySide(wire);
    return exchanges.every((one) => honest.exchange(one));
}

// The rows of an exchange and the next one, when nothing is wrong and under a lie (null: none); null
// when mcwire's client does not send such requests.
function compareClients(wire, exchanges, lie, cut) {
    const honest = new SideBySide(wire);
    if (!exchanges.every((one) => honest.exchange(one)))
        return null;
    const lied = new SideBySide(wire), [first, ...others] = exchanges;
    lied.exchange(first, lie ? { stop: lie.stop, told: tellLie(wire, lie, first.reply, cut) }
        : undefined);
    const error = wire.c.connection_error();
    others.forEach((one) => lied.exchange(one));
    return lied.rows.map((row, k) => ({ ...row, honest: honest.rows[k].ours,
                                        honestCareless: honest.rows[k].careless, error }));
}

// An error line is passed on by either client.
const ERROR_LINE = /^(CLIENT_|SERVER_)?ERROR/;

// What an answer is worth, beside the honest one. Only the careless reader believes what cannot be.
function judge(told, honest, failed, careless) {
    if (told === honest)
        return "right";
    return failed ? "an error: nothing wrong is believed"
        : careless ? "wrong" : "not true, but no client can notice: an honest server could say this";
}
