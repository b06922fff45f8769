/* memjs of npm, which speaks the binary protocol alone, so that mcwire lie cannot examine it: only the
 * lines of timed.h. It has no call for several keys. */
"use strict";

const contract = require("./contract.js");
const timed = require("./timed.js");
const title = contract.findTitle("memjs");
const { Client } = require("memjs");

function make(server, ms) {
  const seconds = (ms || 10000) / 1000;
  const client = Client.create(server, { timeout: seconds, retries: 0, logger: { log() {} } });
  return {
    fetch: async (key) => (await client.get(key)).value,
    store: (key, value) => client.set(key, value, {}),
    close: () => client.close(),
  };
}

timed.run(title, "binary protocol; it has no call for several keys", make);
