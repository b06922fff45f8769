// The module: mcwire's readers, annotator and engine, as WebAssembly. Bytes are Uint8Arrays here.

const REQUESTS = 0, REPLIES = 1;

// Results of mcwire that the page needs by name; proto.h has all.
const MORE = 0, BODY = 2, REQUEST_KEY = 1, REQUEST_DATA = 2;
const E_PROTOCOL = -9, E_TIMEOUT = -11, E_CLOSED = -12;

class Wire {
    static async load(base64) {
        const packed = new Blob([bytesOf(atob(base64))]).stream();
        const code = await new Response(packed.pipeThrough(new DecompressionStream("deflate")))
            .arrayBuffer();
        const { instance } = await WebAssembly.instantiate(code);
        return new Wire(instance.exports);
    }

    constructor(exports) {
        this.c = exports;
        this.room = exports.window_size();
    }

    bytes(at, size) {
        return new Uint8Array(this.c.memory.buffer, at, size);
    }

    // A NUL-terminated string of the module.
    string(at) {
        const all = new Uint8Array(this.c.memory.buffer);
        return latin1(all.subarray(at, all.indexOf(0, at)));
    }

    // Copies bytes to the module's window; returns how many.
    put(bytes) {
        this.bytes(this.c.window_at(), bytes.length).set(bytes);
        return bytes.length;
    }

    // The state of a reader, as bytes that can be put back.
    state(direction) {
        return this.bytes(this.c.reader_at(direction), this.c.reader_size(direction)).slice();
    }

    restore(direction, state) {
        this.bytes(this.c.reader_at(direction), state.length).set(state);
    }

    // The state of a reader on a new connection.
    fresh(direction) {
        return new Uint8Array(this.c.reader_size(direction));
    }
}

// A byte a character, and back.
function latin1(bytes) {
    const texts = [];
    for (let from = 0; from < bytes.length; from += 8192)
        texts.push(String.fromCharCode.apply(null, bytes.subarray(from, from + 8192)));
    return texts.join("");
}

function bytesOf(text) {
    return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function joinBytes(parts) {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
        all.set(part, at);
        at += part.length;
    }
    return all;
}

const ESCAPES = { "\r": "\\r", "\n": "\\n", "\\": "\\\\" };

// Bytes as the transcripts spell them.
function spell(bytes) {
    return latin1(bytes).replace(/[^\x20-\x5b\x5d-\x7e]/g, (c) =>
        ESCAPES[c] ?? "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0"));
}
