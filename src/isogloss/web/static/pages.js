// What pages do beyond reading: names while one types, a file that is dropped, progress, a click on the map.
const $ = (selector) => document.querySelector(selector);

function suggestNames(field) {
  const list = document.getElementById(field.getAttribute("list"));
  let asked = "";
  field.addEventListener("input", async () => {
    const whole = field.value;
    const cut = "several" in field.dataset ? whole.lastIndexOf(",") + 1 : 0;
    const text = whole.slice(cut).trim();
    if (text.length < 2 || text === asked) return;
    asked = text;
    const response = await fetch(`/api/names?q=${encodeURIComponent(text)}`);
    if (!response.ok || asked !== text) return;
    const before = whole.slice(0, cut);
    list.replaceChildren(...(await response.json()).map(({ name }) => {
      const option = document.createElement("option");
      option.value = before ? `${before.trimEnd()} ${name}` : name;
      return option;
    }));
  });
}
document.querySelectorAll("[data-names]").forEach(suggestNames);

const drop = $("#drop");
if (drop) {
  const file = $("#file");
  for (const name of ["dragover", "dragenter"])
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files;
    drop.requestSubmit();
  });
  file.addEventListener("change", () => drop.requestSubmit());
}

const work = $("#work");
if (work) {
  const events = new EventSource(work.dataset.events);
  const bar = work.querySelector("progress");
  events.onmessage = ({ data }) => {
    const job = JSON.parse(data);
    if (job.state === "done" || job.state === "failed") { events.close(); location.reload(); return; }
    if (job.stage) work.querySelector(".stage").textContent = `${job.stage}: ${job.done} of ${job.total}`;
    if (job.total) { bar.max = job.total; bar.value = job.done; }
  };
  events.onerror = () => { events.close(); setTimeout(() => location.reload(), 2000); };
  const stop = $("#stop");
  stop.hidden = false;
  stop.addEventListener("click", async () => {
    events.close();
    await fetch(work.dataset.job, { method: "DELETE" });
    history.back();
  });
}

const world = $("#world");
if (world) {
  world.addEventListener("click", (event) => {
    if (event.target.closest("a")) return;
    const box = world.getBoundingClientRect();
    const scale = Number(world.dataset.width) / box.width;
    const there = new URL(location.href);
    there.searchParams.delete("near");
    const typed = $("#targets").value.split(",").map((one) => one.trim()).filter(Boolean);
    typed.forEach((name) => there.searchParams.append("targets", name));
    there.searchParams.set("near", [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale]
      .map((one) => one.toFixed(0)).join(","));
    location.assign(there);
  });
}

const whatIf = $("#what-if");
if (whatIf) {
  let asked = 0, later;
  const move = async () => {
    const there = new URL(location.href);
    there.search = new URLSearchParams(new FormData(whatIf)).toString();
    const mine = ++asked;
    const response = await fetch(there);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const result = page.querySelector("#result");
    if (mine !== asked) return;
    if (!result) { location.assign(there); return; }
    $("#result").replaceWith(result);
    history.replaceState(null, "", there);
  };
  whatIf.addEventListener("input", ({ target }) => {
    if (target.type !== "range") return;
    whatIf.querySelector(`output[for="${target.id}"]`).textContent = target.value;
    clearTimeout(later);
    later = setTimeout(move, 40);
  });
}

// Of a long table only what is on the screen is in the page; the rest is room.
const rows = $("#rows");
if (rows && Number(rows.dataset.total) > Number(rows.dataset.page)) {
  const { total, page, source } = rows.dataset;
  const body = rows.querySelector("tbody");
  const names = [...rows.querySelectorAll("th")].map((one) => one.textContent);
  const height = body.rows[0].getBoundingClientRect().height;
  const kept = new Map();
  const room = () => { const row = document.createElement("tr"), cell = row.insertCell(); cell.colSpan = names.length; cell.className = "room"; return cell; };
  const above = room(), below = room();
  $("#pages").hidden = true;
  rows.classList.add("window");
  const part = (number) => {
    if (!kept.has(number)) kept.set(number, fetch(`${source}&offset=${number * page}`).then((one) => one.json()));
    return kept.get(number);
  };
  let shown = -1;
  const draw = async () => {
    const first = Math.max(Math.floor(rows.scrollTop / height / page), 0);
    if (first === shown) return;
    shown = first;
    const parts = (await Promise.all([first, first + 1].filter((one) => one * page < total).map(part))).flat();
    if (shown !== first) return;
    const drawn = parts.map((row) => {
      const line = document.createElement("tr");
      for (const name of names) {
        const cell = line.insertCell();
        cell.textContent = row[name] ?? "-";
        if (typeof row[name] === "number") cell.className = "number";
      }
      return line;
    });
    above.style.height = `${first * page * height}px`;
    below.style.height = `${Math.max(total - first * page - parts.length, 0) * height}px`;
    body.replaceChildren(above.parentNode, ...drawn, below.parentNode);
  };
  rows.addEventListener("scroll", draw);
  draw();
}
