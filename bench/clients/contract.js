/* Reads the questions of mcwire lie and writes the answers of the client under examination, for
 * adapters in JavaScript. README.md has the contract. */
"use strict";

const readline = require("readline");

const server = process.env.MCWIRE_SERVERS || "127.0.0.1:11211";
const timeoutMs = Number(process.env.MCWIRE_TIMEOUT_MS || 1000);

function encode(value) {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
  return Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9._~-]/.test(char)
      ? char
      : "%" + byte.toString(16).toUpperCase().padStart(2, "0");
  }).join("");
}

const isNone = (value) => value === undefined || value === null;
const hit = (value) => (isNone(value) ? "MISS" : "HIT " + encode(value));

/* The answer to many, from an object. */
function hits(keys, values) {
  return "HIT " + keys.map((key) => (isNone(values[key]) ? "-" : encode(values[key]))).join(" ");
}

async function answer(calls, line) {
  const [name, ...words] = line.split(" ");
  if (!calls[name]) return "SKIP";
  if (name === "set" || name === "cas") words[1] = decodeURIComponent(words[1]);
  try {
    return name === "many" ? await calls.many(words) : await calls[name](...words);
  } catch (error) {
    return "ERROR " + String(error).replace(/\s+/g, " ");
  }
}

/* calls: the functions get, many, set, cas, incr and delete, as far as there are such calls; each
 * returns an answer, or a promise of one. timed.js has the other way to run a client. */
async function run(calls) {
  const lines = readline.createInterface({ input: process.stdin });
  for await (const line of lines) {
    const text = await answer(calls, line);
    await new Promise((resolve) => process.stdout.write(text + "\n", resolve));
  }
  process.exit(0);
}

/* The name and version of a package; prints it, and ends, if that is what was asked for. */
function findTitle(name) {
  const title = "npm " + name + " " + require(name + "/package.json").version;
  if (process.argv[2] !== "--version") return title;
  console.log(title);
  process.exit(0);
}

module.exports = { server, timeoutMs, hit, hits, run, findTitle };
