/* The lines of timed.h, for adapters in JavaScript. A client has functions that return
 * promises: fetch(key), fetchMany(keys), an object, store(key, value), and close(). An operation is
 * over before the next begins, and each result is looked at. */
"use strict";

const readline = require("readline");

const WARM_MAX = 200; // operations before the clock runs, as in timed.c
const COMPILE_MS = 300; // of the first operations of a work, in which it is compiled

class Missing extends Error {}

const now = () => process.hrtime.bigint();
const isNone = (value) => value === undefined || value === null || value === false;

/* Keys and values as work.c makes them, and one operation: run(client, i). */
class Work {
  constructor(verb, ...numbers) {
    if (!["get", "miss", "set"].includes(verb)) throw new Missing("it has no such command");
    const [batch, size, first, count] = numbers.map(Number);
    Object.assign(this, { verb, batch, starts: count - batch + 1, keys: [], values: [] });
    const letters = "abcdefghijklmnopqrstuvwxyz".repeat(Math.floor(size / 26) + 1);
    for (let k = 0; k < count; k++) {
      this.keys.push("key:" + String(first + k).padStart(5, "0"));
      this.values.push((this.keys[k] + letters.slice(9)).slice(0, size));
    }
  }

  async run(client, i) {
    const at = i % this.starts;
    if (this.verb === "set") return client.store(this.keys[at], this.values[at]);
    if (this.verb === "miss") return isNone(await client.fetch(this.keys[at]));
    if (this.batch === 1) return !isNone(await client.fetch(this.keys[at]));
    const got = await client.fetchMany(this.keys.slice(at, at + this.batch));
    return Object.keys(got).length === this.batch;
  }

  /* One operation, all of it compared. */
  async check(client, i) {
    if (this.verb !== "get") return this.run(client, i);
    const at = i % this.starts;
    const keys = this.keys.slice(at, at + this.batch);
    const got = this.batch === 1 ? { [keys[0]]: await client.fetch(keys[0]) } : await client.fetchMany(keys);
    return keys.every((key, k) => String(got[key]) === this.values[at + k]);
  }
}

class Worker {
  /* make(server, ms) makes a client; ms: how long it may wait, undefined: as long as it likes. */
  constructor(title, settings, make) {
    Object.assign(this, { title, settings, make, done: 0, compiled: new Set() });
  }

  hello() {
    return this.title + "\t" + this.settings + "; Node.js " + process.versions.node;
  }

  async open(address) {
    if (address.startsWith("unix:")) throw new Missing("this adapter knows no Unix sockets");
    if (this.client) await this.client.close();
    const start = now();
    this.client = await this.make(address, this.ms);
    return now() - start;
  }

  deadline(ms) {
    this.ms = Number(ms);
  }

  work(...words) {
    this.current = new Work(...words);
    if (this.current.batch > 1 && !this.client.fetchMany) throw new Missing("it has no such command");
    this.name = words.join(" ");
    this.done = 0;
  }

  async check() {
    if (!(await this.current.check(this.client, this.done))) throw new Error("wrong result");
  }

  async one() {
    if (!(await this.current.run(this.client, this.done++))) throw new Error("wrong result");
  }

  async run(count) {
    for (let i = 0; i < count; i++) await this.one();
  }

  async warmUp(count) {
    const end = now() + BigInt(COMPILE_MS * 1000000);
    while (!this.compiled.has(this.name) && now() < end) await this.one();
    this.compiled.add(this.name);
    await this.run(Math.min(Math.floor(count / 8) + 1, WARM_MAX));
  }

  async round(count) {
    await this.warmUp(count);
    const before = process.cpuUsage();
    const start = now();
    await this.run(count);
    const ns = now() - start;
    const used = process.cpuUsage(before);
    return ns + " " + 1000 * (used.user + used.system);
  }

  async each(count) {
    await this.warmUp(count);
    const at = [now()];
    for (let i = 0; i < count; i++) {
      await this.one();
      at.push(now());
    }
    return at.slice(1).map((ns, i) => ns - at[i]).join(" ");
  }

  async try() {
    const start = now();
    const right = await this.current.run(this.client, 0).catch(() => false);
    return now() - start + (right ? " right" : " wrong");
  }

  async obey(line) {
    const [name, ...words] = line.split(" ");
    try {
      const answer = await this[name](...words);
      return answer === undefined ? "ok" : "ok " + answer;
    } catch (error) {
      return (error instanceof Missing ? "no " : "bad ") + String(error.message).replace(/\s+/g, " ");
    }
  }
}

/* Obeys the lines, and ends, if that is what was asked for. True then. */
function run(title, settings, make) {
  if (process.argv[2] !== "--timed") return false;
  const worker = new Worker(title, settings, make);
  (async () => {
    for await (const line of readline.createInterface({ input: process.stdin })) {
      const text = await worker.obey(line);
      await new Promise((resolve) => process.stdout.write(text + "\n", resolve));
    }
    process.exit(0);
  })();
  return true;
}

module.exports = { run };
