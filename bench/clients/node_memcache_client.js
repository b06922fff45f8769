/* memcache-client of npm, for mcwire lie. */
"use strict";

const contract = require("./contract.js");
contract.printVersion("memcache-client");
const { MemcacheClient } = require("memcache-client");

const client = new MemcacheClient({
  server: contract.server,
  cmdTimeout: contract.timeoutMs,
  connectTimeout: contract.timeoutMs,
});

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

contract.run({
  get: async (key) => {
    const item = await client.get(key);
    return item === undefined ? "MISS" : contract.hit(item.value);
  },
  many: async (keys) => {
    const items = await client.get(keys);
    const values = {};
    for (const key of Object.keys(items)) values[key] = items[key].value;
    return contract.hits(keys, values);
  },
  set: (key, value) => written(client.set(key, value)),
  cas: async (key, value) => {
    const old = await client.gets(key);
    if (old === undefined) return "NO";
    return written(client.cas(key, value, { casUniq: old.casUniq }));
  },
  incr: async (key, number) => contract.hit(await client.incr(key, Number(number))),
  delete: (key) => written(client.delete(key)),
});
