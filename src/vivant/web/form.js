"use strict";
(() => {
  const input = document.getElementById("files");
  const drop = document.getElementById("drop");
  const results = document.getElementById("results");
  const status = document.getElementById("status");
  const limit = Number(document.body.dataset.limit);
  const token = new URLSearchParams(location.search).get("token");
  const SIDECAR = ".c2pa";
  const waiting = [];
  let running = 0;

  const made = (kind, text, name) => {
    const node = document.createElement(kind);
    node.textContent = text;
    if (name) node.className = name;
    return node;
  };

  function take(files) {
    const all = Array.from(files);
    const beside = new Map();
    for (const file of all) if (file.name.endsWith(SIDECAR)) beside.set(file.name, file);
    for (const file of all) {
      const alone = !all.some(other => other.name + SIDECAR === file.name);
      if (file.name.endsWith(SIDECAR) && !alone) continue;
      waiting.push({ file, sidecar: beside.get(file.name + SIDECAR), card: card(file.name) });
    }
    next();
  }

  function card(name) {
    const article = document.createElement("article");
    const progress = document.createElement("progress");
    progress.setAttribute("aria-label", "Checking " + name);
    article.append(made("h2", name), made("p", "Checking …", "headline"), progress);
    results.prepend(article);
    return article;
  }

  function next() {
    while (running < 2 && waiting.length) {
      running += 1;
      const job = waiting.shift();
      check(job).catch(failed).then(told => show(job, told)).finally(() => {
        running -= 1;
        next();
      });
    }
  }

  async function check({ file, sidecar }) {
    if (file.size > limit) return refused("The file is too large for this page. In a terminal there is no limit: vivant verify FILE");
    const headers = { "X-Vivant-Token": token, "Content-Type": "application/octet-stream" };
    if (sidecar) headers["X-Sidecar-Bytes"] = String(sidecar.size);
    const body = sidecar ? new Blob([file, sidecar]) : file;
    const answer = await fetch("verify", { method: "POST", headers, body });
    const kind = answer.headers.get("Content-Type") || "";
    return kind.startsWith("application/json") ? answer.json() : refused(await answer.text());
  }

  const failed = () => refused("It could not be handed over: is it a folder, or has vivant been ended in the terminal?");

  const refused = reason => ({
    state: "refused",
    headline: "This file could not be checked",
    sections: [{ title: "Why", lines: [reason] }],
  });

  function show({ file, card }, told) {
    card.className = told.state;
    card.replaceChildren(made("h2", file.name), made("p", told.headline, "headline"));
    for (const { title, lines } of told.sections) {
      card.append(made("h3", title), ...lines.map(line => made("p", line)));
    }
    status.textContent = file.name + ": " + told.headline;
  }

  input.addEventListener("change", () => { take(input.files); input.value = ""; });
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, event => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) {
    document.addEventListener(kind, event => { event.preventDefault(); drop.classList.remove("over"); });
  }
  document.addEventListener("drop", event => take(event.dataTransfer.files));
})();
