// Reads /status again and again and shows it. Whatever the daemon says is put in as text.
"use strict";

const EVERY_MS = 2000;
const GIVE_UP_MS = 5000;
const TRANSITIONS = 15;

let now = Date.now();
let shownAt = "";

const by = (id) => document.getElementById(id);

function el(name, classes, ...children) {
  const node = document.createElement(name);
  if (classes) node.className = classes;
  node.append(...children.flat().filter((child) => child !== null && child !== ""));
  return node;
}

const badge = (state, text) => el("span", `badge ${state}`, text ?? state);

function clock(text) {
  const time = new Date(text);
  const today = time.toDateString() === new Date(now).toDateString();
  return today ? time.toLocaleTimeString() : time.toLocaleString();
}

function length(ms) {
  const seconds = Math.round(ms / 1000);
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  const parts = ms < 1000 ? [[Math.round(ms), "ms"]]
    : minutes < 1 ? [[seconds, "s"]]
    : hours < 1 ? [[minutes, "min"]]
    : hours < 24 ? [[hours, "h"], [minutes % 60, "min"]]
    : [[Math.floor(hours / 24), "d"], [hours % 24, "h"]];
  return parts.map((part) => part.join("\u00a0")).join(" ");
}

function since(text) {
  const node = el("time", "", `for ${length(Math.max(0, now - Date.parse(text)))}`);
  node.title = `since ${new Date(text).toLocaleString()}`;
  return node;
}

function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null);
  return el("dl", "", shown.flatMap(([key, value]) => [el("dt", "", key), el("dd", "", value)]));
}

function masterOf(instance) {
  const master = instance.master;
  if (!master) return el("span", "quiet", "none heard");
  const address = el("span", "mono", master.address);
  if (master.this_host) return [address, ", this host"];
  return [address, `, priority ${master.priority}, heard ${length(master.last_heard_ms)} ago`];
}

function priorityOf(instance) {
  const { priority, effective_priority: effective, effective_priority_reason: why } = instance;
  if (effective === priority) return `${priority}`;
  return el("span", "bad", why || `${effective} instead of ${priority}`);
}

function addressesOf(instance) {
  const want = instance.addresses.length;
  const have = instance.addresses_present;
  if (instance.state === "master" && have < want) return el("span", "bad", `${have} of ${want} on the interface`);
  return have ? `${have} of ${want} on the interface` : "not on this host";
}

function peersOf(instance) {
  if (!instance.peers.length) return null;
  return instance.peers.map((peer) => el("div", "", el("span", "mono", peer.address),
    peer.last_heard_ms === null ? ", never heard" : `, heard ${length(peer.last_heard_ms)} ago`));
}

function instanceCard(instance) {
  const counters = instance.counters;
  const family = { ipv4: "IPv4", ipv6: "IPv6" }[instance.family] ?? instance.family;
  const dropped = Object.entries(counters.adverts_dropped).map(([why, count]) => `${count} ${why}`);
  return el("article", "card",
    el("h2", "", el("span", "", instance.name), badge(instance.state)),
    el("p", "vip mono", instance.addresses.join(", ")),
    el("p", "reason", instance.reason, ", ", since(instance.since)),
    facts([
      ["Master", masterOf(instance)],
      ["Priority", priorityOf(instance)],
      ["Addresses", addressesOf(instance)],
      ["Interface", instance.interface || el("span", "quiet", "not there yet")],
      ["Protocol", `VRID ${instance.vrid}, version ${instance.version}, ${family}, every ${length(instance.advert_interval_ms)}`],
      ["Peers", peersOf(instance)],
      ["Adverts", `${counters.adverts_sent} sent, ${counters.adverts_received} received`],
      ["Dropped", dropped.length ? dropped.join(", ") : null],
      ["Conflicts", counters.master_conflicts ? el("span", "bad", `${counters.master_conflicts} times another master was heard`) : null],
    ]));
}

function row(state, name, when, text) {
  return el("div", "row", state, name, when, el("span", "", text));
}

function probed(one, name, well) {
  const held = one.held_until ? `; kept down until ${clock(one.held_until)} because it flaps` : "";
  return row(badge(one.state), el("span", "name", name), el("span", "when", since(one.since)),
    one.last_error ? `${one.last_error}${held}` : el("span", "quiet", well + held));
}

function check(one) {
  const took = one.last_duration_ms;
  return probed(one, one.name, took === null ? "" : `took ${took.toPrecision(3)} ms`);
}

function backend(one) {
  const name = one.drained ? [one.address, " ", badge("drained")] : one.address;
  return probed(one, name,
    `${one.active_connections} connections open, ${one.connections_total} since the daemon started`);
}

function titled(title, rows) {
  return rows.length ? [el("h2", "", title), el("div", "list", rows)] : [];
}

function balancers(status) {
  return status.load_balancers.flatMap((one) => [
    el("h2", "", `Load balancer ${one.name} `, badge(one.state)),
    el("p", "reason", el("span", "mono", `${one.address} port ${one.port}`), `: ${one.reason}`),
    el("div", "list", one.backends.map(backend)),
  ]);
}

function transitions(status) {
  const all = status.instances.flatMap((instance) =>
    instance.transitions.map((transition) => ({ ...transition, name: instance.name })));
  all.sort((a, b) => (a.time < b.time ? 1 : -1));
  return titled("Last transitions", all.slice(0, TRANSITIONS).map((one) =>
    row(badge(one.to), el("span", "name", one.name), el("span", "when", clock(one.time)),
      `was ${one.from}: ${one.cause}`)));
}

function summary(status) {
  const counts = ["master", "backup", "init", "fault"].map((state) =>
    [state, status.instances.filter((instance) => instance.state === state).length]);
  const down = status.checks.filter((check) => check.state === "down").length;
  return [
    ...counts.filter(([, count]) => count).map(([state, count]) => badge(state, `${count} ${state}`)),
    status.drained ? badge("drained", "drained: stays backup until undrained") : null,
    down ? badge("down", `${down} ${down === 1 ? "check" : "checks"} down`) : null,
    ...status.load_balancers.filter((one) => one.state === "degraded")
      .map((one) => badge("degraded", `load balancer ${one.name} degraded`)),
  ];
}

// Changes what differs and leaves the rest: a selection, and the place a reader is at, stay.
function patch(old, fresh) {
  if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const name of ["className", "title"]) if (old[name] !== fresh[name]) old[name] = fresh[name];
  const theirs = [...fresh.childNodes];
  [...old.childNodes].forEach((child, at) => (at < theirs.length ? patch(child, theirs[at]) : child.remove()));
  old.append(...theirs.slice(old.childNodes.length));
}

function fill(id, children) {
  const place = by(id);
  const fresh = place.cloneNode(false);
  fresh.append(...[children].flat().filter((child) => child !== null));
  patch(place, fresh);
}

function show(status) {
  const counts = summary(status);
  document.title = `${counts[0]?.textContent ?? "vrrpd"} · ${location.host}`;
  fill("summary", counts);
  fill("warnings", status.warnings.map((text) => el("p", "warning", text)));
  fill("instances", status.instances.map(instanceCard));
  fill("checks", titled("Checks", status.checks.map(check)));
  fill("balancers", balancers(status));
  fill("transitions", transitions(status));
  fill("daemon", `vrrpd ${status.version}, process ${status.pid}, started ${clock(status.started_at)}; ` +
    `${status.config.path} of ${clock(status.config.loaded_at)}`);
  shownAt = new Date().toLocaleTimeString();
  fill("updated", `as of ${shownAt}`);
}

async function refresh() {
  const trouble = by("trouble");
  try {
    const answer = await fetch("status", { cache: "no-store", signal: AbortSignal.timeout(GIVE_UP_MS) });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    const status = await answer.json();
    // The host's clock, which the times in the document are of.
    now = Date.parse(answer.headers.get("date") ?? "") || Date.now();
    show(status);
    trouble.hidden = true;
  } catch (cause) {
    const then = shownAt && ` What is shown below is of ${shownAt}.`;
    fill("trouble", `vrrpd on this host does not answer (${cause.message}).${then}`);
    trouble.hidden = false;
    document.title = `no answer · ${location.host}`;
  }
}

async function watch() {
  if (!document.hidden) await refresh();
  setTimeout(watch, EVERY_MS);
}

by("host").textContent = location.host;
watch();
