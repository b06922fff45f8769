/* memcache-client of npm, for mcwire lie. */
"use strict";

const contract = require("./contract.js");
const timed = require("./timed.js");
const title = contract.findTitle("memcache-client");
const { MemcacheClient } = require("memcache-client");

function make(server, ms, more) {
  const deadlines = ms ? { cmdTimeout: ms, connectTimeout: ms } : {};
  return new MemcacheClient({ server, ...deadlines, ...more });
}

/* What a refusal by the server is: the promise is rejected with its word. */
async function written(promise) {
  try {
    await promise;
    return "OK";
  } catch (error) {
    if (/NOT_STORED|NOT_FOUND|EXISTS/.test(String(error))) return "NO";
    throw error;
  }
}

const valuesOf = (items) =>
  Object.fromEntries(Object.entries(items).map(([key, item]) => [key, item.value]));

function makeTimed(server, ms) {
  const client = make(server, ms, { noDelay: true });
  return {
    fetch: async (key) => (await client.get(key))?.value,
    fetchMany: async (keys) => valuesOf(await client.get(keys)),
    store: async (key, value) => (await written(client.set(key, value))) === "OK",
    close: () => client.shutdown(),
  };
}

function examine(client) {
  contract.run({
    get: async (key) => {
      const item = await client.get(key);
      return item === undefined ? "MISS" : contract.hit(item.value);
    },
    many: async (keys) => contract.hits(keys, valuesOf(await client.get(keys))),
    set: (key, value) => written(client.set(key, value)),
    cas: async (key, value) => {
      const old = await client.gets(key);
      if (old === undefined) return "NO";
      return written(client.cas(key, value, { casUniq: old.casUniq }));
    },
    incr: async (key, number) => contract.hit(await client.incr(key, Number(number))),
    delete: (key) => written(client.delete(key)),
  });
}

if (!timed.run(title, "text protocol, noDelay, no compression", makeTimed))
  examine(make(contract.server, contract.timeoutMs));
