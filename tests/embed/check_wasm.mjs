// Squares and a conversation over the WebAssembly module against a real memcached:
// node check_wasm.mjs MODULE WITH_SQUARES SOCKET, which prints each run's hits and misses.
import assert from "node:assert";
import fs from "node:fs";
import net from "node:net";
import { BODY, END, STORED, VALUE, Wire } from "../../src/ports/wasm/wire.mjs";

const [modulePath, squaresPath, socketPath] = process.argv.slice(2);

// One connection: says a request and gathers the events of its reply.
class Connection {
    constructor(wire, path) {
        this.wire = wire;
        this.socket = net.connect(path);
        this.socket.on("data", (chunk) => this.take(chunk));
        this.socket.on("error", (error) => this.fail?.(error));
    }

    ask(request) {
        this.events = [];
        return new Promise((done, fail) => {
            this.done = done;
            this.fail = fail;
            this.socket.write(request);
        });
    }

    take(chunk) {
        for (const event of this.wire.events(chunk)) {
            this.events.push(event);
            if (event.event < 0)
                this.fail(new Error(this.wire.text(event.event)));
            else if (event.final)
                this.done(this.events);
        }
    }
}

const valueOf = (events) =>
    Buffer.concat(events.filter((e) => e.event === BODY).map((e) => e.data)).toString();

// The squares, as bench/squares/workload.c has them: the generator is its own.
async function runSquares(connection, draw) {
    let hits = 0, misses = 0;
    for (let i = 0; i < 2000; i++) {
        const n = draw(), square = String(BigInt(n) * BigInt(n));
        const events = await connection.ask(connection.wire.get(`sq:${n}`));
        if (events[0].event === VALUE) {
            assert.strictEqual(valueOf(events), square);
            hits++;
        } else {
            assert.strictEqual(events[0].event, END);
            const [stored] = await connection.ask(connection.wire.set(`sq:${n}`, square, 2));
            assert.strictEqual(stored.event, STORED);
            misses++;
        }
    }
    console.log(`${hits} ${misses}`);
}

async function converse(connection) {
    const { wire } = connection;
    const greeting = "grüße, " + "x".repeat(900);
    await connection.ask(wire.set("greeting", greeting, 4294967295));
    const hit = await connection.ask(wire.get("greeting"));
    assert.strictEqual(valueOf(hit), greeting);
    assert.strictEqual(hit[0].key, "greeting");
    assert.strictEqual(hit[0].flags, 4294967295n);
    await connection.ask(wire.set("n", "18446744073709551614"));
    const [number] = await connection.ask(wire.request(wire.c.put_incr, "n", "", 1n));
    assert.strictEqual(number.number, 18446744073709551615n);
    const [deleted] = await connection.ask(wire.request(wire.c.put_delete, "n"));
    assert.strictEqual(wire.text(deleted.event), "deleted");
    assert.throws(() => wire.get("two words"), /a key must have/);
    const stats = await connection.ask(wire.request(wire.c.put_stats, ""));
    assert.ok(stats.some((e) => e.key === "cmd_get" && Number(e.text) > 20000));
}

const bytes = fs.readFileSync(modulePath);
assert.deepStrictEqual(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), []);
const wire = await Wire.load(bytes);
const numbers = (await WebAssembly.instantiate(fs.readFileSync(squaresPath))).instance.exports;
const connection = new Connection(wire, socketPath);
numbers.seed(1);
for (let run = 0; run < 10; run++)
    await runSquares(connection, () => numbers.draw());
await converse(connection);
connection.socket.end();
