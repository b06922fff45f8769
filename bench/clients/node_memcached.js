/* memcached of npm, for mcwire lie. */
"use strict";

const contract = require("./contract.js");
const timed = require("./timed.js");
const title = contract.findTitle("memcached");
const Memcached = require("memcached");

/* It has deadlines for connecting and for a connection that is idle, and none for an operation. */
function make(server, ms) {
  const client = new Memcached(server, ms ? { timeout: ms, idle: ms } : {});

  /* Calls a method, and promises what it calls back with. */
  client.call = (method, ...words) =>
    new Promise((resolve, reject) => {
      client[method](...words, (error, value) => {
        if (error) reject(error);
        else resolve(value);
      });
    });
  return client;
}

function makeTimed(server, ms) {
  const client = make(server, ms);
  const { call } = client;
  return {
    fetch: (key) => call("get", key),
    fetchMany: (keys) => call("getMulti", keys),
    store: (key, value) => call("set", key, value, 0),
    close: () => client.end(),
  };
}

const ok = (value) => (value ? "OK" : "NO");

function examine({ call }) {
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
}

if (!timed.run(title, "text protocol; it has no deadline for an operation", makeTimed))
  examine(make(contract.server, contract.timeoutMs));
