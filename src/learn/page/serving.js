// The small memcached of mcwire: it answers the client's lines of a conversation.

const E_FULL = -7;

class Server {
    constructor(wire, now) {
        this.wire = wire;
        this.now = now;
        this.left = {};
        wire.c.serve_begin(now);
    }

    wait(seconds) {
        this.now += seconds;
        this.wire.c.serve_clock(this.now);
    }

    // The connections (1 to 9) that watch its log, and have lines of it to come.
    watchers() {
        return [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((k) => this.wire.c.serve_has_lines(k - 1));
    }

    // What it answers to bytes of a connection (1 to 9), and whether it closes: {bytes, closed}.
    answer(connection, bytes) {
        const { wire } = this, { c } = wire, answers = [];
        let left = joinBytes([this.left[connection] ?? new Uint8Array(0), bytes]), result = E_FULL;
        while (result === E_FULL || (result === MORE && left.length > 0 && c.serve_read() > 0)) {
            const piece = left.subarray(0, wire.room);
            result = c.serve_bytes(connection - 1, wire.put(piece));
            answers.push(wire.bytes(c.answer_at(), c.answer_len()).slice());
            left = left.subarray(c.serve_read());
        }
        this.left[connection] = left.slice();
        return { bytes: joinBytes(answers), closed: result === E_CLOSED };
    }
}

// The text of a conversation with this server's answers in the place of those that are there. A line
// "! later 60" lets 60 seconds pass.
function answered(wire, text, now) {
    const server = new Server(wire, now), closed = {}, lines = [];
    const steps = new Map(parseTranscript(text).steps.map((step) => [step.line, step]));
    text.split("\n").forEach((line, index) => {
        const step = steps.get(index), pause = /^later (\d+)$/.exec(step?.kind === "!" ? step.text : "");
        if ("<=".includes(step?.kind) || (step?.kind === "!" && !pause))
            return;
        lines.push(line);
        if (pause)
            server.wait(Number(pause[1]));
        if (step?.kind === ">" && !closed[step.connection]) {
            const answer = server.answer(step.connection, step.bytes);
            lines.push(...answerLines(answer, step.connection));
            closed[step.connection] = answer.closed;
            for (const watcher of server.watchers())
                lines.push(...answerLines(server.answer(watcher, new Uint8Array(0)), watcher));
        }
    });
    return lines.join("\n");
}

// An answer in the notation of the transcripts, a line for each of its lines.
function answerLines({ bytes, closed }, connection) {
    const sign = connection === 1 ? "" : connection;
    const parts = spell(bytes).replaceAll("{", "\\{").split(/(?<=\\n)(?=.)/);
    const lines = bytes.length > 0 ? parts.map((part) => `${sign}< ${part}`) : [];
    return closed ? [...lines, `${sign}! closed`] : lines;
}
