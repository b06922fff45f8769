// What is seen: messages, fields, the reader, the clients side by side.

function element(name, properties = {}, ...children) {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
}

const byId = (id) => document.getElementById(id);

// ---- bytes --------------------------------------------------------------------------------------

const RUN_MIN = 24; // a longer run of one byte is shown as {250*k}
const SHOWN_MAX = 600; // and of more bytes than these, the beginning and the end

// Bytes as text: [{text, at, end}], where a run is one piece.
function shownPieces(bytes, from) {
    const pieces = [];
    for (let i = 0; i < bytes.length;) {
        let end = i + 1;
        while (end < bytes.length && bytes[end] === bytes[i])
            end++;
        const count = end - i, one = spell(bytes.subarray(i, i + 1));
        if (count >= RUN_MIN) {
            pieces.push({ text: `{${count}*${one}}`, at: from + i, end: from + end });
        } else {
            for (let k = i; k < end; k++)
                pieces.push({ text: one, at: from + k, end: from + k + 1 });
        }
        i = end;
    }
    return pieces;
}

function shownText(bytes) {
    const pieces = shownPieces(bytes, 0);
    const text = pieces.map((piece) => piece.text);
    return text.length <= SHOWN_MAX ? text.join("")
        : text.slice(0, SHOWN_MAX).join("") + ` ... (${bytes.length} bytes)`;
}

// Escapes are set apart from letters, so that \r is not taken for two bytes.
function spellNodes(text) {
    return text.split(/(\\[rn\\]|\\x[0-9a-f]{2}|\{[0-9]+\*[^}]+\})/).filter((part) => part !== "")
        .map((part, k) => /^(\\|\{[0-9])/.test(part) && part.length > 1
            ? element("span", { className: "escape" }, part) : part);
}

// ---- a message with its fields ------------------------------------------------------------------

// The parts of a message, a list for each of its lines: fields, and bytes between them.
function linesOf(message, items) {
    const fields = items.flatMap((item) => item.fields ?? []).filter((field) => field.len > 0);
    const { bytes } = message, lines = [[]];
    let at = 0;
    const add = (from, to, field) => {
        if (from >= to)
            return;
        lines[lines.length - 1].push({ bytes: bytes.subarray(from, to), from, field });
        if (bytes[to - 1] === 10 && to < bytes.length)
            lines.push([]);
    };
    for (const field of fields) {
        const from = Math.max(field.at, 0), to = Math.min(field.at + field.len, bytes.length);
        add(at, from, null);
        add(from, to, field);
        at = Math.max(at, to);
    }
    add(at, bytes.length, null);
    return lines;
}

// Where a reader stops because a byte is wrong; -1: nowhere.
function faultAt(items) {
    const wrong = items.find((item) => item.fault);
    return wrong ? wrong.faultAt : -1;
}

// The nodes of bytes[from..), of which one may be wrong.
function byteNodes(bytes, from, wrong) {
    const at = wrong - from;
    if (at < 0 || at >= bytes.length)
        return spellNodes(shownText(bytes));
    return [...spellNodes(shownText(bytes.subarray(0, at))),
        element("mark", { className: "wrong-byte", title: "the reader stops at this byte" },
            spell(bytes.subarray(at, at + 1))),
        ...spellNodes(shownText(bytes.subarray(at + 1)))];
}

function partNode(part, wrong) {
    const text = element("code", {}, ...byteNodes(part.bytes, part.from, wrong));
    if (!part.field)
        return element("span", { className: "gap" }, text);
    return element("span", { className: "field" }, text,
        element("small", {}, part.field.name));
}

function lineNodes(message, items) {
    const wrong = faultAt(items);
    return linesOf(message, items).map((parts) =>
        element("span", { className: "line" }, ...parts.map((part) => partNode(part, wrong))));
}

// How a reply with this lie stops.
function stopNode(lie) {
    return element("span", { className: "line stop" }, STOP_TEXTS[lie.stop]);
}

// Who speaks: "client >" or "< server 2".
function speaker(message, many) {
    const which = many ? " " + message.connection : "";
    return message.direction === REQUESTS ? `client${which} >` : `server${which} <`;
}

function messageNode(message, index, many, items) {
    const button = element("button", { type: "button", className: "message" },
        element("span", { className: "who" }, speaker(message, many)),
        element("span", { className: "lines" }, ...lineNodes(message, items)));
    button.dataset.index = index;
    const item = element("li", { className: message.direction === REQUESTS ? "sent" : "answered" });
    if (message.prose)
        item.append(element("p", { className: "prose" }, ...codeNodes(message.prose)));
    item.append(button);
    if (message.closed)
        item.append(element("p", { className: "closed" }, "The server closes the connection."));
    return item;
}

// Text in which `code` is between backticks.
function codeNodes(text) {
    return text.split("`").map((part, k) => k % 2 ? element("code", {}, ...spellNodes(part)) : part);
}

// ---- the station --------------------------------------------------------------------------------

// The station of a conversation, and how to learn its idea; undefined: it has none.
function showStation(station) {
    byId("station").textContent = station ? `Station ${station.title}. ${station.idea}` : "";
    [...byId("stations").children].forEach((node, k) =>
        node.setAttribute("aria-current", String(STATIONS[k] === station)));
    const guide = station?.guide, rows = [];
    const link = ([text, address]) => element("a", { href: "#" + address }, ...codeNodes(text));
    if (guide) {
        rows.push(["look", link(guide.look)], ["do", ...codeNodes(guide.do)]);
        if (guide.check.length > 0)
            rows.push(["check", ...codeNodes(guide.check.join("; "))]);
        rows.push(["break", link(guide.break)]);
    }
    byId("guide").replaceChildren(...rows.flatMap(([name, ...nodes]) =>
        [element("dt", {}, name), element("dd", {}, ...nodes)]));
}

// ---- the chosen message -------------------------------------------------------------------------

// The bytes in a row, with a mark where they are cut, and the one that is wrong.
function showBytes(message, cut, wrong) {
    byId("bytes").replaceChildren(
        element("code", { className: "come" }, ...byteNodes(message.bytes.subarray(0, cut), 0, wrong)),
        element("span", { className: "mark", title: "the cut" }, "|"),
        element("code", { className: "to-come" },
            ...byteNodes(message.bytes.subarray(cut), cut, wrong)));
    showSigns();
}

// The signs that a row of bytes may have: which of them is in view, and what each means.
const SIGNS = [
    [".escape", "\\r \\n", "one byte each: CR and LF, which end a line; \\x41: the byte 41, in hex",
        (node) => node.textContent[0] === "\\"],
    [".escape", "{50*k}", "50 times this byte", (node) => node.textContent[0] === "{"],
    [".mark", "|", "the cut: what is before it has come", () => true],
    [".to-come", "abc", "dotted: still to come", (node) => node.textContent !== ""],
    [".wrong-byte", "x", "in a box: the byte at which the reader sees that this is wrong", () => true],
];

function showSigns() {
    const seen = SIGNS.filter(([selector, , , has]) =>
        [...byId("bytes").querySelectorAll(selector)].some(has));
    byId("signs").replaceChildren(...seen.flatMap(([selector, sign, text]) => [
        element("dt", {}, element("code", { className: selector.slice(1) }, sign)),
        element("dd", {}, text)]));
}

function showState(message, reading) {
    const state = reading.state(), names = [...STATES[message.direction]];
    if (!names.includes("BROKEN"))
        names.push("BROKEN");
    byId("states").replaceChildren(...names.map((name) => {
        const node = element("li", {}, name);
        if (name === state.name)
            node.setAttribute("aria-current", "true");
        return node;
    }));
    const kept = reading.last < 0 ? "" : ` It keeps ${reading.left.length === 0 ? "nothing"
        : `${reading.left.length} bytes: `}`;
    const left = state.name === "BODY" ? ` ${state.left} bytes of it are still to come.` : "";
    byId("state").replaceChildren(`${state.name}: the reader ${STATE_TEXTS[state.name]}.${left}${kept}`,
        ...(kept && reading.left.length > 0
            ? [element("code", {}, ...spellNodes(shownText(reading.left)))] : []),
        kept && reading.left.length === 0 ? "." : "");
}

// What the program is told so far; pieces of a value as they come.
function showTold(direction, reading) {
    byId("told-title").textContent = direction === REPLIES ? "Events: what your program is told"
        : "Events: what a server is told";
    const name = direction === REPLIES ? "BODY" : "DATA";
    const lines = reading.events.filter((item) => item.event !== MORE).flatMap((item) =>
        item.piece !== undefined ? [`${name} ${item.piece}`] : item.line.split("\n"));
    byId("told").replaceChildren(...lines.map((line) => {
        const [word, ...rest] = line.split(" ");
        const text = rest.join(" ");
        return element("li", {}, element("b", {}, word), " ",
            element("code", {}, text.length > SHOWN_MAX
                ? shownText(bytesOf(text)) : text));
    }));
    if (lines.length === 0)
        byId("told").append(element("li", { className: "quiet" }, "nothing yet"));
    else if (reading.last >= 0 && !reading.isOver())
        byId("told").append(element("li", { className: "quiet" }, "it is not over: more has to come"));
}

function showCuts(message, tried) {
    const places = tried.count === 1 ? "The 1 cut gives" : tried.all ? `All ${tried.count} cuts give`
        : `${tried.count} cuts, evenly spread over ${message.bytes.length} bytes, give`;
    byId("cuts").textContent = tried.outcomes.length !== 1
        ? `The cuts give ${tried.outcomes.length} different results.`
        : tried.count === 0 ? "There is no place to cut."
        : `${places} the same events: wherever the network cuts these bytes in two, the program is ` +
          "told the same. (Tried just now.)";
}

function showFields(items) {
    const nodes = [];
    for (const item of items) {
        nodes.push(element("li", { className: "title" }, element("b", {}, item.title)));
        for (const field of item.fields.filter((one) => one.len > 0)) {
            const bytes = item.bytes.subarray(field.at - item.at, field.at - item.at + field.len);
            const node = element("button", { type: "button", className: "part" },
                element("code", {}, ...spellNodes(shownText(bytes))),
                element("span", {}, field.name + (field.text ? ": " + field.text : "")));
            node.dataset.from = field.at;
            node.dataset.to = field.at + field.len;
            nodes.push(element("li", {}, node));
        }
        const wrong = [...item.notes, ...(item.fault ? [item.fault] : [])];
        nodes.push(...wrong.map((text) => element("li", { className: "wrong" }, "! " + text)));
    }
    byId("fields").replaceChildren(...nodes);
}

// ---- hex -----------------------------------------------------------------------------------------

const ROWS_MAX = 24;

// lit: {from, to}, the bytes of a chosen field; wrong: the byte at which the reader stops, or -1.
function showHex(bytes, cut, lit, wrong) {
    const size = matchMedia("(max-width: 30rem)").matches ? 8 : 16;
    const nodes = [], rows = Math.min(Math.ceil(bytes.length / size), ROWS_MAX);
    for (let row = 0; row < rows; row++) {
        const from = row * size, part = bytes.subarray(from, from + size);
        nodes.push(from.toString(16).padStart(4, "0") + "  ");
        part.forEach((byte, k) => {
            const at = from + k, classes = [];
            if (at >= cut)
                classes.push("to-come");
            if (lit && at >= lit.from && at < lit.to)
                classes.push("lit");
            if (at === wrong)
                classes.push("wrong-byte");
            nodes.push(element("span", { className: classes.join(" ") },
                byte.toString(16).padStart(2, "0")), k === 7 && size > 8 ? "  " : " ");
        });
        nodes.push("   ".repeat(size - part.length) + (part.length <= 7 && size > 8 ? " " : "") + " ",
            [...part].map((b) => b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : ".").join(""),
            "\n");
    }
    if (rows * size < bytes.length)
        nodes.push(`... ${bytes.length - rows * size} more bytes\n`);
    byId("hex").replaceChildren(...nodes);
}

// ---- the menu of lies ------------------------------------------------------------------------------

// What a lie of the table is about: "size", or "instead".
function groupOf(lie) {
    return /^[^:]*(?=: )|^\S+/.exec(lie.name)[0];
}

function lieButton(lie) {
    const node = element("button", { type: "button", className: "lie",
        title: lie ? lie.text : "the reply as memcached sends it" }, lie ? lie.name : "the truth");
    node.dataset.index = lie ? lie.index : "";
    return node;
}

// The cases of mcwire lie as buttons, and the other lies as a list.
function fillMenu(lies) {
    const groups = {};
    for (const lie of lies.filter((one) => !one.isCase))
        (groups[groupOf(lie)] ??= []).push(lie);
    const count = Object.values(groups).flat().length;
    byId("lies").replaceChildren(...(lies.length === 0 ? []
        : [null, ...lies.filter((one) => one.isCase)].map(lieButton)));
    byId("more").replaceChildren(element("option", { value: "" }, `${count} more lies`),
        ...Object.entries(groups).map(([label, some]) => element("optgroup", { label },
            ...some.map((lie) => element("option", { value: lie.index }, lie.name)))));
    byId("more").parentNode.hidden = count === 0;
}

// Marks the lie that is told; null: the truth.
function pressMenu(lie) {
    for (const node of byId("lies").children)
        node.setAttribute("aria-pressed", String(node.dataset.index === String(lie ? lie.index : "")));
    byId("more").value = lie && !lie.isCase ? lie.index : "";
}

// ---- the clients side by side --------------------------------------------------------------------

function shorten(text) {
    return text.length > 200 ? text.slice(0, 200) + "..." : text;
}

function verdictCell(told, honest, failed, careless) {
    const worth = judge(told, honest, failed, careless);
    const cell = element("td", { className: { right: "good", wrong: "bad" }[worth] ?? "" });
    cell.append(element("code", {}, shorten(told)),
        element("small", {}, worth));
    return cell;
}

// rows: of compareClients().
function showVerdict(rows, error) {
    const head = ["question", "mcwire tells the program", "a careless reader tells it"];
    const table = element("table", {},
        element("thead", {}, element("tr", {}, ...head.map((text) => element("th", {}, text)))));
    const body = element("tbody");
    rows.forEach((row, k) => {
        const cells = element("tr", {}, element("th", { scope: "row" }, `${k + 1}. `,
            element("code", {}, ...spellNodes(shorten(row.question)))));
        cells.append(verdictCell(row.ours, row.honest, row.failed, false),
            verdictCell(row.careless, row.honestCareless, ERROR_LINE.test(row.careless), true));
        body.append(cells);
    });
    table.append(body);
    const wrong = body.querySelectorAll(".bad").length;
    byId("verdict").replaceChildren(table, element("p", {}, error
        ? `mcwire closes the connection (${error}), and asks the next question on a new one. `
        : "", wrong === 0 ? "The careless reader got away with it."
        : `The careless reader is wrong ${wrong} of ${rows.length} times, and does not know it.`));
}

// Who is answered by what, when nothing is wrong.
function showOrder(rows) {
    const head = ["question", "its answer, by the order of the replies"];
    byId("verdict").replaceChildren(element("table", {},
        element("thead", {}, element("tr", {}, ...head.map((text) => element("th", {}, text)))),
        element("tbody", {}, ...rows.map((row, k) => element("tr", {},
            element("th", { scope: "row" }, `${k + 1}. `,
                element("code", {}, ...spellNodes(shorten(row.question)))),
            element("td", {}, element("code", {}, shorten(row.ours))))))));
}
