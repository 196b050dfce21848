// The program of the report page: reads the data that was put into the page and draws it. No library, no network.
const { report, serial = {}, screens = {}, reports } = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("page");

/** An element with properties and children; children are nodes or text. */
function h(name, props = {}, ...children) {
  const element = Object.assign(document.createElement(name), props);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

function seconds(ms) {
  if (ms === null || ms === undefined) return "–";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

const isBad = (action) => action.error !== null;

if (document.body.dataset.kind === "test") drawTest();
else drawOverview();

function drawOverview() {
  const failed = reports.filter(({ outcome }) => outcome === "failed").length;
  const rows = reports.map((one) =>
    h(
      "tr",
      {},
      h("td", {}, h("span", { className: `badge ${one.outcome}` }, one.outcome)),
      h("td", {}, h("a", { href: `${one.slug}/index.html` }, one.name)),
      h("td", {}, seconds(one.durationMs)),
      h("td", {}, one.machines.map(({ name, boot }) => `${name} ${seconds(boot.shellMs)}`).join(", ")),
      h("td", {}, one.error === null ? "" : one.error.message.split("\n")[0]),
    ),
  );
  main.append(
    h(
      "div",
      { className: "head" },
      h("span", { className: `badge ${failed > 0 ? "failed" : ""}` }, failed > 0 ? `${failed} failed` : "passed"),
      h("h1", {}, `${reports.length} VM tests`),
    ),
    h(
      "div",
      { className: "card" },
      h(
        "table",
        {},
        h(
          "tr",
          {},
          ["", "test", "time", "boot to shell", "error"].map((text) => h("th", {}, text)),
        ),
        rows,
      ),
    ),
  );
}

function drawTest() {
  main.className = report.outcome;
  main.append(header(), ...errorCard(), phases(), timeline());
  const side = machineCard();
  main.append(h("div", { className: "columns" }, actionCard(), side));
}

function header() {
  const facts = [
    new Date(report.startedMs).toLocaleString(),
    seconds(report.durationMs),
    report.accelerator?.reason,
    `${report.machines.length} machine${report.machines.length === 1 ? "" : "s"}`,
    `host: ${report.host.processors} processors, ${Math.round(report.host.memoryMib / 1024)} GiB`,
    report.file.split("/").slice(-2).join("/"),
  ];
  return h(
    "div",
    { className: "head" },
    h("span", { className: "badge" }, report.outcome),
    h(
      "div",
      {},
      h("h1", {}, report.name),
      h(
        "div",
        { className: "facts" },
        facts.filter(Boolean).map((fact) => h("span", {}, fact)),
      ),
    ),
  );
}

function errorCard() {
  const { error } = report;
  if (error === null) return [];
  const details = error.details ?? (error.code === null ? error.stack : null);
  return [
    h(
      "div",
      { className: "card error" },
      h("div", { className: "message" }, error.message),
      error.hint === null ? null : h("div", { className: "hint" }, error.hint),
      details === null ? null : h("pre", {}, details),
    ),
  ];
}

function phases() {
  const total = Math.max(
    1,
    report.phases.reduce((sum, { durationMs }) => sum + durationMs, 0),
  );
  return h(
    "div",
    { className: "phases" },
    report.phases
      .filter(({ name }) => name !== "")
      .map(({ name, durationMs }) => {
        const box = h("div", { className: "phase" }, h("b", {}, name), h("span", {}, seconds(durationMs)));
        box.style.flexGrow = String(Math.max(0.02, durationMs / total));
        return box;
      }),
  );
}

// --- timeline: one scale for all lanes, from the first phase to the end

function timeline() {
  const start = report.startedMs;
  const span = Math.max(1, report.durationMs);
  const at = (timeMs) => `${Math.max(0, Math.min(100, ((timeMs - start) / span) * 100))}%`;
  const wide = (ms) => `${Math.max(0, Math.min(100, (ms / span) * 100))}%`;
  const shared = report.actions.filter(({ kind }) => kind === "step" || kind === "phase");
  const lanes = [lane("test", shared, [], { at, wide })];
  for (const machine of report.machines) {
    const own = report.actions.filter((action) => action.machine === machine.name);
    lanes.push(lane(machine.name, own, machine.states, { at, wide }));
  }
  const ticks = Array.from({ length: 9 }, (_, index) => {
    const tick = h("span", {}, seconds((span / 8) * index));
    tick.style.left = `${index * 12.5}%`;
    return tick;
  });
  const legend = [
    ["#2f6fd6", "command"],
    ["#b07a10", "wait"],
    ["#7a5bd0", "machine"],
    ["#0f8080", "step"],
    ["#c4314b", "failed"],
  ];
  return h(
    "div",
    { className: "card" },
    h("h2", {}, "Timeline"),
    h(
      "div",
      { className: "timeline" },
      h(
        "div",
        { className: "lanes" },
        lanes,
        h("div", { className: "axis" }, h("span", {}), h("div", { className: "track" }, ticks)),
      ),
    ),
    h(
      "div",
      { className: "legend" },
      legend.map(([color, text]) => {
        const swatch = h("i");
        swatch.style.background = color;
        return h("span", {}, swatch, text);
      }),
    ),
  );
}

function lane(name, actions, states, { at, wide }) {
  const track = h("div", { className: "track" });
  const rowEnds = [];
  for (const action of actions) {
    const end = action.startedMs + (action.durationMs ?? report.startedMs + report.durationMs - action.startedMs);
    // Bars that overlap go below each other.
    let row = rowEnds.findIndex((free) => free <= action.startedMs);
    if (row < 0) row = rowEnds.length;
    rowEnds[row] = end;
    const bar = h("button", {
      className: `bar ${action.kind} ${isBad(action) ? "bad" : ""}`,
      title: `${action.title}\n${seconds(action.durationMs)}${action.error === null ? "" : `\n${action.error}`}`,
      onclick: () => choose(action.id),
    });
    bar.textContent = action.title;
    Object.assign(bar.style, {
      left: at(action.startedMs),
      width: wide(end - action.startedMs),
      top: `${row * 21 + (states.length > 0 ? 9 : 0)}px`,
    });
    track.append(bar);
  }
  states.forEach((state, index) => {
    const end = states[index + 1]?.timeMs ?? report.startedMs + report.durationMs;
    const strip = h("div", { className: `state ${state.state}`, title: state.state });
    Object.assign(strip.style, { left: at(state.timeMs), width: wide(end - state.timeMs), top: "0" });
    track.append(strip);
  });
  track.style.height = `${Math.max(1, rowEnds.length) * 21 + (states.length > 0 ? 9 : 0)}px`;
  return h("div", { className: "lane" }, h("div", { className: "name" }, name), track);
}

// --- what happened, as a tree

function actionCard() {
  const children = Map.groupBy(report.actions, ({ parent }) => parent);
  return h("div", { className: "card" }, h("h2", {}, "What happened"), actionList(children, null));
}

function actionList(children, parent) {
  return h(
    "ul",
    { className: "actions" },
    (children.get(parent) ?? []).map((action) => actionItem(children, action)),
  );
}

function actionItem(children, action) {
  const where = action.machine === null ? null : h("span", { className: "where" }, action.machine);
  const failed = isBad(action) || (action.status !== null && action.status !== 0);
  const status = action.status === null || action.status === 0 ? "" : `status ${action.status}, `;
  const row = h(
    "button",
    { className: `row ${action.kind} ${isBad(action) ? "bad" : ""}`, id: `action-${action.id}` },
    h("span", { className: "dot" }),
    h("span", { className: "title" }, where, action.title),
    h("span", { className: "time" }, status + seconds(action.durationMs)),
  );
  // An error is shown where it arose, not again in everything around it.
  const arose = !(children.get(action.id) ?? []).some((child) => child.error === action.error);
  const output = outputOf(arose ? action : { ...action, error: null });
  if (output !== null) {
    output.hidden = !failed;
    row.onclick = () => {
      output.hidden = !output.hidden;
    };
  }
  const inner = children.has(action.id) ? actionList(children, action.id) : null;
  return h("li", {}, row, output, inner);
}

function outputOf({ output, stderr, error }) {
  const parts = [
    ["error", error],
    ["stdout", output],
    ["stderr", stderr],
  ].filter(([, text]) => text);
  if (parts.length === 0) return null;
  return h(
    "div",
    { className: "output" },
    parts.map(([label, text]) => [
      parts.length > 1 || label !== "stdout" ? h("span", { className: "label" }, label) : null,
      h("pre", {}, text),
    ]),
  );
}

function choose(id) {
  const row = document.getElementById(`action-${id}`);
  for (const other of document.querySelectorAll(".row.chosen")) other.classList.remove("chosen");
  row?.classList.add("chosen");
  row?.scrollIntoView({ block: "center", behavior: "smooth" });
}

// --- one tab a machine: console, screens, trouble

function machineCard() {
  const place = h("div");
  const tabs = report.machines.map((machine) => {
    const tab = h("button", { className: "tab", onclick: () => show(machine, tab) }, machine.name);
    return [machine, tab];
  });
  function show(machine, tab) {
    for (const [, other] of tabs) other.classList.toggle("chosen", other === tab);
    place.replaceChildren(machinePane(machine));
  }
  const card = h(
    "div",
    { className: "card" },
    h("h2", {}, "Machines"),
    h(
      "div",
      { className: "tabs" },
      tabs.map(([, tab]) => tab),
    ),
    place,
  );
  if (tabs.length > 0) show(...tabs[0]);
  return card;
}

function machinePane(machine) {
  const { boot } = machine;
  const facts = [
    `${machine.system}`,
    `${machine.cores} × processor, ${machine.memoryMib} MiB`,
    `root shell ${seconds(boot.shellMs)}`,
    `multi-user ${seconds(boot.multiUserMs)}`,
  ];
  return h(
    "div",
    {},
    h(
      "div",
      { className: "facts" },
      facts.map((fact) => h("span", {}, fact)),
    ),
    trouble(machine),
    screenFigures(machine),
    consolePane(machine),
  );
}

function trouble(machine) {
  return machine.trouble
    ? h("div", { className: "output", style: "margin:10px 0" }, h("pre", {}, machine.trouble))
    : null;
}

function screenFigures(machine) {
  const files = [...new Set(machine.screenshots)].filter((file) => screens[file] !== undefined);
  return h(
    "div",
    { className: "screens" },
    files.map((file) =>
      h("figure", {}, h("img", { src: screens[file], alt: `Screen ${file}` }), h("figcaption", {}, file)),
    ),
  );
}

function consolePane(machine) {
  const lines = serial[machine.name] ?? [];
  const list = h("div", { className: "console mono" });
  const draw = (wanted) =>
    list.replaceChildren(...lines.filter(({ text }) => text.toLowerCase().includes(wanted)).map(consoleLine));
  const filter = h("input", {
    placeholder: "Filter lines",
    type: "search",
    oninput: () => draw(filter.value.toLowerCase()),
  });
  filter.setAttribute("aria-label", "Filter console lines");
  draw("");
  queueMicrotask(() => {
    list.scrollTop = list.scrollHeight;
  });
  return h(
    "div",
    { style: "margin-top:12px" },
    h(
      "div",
      { className: "tools" },
      h("span", {}, `Serial console, ${lines.length} lines`),
      filter,
      h("a", { href: machine.serialLog }, "whole log"),
    ),
    list,
  );
}

function consoleLine({ timeMs, text }) {
  const loud = /panic|BUG:|Out of memory|\bfail(ed|ure)?\b|\berror\b/i.test(text);
  return h(
    "div",
    { className: loud ? "loud" : "" },
    h("time", {}, ((timeMs - report.startedMs) / 1000).toFixed(2)),
    h("pre", {}, text),
  );
}
