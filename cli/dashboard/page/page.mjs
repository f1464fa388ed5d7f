// Asks the page's own server for what is known, and shows it: with its age, and with what is not known and why.

const REFRESH_MS = 3_000;
const TIMEOUT_MS = 15_000;
/** A value older than this is said to be old. */
const OLD_MS = 15_000;

const byId = (id) => document.getElementById(id);

/** An element with text or children; text is never read as markup. */
function element(name, { className, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const seconds = (ms) => `${Math.max(0, Math.round(ms / 1000))} s`;
const decimals = (value, count) => value.toLocaleString("en", { minimumFractionDigits: count, maximumFractionDigits: count });
const rate = (value) => decimals(value, value < 10 ? 2 : value < 100 ? 1 : 0);
const percent = (value) => `${decimals(value * 100, 2)} %`;
const milliseconds = (value) => `${decimals(value, value < 10 ? 1 : 0)} ms`;
const whole = (value) => decimals(value, 0);

/** A cell with a number, or with the statement that it is not known. */
function numberCell(value, format, className = "") {
  if (value === null || value === undefined) return element("td", { className: "number unknown" }, "not known");
  return element("td", { className: `number ${className}` }, format(value));
}

function table(caption, columns, rows) {
  const head = element("tr", {}, ...columns.map(([title, isNumber]) => element("th", { scope: "col", className: isNumber ? "number" : "" }, title)));
  return element("table", {}, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...rows));
}

/** Says what is missing or old, and why. */
function notes(what, { value, atMs, problem }, nowMs) {
  if (value === null) return [element("p", {}, `${what} not known: ${problem ?? "not asked yet"}.`)];
  const age = nowMs - atMs;
  if (problem !== null) return [element("p", {}, `${what} ${seconds(age)} old: ${problem}.`)];
  return age > OLD_MS ? [element("p", {}, `${what} ${seconds(age)} old.`)] : [];
}

/** What the monitoring service itself does not know, in its words. */
function missingNotes({ value }) {
  const missing = value?.missing ?? [];
  return missing.length === 0 ? [] : [element("p", {}, `Not known to the monitoring service now: ${missing.join(", ")}.`)];
}

function healthCell(workload) {
  if (workload === undefined) return element("td", { className: "unknown" }, "not known");
  const { ready, desired } = workload;
  if (desired > 0 && ready >= desired) return element("td", { className: "good" }, "healthy");
  return element("td", { className: "bad" }, ready === 0 ? "down" : "replicas missing");
}

function serviceRow(name, workload, service) {
  const replicas = workload === undefined ? undefined : `${workload.ready} of ${workload.desired}`;
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, name),
    healthCell(workload),
    numberCell(replicas, String),
    numberCell(service?.requestsPerSecond, rate),
    numberCell(service?.errorRatio, percent, service?.errorRatio > 0.01 ? "bad" : ""),
    numberCell(service?.p50Ms, milliseconds),
    numberCell(service?.p99Ms, milliseconds),
    numberCell(service?.budgetLeft, percent, service?.budgetLeft < 0.1 ? "bad" : ""),
    numberCell(service?.planned501, whole),
  );
}

/** What has no operations to count, such as a store: its health, and that there is nothing more to say here. */
function otherRow(workload) {
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, workload.name),
    healthCell(workload),
    numberCell(`${workload.ready} of ${workload.desired}`, String),
    element("td", {}, workload.kind),
  );
}

const SERVICE_COLUMNS = [["Service"], ["Health"], ["Replicas", true], ["Requests/s", true], ["Errors", true], ["p50", true], ["p99", true], ["Budget left", true], ["Asked, not built", true]];

function showServices({ cluster, overview, nowMs }) {
  const workloads = cluster.value?.workloads ?? [];
  const services = overview.value?.services ?? [];
  const workloadOf = (name) => workloads.find((workload) => workload.name === name);
  const rows = services.map((service) => serviceRow(service.name, workloadOf(service.name), service));
  const others = workloads.filter(({ name }) => !services.some((service) => service.name === name));
  byId("services-notes").replaceChildren(...notes("Replicas and health:", cluster, nowMs), ...notes("Rates, errors and latencies:", overview, nowMs), ...missingNotes(overview));
  const tables = [];
  if (rows.length > 0) tables.push(table("Requests of the last five minutes; what was asked and is not built, of the last hour", SERVICE_COLUMNS, rows));
  if (others.length > 0) {
    const caption = rows.length > 0 ? "What they stand on" : "Everything that runs";
    tables.push(table(caption, [["Workload"], ["Health"], ["Replicas", true], ["Kind"]], others.map(otherRow)));
  }
  byId("services").replaceChildren(...tables);
}

function showAgents({ overview, nowMs }) {
  const agents = overview.value?.agents ?? null;
  const missing = overview.value !== null && agents === null ? [element("p", {}, "Agents: not known to the monitoring service.")] : notes("Agents:", overview, nowMs);
  byId("agents-notes").replaceChildren(...missing);
  if (agents === null) return byId("agents").replaceChildren();
  const rows = Object.entries(agents.byState)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([state, count]) => element("tr", {}, element("th", { scope: "row" }, state), numberCell(count, whole)));
  rows.push(element("tr", {}, element("th", { scope: "row" }, "all"), numberCell(agents.total, whole)));
  byId("agents").replaceChildren(table("Agents of this region", [["State"], ["Agents", true]], rows));
}

function eventRow({ at, type, object, reason, message, count }) {
  const time = element("time", { datetime: at }, at === "" ? "not known" : new Date(at).toLocaleTimeString("en-GB"));
  return element(
    "tr",
    {},
    element("td", {}, time),
    element("td", { className: type === "Warning" ? "bad" : "" }, type),
    element("td", {}, object),
    element("td", {}, reason),
    element("td", { className: "message" }, count > 1 ? `${message} (${count} times)` : message),
  );
}

function showEvents({ events, nowMs }) {
  byId("events-notes").replaceChildren(...notes("Events:", events, nowMs));
  if (events.value === null) return byId("events").replaceChildren();
  const content = events.value.length === 0 ? element("p", {}, "No events are kept: nothing happened lately.") : table("Newest first", [["Time"], ["Type"], ["Object"], ["Reason"], ["Message"]], events.value.map(eventRow));
  byId("events").replaceChildren(content);
}

function showFacts({ region, cluster }) {
  document.title = `${region} · Agentic Flow`;
  byId("title").textContent = `Region ${region}`;
  const value = cluster.value;
  byId("facts").textContent = value === null ? "" : `Kind: ${value.kind}. Entry: ${value.entryUrl ?? "none"}.`;
}

/** A reader of screens is told when this changes, so it does not change at every refresh. */
function say(text) {
  if (byId("connection").textContent !== text) byId("connection").textContent = text;
}

let lastSeenAt;

async function refresh() {
  try {
    const response = await fetch("/state.json", { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const state = await response.json();
    showFacts(state);
    showServices(state);
    showAgents(state);
    showEvents(state);
    lastSeenAt = new Date();
    say(`Refreshed every ${seconds(REFRESH_MS)}.`);
  } catch {
    say(lastSeenAt === undefined ? "The dashboard's server does not answer." : `The dashboard's server does not answer; what is shown is from ${lastSeenAt.toLocaleTimeString("en-GB")}.`);
  }
  setTimeout(refresh, REFRESH_MS);
}

await refresh();
