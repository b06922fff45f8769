// The module for JavaScript: commands and events over any stream of bytes. A page imports this with
// the module's bytes; it touches no socket and no file.

// The results that a page needs by name; proto.h has all.
export const MORE = 0, VALUE = 1, BODY = 2, END = 7, STORED = 8;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Wire {
    static async load(bytes) {
        const { instance } = await WebAssembly.instantiate(bytes);
        return new Wire(instance.exports);
    }

    constructor(exports) {
        this.c = exports;
    }

    bytes(at, size) {
        return new Uint8Array(this.c.memory.buffer, at, size);
    }

    // Runs a command of the module on a key and, after it, a value. Returns the request's bytes.
    request(command, key, value = "", ...more) {
        const text = [encoder.encode(key), encoder.encode(value)];
        if (text[0].length + text[1].length > this.c.argument_room())
            throw new Error("the key and the value are too long for this module");
        const place = this.bytes(this.c.argument_at(), text[0].length + text[1].length);
        place.set(text[0]);
        place.set(text[1], text[0].length);
        const count = command === this.c.put_set ? 2 : 1;
        const sizes = text.slice(0, count).map((bytes) => bytes.length);
        const result = command(...sizes, ...more);
        if (result < 0)
            throw new Error(this.text(result));
        return this.bytes(this.c.request_at(), this.c.request_take()).slice();
    }

    get(key) {
        return this.request(this.c.put_get, key);
    }

    set(key, value, flags = 0, exptime = 0) {
        return this.request(this.c.put_set, key, value, flags, exptime);
    }

    // Gives the reader bytes that came, and yields the events that are whole. The pieces of a value
    // are bytes (data): a letter may lie in two of them.
    *events(chunk) {
        for (let from = 0; from < chunk.length;) {
            const at = this.c.received_at();
            const piece = chunk.subarray(from, from + this.c.received_room());
            this.bytes(at, piece.length).set(piece);
            this.c.received_add(piece.length);
            from += piece.length;
            yield* this.ready();
        }
    }

    *ready() {
        for (let event; (event = this.c.next_event()) !== MORE;) {
            yield this.describe(event);
            if (event < 0)
                return;
        }
    }

    describe(event) {
        const text = this.bytes(this.c.text_at(), this.c.text_size());
        return {
            event,
            final: event < 0 || this.c.is_final(event) === 1,
            key: decoder.decode(this.bytes(this.c.key_at(), this.c.key_size())),
            text: event === BODY ? "" : decoder.decode(text),
            data: event === BODY ? text.slice() : null,
            flags: BigInt.asUintN(64, this.c.value_flags()),
            size: this.c.value_size() >>> 0,
            number: BigInt.asUintN(64, this.c.number()),
        };
    }

    text(result) {
        const at = this.c.result_text(result);
        const all = new Uint8Array(this.c.memory.buffer);
        return decoder.decode(all.subarray(at, all.indexOf(0, at)));
    }
}
