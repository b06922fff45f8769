// Transcripts: text to steps. The format is that of proto/transcripts/README.md.

// The bytes of one step: escapes, repeats, and the examples of what varies.
class Spelling {
    constructor(text, examples) {
        this.text = latin1(new TextEncoder().encode(text)); // a byte a character
        this.at = 0;
        this.examples = examples;
        this.parts = [];
    }

    bytes() {
        while (this.at < this.text.length) {
            if (this.text[this.at] === "{")
                this.braces();
            else
                this.parts.push(Uint8Array.of(this.byte()));
        }
        return joinBytes(this.parts);
    }

    byte() {
        const c = this.text[this.at++];
        if (c !== "\\")
            return c === undefined ? 0 : c.charCodeAt(0);
        const letter = this.text[this.at++];
        const known = { r: 13, n: 10, "\\": 92, "{": 123 };
        if (letter in known)
            return known[letter];
        const hex = this.text.slice(this.at, this.at + 2);
        if (letter !== "x" || !/^[0-9a-fA-F]{2}$/.test(hex))
            throw new Error("a backslash is followed by r, n, \\, { or x and two digits");
        this.at += 2;
        return parseInt(hex, 16);
    }

    // {250*k}, {cas=7}, {cas} or {=7}
    braces() {
        const repeat = /^\{([0-9]+)\*/.exec(this.text.slice(this.at));
        if (repeat) {
            this.at += repeat[0].length;
            const part = new Uint8Array(Math.min(Number(repeat[1]), 1 << 24)).fill(this.byte());
            this.parts.push(part);
            if (this.text[this.at++] !== "}")
                throw new Error("a } is missing");
            return;
        }
        const end = this.text.indexOf("}", this.at);
        if (end < 0)
            throw new Error("a } is missing; a { that means itself is written \\{");
        const [name, example] = this.text.slice(this.at + 1, end).split(/=(.*)/s);
        this.at = end + 1;
        if (example !== undefined)
            this.examples[name] = example;
        else if (!(name in this.examples))
            throw new Error(`no bytes of the name ${name} appear before this`);
        this.parts.push(bytesOf(this.examples[name]));
    }
}

const STEP = /^([1-9])?(> |<\* |< |= |! )(.*)$/s;

function parseStep(line, number, examples) {
    const match = STEP.exec(line);
    if (!match)
        throw new Error(`line ${number}: it begins with none of # > < <* = !`);
    const [, connection, sign, rest] = match;
    const step = { connection: Number(connection || 1), kind: sign.trim()[0], text: rest };
    if (step.kind === "!")
        return step;
    try {
        step.bytes = new Spelling(rest, examples).bytes();
    } catch (error) {
        throw new Error(`line ${number}: ${error.message}`);
    }
    return step;
}

// {prose, server, users, steps}; a step of kind # is prose between the lines. Throws an Error with a
// sentence when the text breaks the format.
function parseTranscript(text) {
    const transcript = { prose: "", server: "", users: "", steps: [] };
    const examples = {};
    text.split("\n").forEach((line, index) => {
        const header = /^(server|users|needs): (.*)$/.exec(line);
        if (header)
            transcript[header[1]] = header[2];
        else if (line.startsWith("#"))
            addProse(transcript, line.replace(/^# ?/, ""));
        else if (line !== "")
            transcript.steps.push({ ...parseStep(line, index + 1, examples), line: index });
        else if (transcript.steps.length > 0)
            transcript.steps.push({ kind: "#", text: "" });
    });
    return transcript;
}

function addProse(transcript, line) {
    const last = transcript.steps[transcript.steps.length - 1];
    if (transcript.steps.length === 0 && transcript.server === "")
        transcript.prose += line + "\n";
    else if (last?.kind === "#")
        last.text += (last.text ? "\n" : "") + line;
    else
        transcript.steps.push({ kind: "#", text: line });
}

// ---- messages: what one end sends at a time on one connection ----------------------------------

function isSent(step) {
    return step.kind === ">";
}

// Steps to messages: {direction, connection, parts, bytes, expected, prose, stream, closed}.
function messagesOf(steps) {
    const messages = [], streams = {};
    let prose = "", last = null;
    for (const step of steps) {
        if (step.kind === "#") {
            prose = step.text ? prose + (prose ? "\n" : "") + step.text : prose;
        } else if (step.kind === "!") {
            if (step.text === "stream")
                streams[step.connection] = true;
            else if (step.text === "closed" && last)
                last.closed = true;
            last = null;
        } else {
            const direction = isSent(step) ? REQUESTS : REPLIES;
            if (!last || last.connection !== step.connection || last.direction !== direction) {
                last = { direction, connection: step.connection, parts: [], expected: [], prose,
                         stream: direction === REPLIES && !!streams[step.connection] };
                if (last.stream)
                    streams[step.connection] = false;
                prose = "";
                messages.push(last);
            }
            if (step.kind === "=")
                last.expected.push(spell(step.bytes));
            else
                last.parts.push(step.bytes);
            if (prose) {
                last.prose += (last.prose ? "\n" : "") + prose;
                prose = "";
            }
        }
    }
    for (const message of messages)
        message.bytes = joinBytes(message.parts);
    messages.epilogue = prose;
    return messages;
}
