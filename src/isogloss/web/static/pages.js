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
