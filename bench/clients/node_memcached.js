/* memcached of npm, for mcwire lie. */
"use strict";

const contract = require("./contract.js");
contract.printVersion("memcached");
const Memcached = require("memcached");

/* It has deadlines for connecting and for a connection that is idle, and none for an operation. */
const client = new Memcached(contract.server, {
  timeout: contract.timeoutMs,
  idle: contract.timeoutMs,
});

/* Calls a method, and promises what it calls back with. */
function call(method, ...words) {
  return new Promise((resolve, reject) => {
    client[method](...words, (error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}

const ok = (value) => (value ? "OK" : "NO");

contract.run({
  get: async (key) => contract.hit(await call("get", key)),
  many: async (keys) => contract.hits(keys, await call("getMulti", keys)),
  set: async (key, value) => ok(await call("set", key, value, 0)),
  cas: async (key, value) => {
    const old = await call("gets", key);
    return old === undefined ? "NO" : ok(await call("cas", key, value, old.cas, 0));
  },
  incr: async (key, number) => {
    const sum = await call("incr", key, Number(number));
    return sum === false ? "MISS" : contract.hit(sum);
  },
  delete: async (key) => ok(await call("del", key)),
});
