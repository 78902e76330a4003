"use strict";
// Two things that paper cannot: tables that sort, and pictures at their full size.
(() => {
  const words = new Intl.Collator(undefined, { numeric: true });

  function key(row, column) {
    const cell = row.cells[column];
    const value = cell.dataset.value;
    const text = cell.textContent.trim();
    return { number: value === undefined ? null : Number(value), text: text === "-" ? "" : text };
  }

  // Numbers before words, what is missing always last.
  function order(a, b, sign) {
    const rank = (item) => (item.number !== null ? 0 : item.text ? 1 : 2);
    if (rank(a) !== rank(b)) return rank(a) - rank(b);
    if (a.number !== null) return sign * (a.number - b.number || 0);
    return sign * words.compare(a.text, b.text);
  }

  function sort(table, column) {
    const head = table.tHead.rows[0].cells[column];
    const numbers = head.classList.contains("number");
    const now = head.getAttribute("aria-sort");
    const first = numbers ? "descending" : "ascending";
    const other = numbers ? "ascending" : "descending";
    const next = now === first ? other : first;
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", next);
    const sign = next === "ascending" ? 1 : -1;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row, column), row]);
    rows.sort((a, b) => order(a[0], b[0], sign));
    body.append(...rows.map(([, row]) => row));
  }

  for (const table of document.querySelectorAll("table.data")) {
    if (table.tBodies[0].rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, column));
      head.append(button);
    });
  }

  const full = document.getElementById("full");
  const whole = full.querySelector(".whole");
  for (const image of document.querySelectorAll("figure.picture img")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "open";
    button.title = "Show at full size";
    image.replaceWith(button);
    button.append(image);
    button.addEventListener("click", () => {
      const copy = image.cloneNode();
      whole.replaceChildren(copy);
      full.showModal();
    });
  }
  full.addEventListener("click", (event) => {
    if (event.target === full) full.close();
  });
  full.addEventListener("close", () => whole.replaceChildren());
})();
