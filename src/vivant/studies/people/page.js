"use strict";
(() => {
  const plan = JSON.parse(document.getElementById("plan").textContent);
  const at = (id) => document.getElementById(id);
  const store = `vivant-people-${plan.study}`;
  const RATINGS = ["Bad", "Poor", "Fair", "Good", "Excellent"];
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let state, trials, shown;

  // A small generator with a seed: the same person gets the same order after a reload.
  function random(text) {
    let a = 2166136261;
    for (const letter of text) a = Math.imul(a ^ letter.codePointAt(0), 16777619);
    return () => {
      a = (a + 0x6d2b79f5) | 0;
      let t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  function shuffled(list, next) {
    const copy = [...list];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [copy[i], copy[j]] = [copy[j], copy[i]];
    }
    return copy;
  }

  // All comparisons that there could be, question by question in turn, as many as wanted.
  function comparisons(next) {
    const all = plan.questions.map((question) => {
      const found = [];
      plan.items.forEach((item) => {
        for (let i = 0; i < item.media.length; i++)
          for (let j = i + 1; j < item.media.length; j++) {
            const sides = next() < 0.5 ? [i, j] : [j, i];
            found.push({ kind: "pair", question: question.key, text: question.text, item,
              beside: question.beside, left: item.media[sides[0]], right: item.media[sides[1]] });
          }
      });
      return shuffled(found, next);
    });
    const taken = [];
    for (let row = 0; taken.length < plan.pairs && row < all[0].length; row++)
      for (const found of all) if (taken.length < plan.pairs) taken.push(found[row]);
    return shuffled(taken, next);
  }

  // One side stands still, or both are the same.
  function check(number, next) {
    const item = plan.items[Math.floor(next() * plan.items.length)];
    const media = item.media[Math.floor(next() * item.media.length)];
    const still = item.video && number % 2 === 0 ? (next() < 0.5 ? "left" : "right") : null;
    return { kind: still ? "moves" : "same", question: "check", item, beside: "", left: media,
      right: media, still, text: still ? "In which of the two does the face move?"
        : plan.questions[0].text };
  }

  function planned(participant) {
    const next = random(`${plan.seed} ${plan.study} ${participant}`);
    const found = comparisons(next);
    for (let number = 0; number < plan.checks; number++) {
      const place = 1 + Math.floor(((number + next()) * found.length) / plan.checks);
      found.splice(place, 0, check(number, next));
    }
    const single = plan.items.flatMap((item) => item.media.map((media) => ({ item, media })));
    const rated = shuffled(single, next).slice(0, plan.ratings);
    return [...found, ...rated.map(({ item, media }) => ({ kind: "rating", question: "natural",
      text: "How natural does this look?", item, beside: "", media }))];
  }

  function begin() {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    const participant = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
    return { format: plan.format, study: plan.study, participant, agreed: false, finished: false,
      answers: [] };
  }

  function keep() {
    try {
      localStorage.setItem(store, JSON.stringify(state));
    } catch {
      at("problem").textContent = "This browser keeps nothing: do not reload before you have saved.";
    }
  }

  function kept() {
    try {
      const found = JSON.parse(localStorage.getItem(store));
      return found && found.study === plan.study && Array.isArray(found.answers) ? found : null;
    } catch {
      return null;
    }
  }

  function show(id) {
    for (const one of ["welcome", "trial", "end"]) at(one).hidden = one !== id;
    at(id).querySelector("h1").focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  function media(address, item, name, options = {}) {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.textContent = name;
    const video = /\.(mp4|webm)$/.test(address);
    const view = document.createElement(video ? "video" : "img");
    if (video) Object.assign(view, { muted: true, loop: true, playsInline: true, preload: "auto" });
    view.src = address;
    view.setAttribute(video ? "aria-label" : "alt", video ? `Video ${name}` : `Picture ${name}`);
    if (options.beside) figure.className = "beside";
    if (options.still) view.dataset.still = "";
    view.addEventListener("error", () => {
      at("problem").textContent = `A file of this page is missing or cannot be shown: ${address}.`;
    });
    figure.append(view, caption);
    return figure;
  }

  function play(from) {
    const videos = [...at("stage").querySelectorAll("video:not([data-still])")];
    for (const video of videos) {
      if (from !== undefined) video.currentTime = from;
      video.play().catch(() => {});
    }
    at("pause").firstChild.textContent = "Pause ";
  }

  function pause() {
    const videos = [...at("stage").querySelectorAll("video:not([data-still])")];
    if (videos.some((video) => !video.paused)) {
      videos.forEach((video) => video.pause());
      at("pause").firstChild.textContent = "Play ";
    } else play();
  }

  function choices(trial) {
    const words = trial.kind === "rating" ? RATINGS.map((word, i) => [String(i + 1), word])
      : [["left", "A"], ["tie", "No difference"], ["right", "B"]];
    at("choices").replaceChildren(...words.map(([value, word], place) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      Object.assign(input, { type: "radio", name: "choice", value, required: true });
      const key = document.createElement("kbd");
      key.textContent = place + 1;
      key.setAttribute("aria-hidden", "true");
      label.append(input, word, key);
      return label;
    }));
    at("choices").className = words.length === 3 ? "three" : "";
    at("next").disabled = true;
  }

  function step() {
    if (state.answers.length >= trials.length) return finish();
    const trial = trials[state.answers.length];
    const number = state.answers.length + 1;
    const figures = trial.kind === "rating" ? [media(trial.media, trial.item, "the result")]
      : ["left", "right"].map((side, place) =>
        media(trial[side], trial.item, "AB"[place], { still: trial.still === side }));
    if (trial.beside) {
      const name = trial.beside === "driver" ? "the example" : "the person";
      figures.push(media(trial.item[trial.beside], trial.item, name, { beside: true }));
    }
    at("count").textContent = `${number} of ${trials.length}`;
    at("bar").value = state.answers.length / trials.length;
    at("question").textContent = trial.text;
    at("legend").textContent = trial.text;
    at("hint").textContent = `Keys 1 to ${trial.kind === "rating" ? 5 : 3} choose.`;
    at("stage").replaceChildren(...figures);
    const moves = figures.some((figure) => figure.querySelector("video"));
    at("again").hidden = at("pause").hidden = !moves;
    choices(trial);
    show("trial");
    if (moves && !calm) play(0);
    else at("pause").firstChild.textContent = "Play ";
    shown = performance.now();
  }

  function answer(choice) {
    const trial = trials[state.answers.length];
    const common = { kind: trial.kind, question: trial.question,
      seconds: Math.round((performance.now() - shown) / 100) / 10 };
    state.answers.push(trial.kind === "rating"
      ? { ...common, media: trial.media, value: Number(choice) }
      : { ...common, left: trial.left, right: trial.right, still: trial.still ?? null, choice });
    keep();
    step();
  }

  function finish() {
    state.finished = true;
    keep();
    at("stage").replaceChildren();
    at("text").value = JSON.stringify(state, null, 1);
    show("end");
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(state, null, 1)],
      { type: "application/json" }));
    link.download = `answers-${state.participant}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    at("saved").textContent = `Saved as ${link.download}.`;
  }

  function start(found) {
    state = found || begin();
    trials = planned(state.participant);
    at("agree").checked = false;
    at("begin").disabled = true;
    at("saved").textContent = "";
    if (!state.agreed) show("welcome");
    else step();
  }

  at("agree").addEventListener("change", () => { at("begin").disabled = !at("agree").checked; });
  at("begin").addEventListener("click", () => { state.agreed = true; keep(); step(); });
  at("choices").addEventListener("change", () => { at("next").disabled = false; });
  at("again").addEventListener("click", () => play(0));
  at("pause").addEventListener("click", pause);
  at("trial").addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = at("choices").querySelector(":checked");
    if (chosen) answer(chosen.value);
  });
  at("save").addEventListener("click", save);
  at("anew").addEventListener("click", () => {
    if (confirm("This removes the answers from this browser. Have they been saved?")) start(null);
  });
  document.addEventListener("keydown", (event) => {
    if (at("trial").hidden || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    const option = at("choices").querySelectorAll("input")[Number(key) - 1];
    if (/^[1-5]$/.test(key) && option) {
      option.click();
      option.focus();
    } else if (key === "r" && !at("again").hidden) play(0);
    else if (key === "p" && !at("pause").hidden) pause();
    else if (key === "enter" && event.target.tagName !== "BUTTON" && !at("next").disabled) {
      event.preventDefault();
      at("trial").requestSubmit();
    }
  });
  start(kept());
})();
