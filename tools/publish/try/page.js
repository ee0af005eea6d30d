// The live page: what is on it follows from its address, and every move changes the address.

import { read, write } from "./address.js";
import { Model } from "./model.js";
import { crossing, noise, softmax, survivors } from "./samplers.js";
import { bars, element, settings, text as showText } from "./view.js";

/** @typedef {import("./samplers.js").Ranking} Ranking */

const MORE = 24; // tokens that are written at once
const MB = 1e6;
const PROBLEMS = /** @type {Record<string, string>} */ ({
  file: "This page was opened from a file, and browsers let a file read no others: the prompts in the menu work. Put the folder on any web server for your own.",
  "no SIMD": "This browser has no WebAssembly with SIMD, which the model needs: the prompts in the menu work.",
  memory: "The browser gave too little memory, 200 MB, for the model: the prompts in the menu work.",
  damaged: "A piece of the weights was damaged on its way. Try again.",
  network: "The network was interrupted. What has arrived is kept: try again.",
  full: "The text is full: the page reads 1,024 tokens at most.",
});

const shipped = /** @type {import("./model.js").Shipped} */ (/** @type {any} */ (globalThis).SHIPPED);
const model = new Model(shipped);
const examples = Object.keys(shipped.prompts);
const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const promptBox = /** @type {HTMLTextAreaElement} */ ($("prompt"));
const menu = /** @type {HTMLSelectElement} */ ($("examples"));
const seedBox = /** @type {HTMLInputElement} */ ($("seed"));
const weights = new URL("weights/", location.href);

let state = read(location.hash, { prompt: examples[0], seed: 1, texts: [] });
/** Of each text, what is there: tokens, and the model's probability of each. */
let texts = /** @type {{tokens: number[], probabilities: number[]}[]} */ ([]);
let prompt = /** @type {number[] | null} */ (null);
let active = 0; // the text that the bars stand after
let cursor = /** @type {number | null} */ (null); // a place in it, or its end
let turn = 0; // the last change: what an earlier one began is left off
let writing = false;

/** Show the settings anew, and then all that follows from them. */
function rebuild() {
  $("settings").replaceChildren(...state.texts.map((text, i) => settings(text, i, (structure) => (structure ? rebuild() : update()))));
  $("texts").replaceChildren(...state.texts.map((_, i) => element("div", { class: `text text-${i}` })));
  $("beside").textContent = state.texts.length > 1 ? "One text" : "A second text from here";
  return update();
}

/** Bring everything up to date: the address, the prompt's tokens, the bars, the texts. */
async function update() {
  const mine = ++turn;
  history.replaceState(null, "", write(state));
  if (document.activeElement !== promptBox) promptBox.value = state.prompt;
  menu.value = examples.includes(state.prompt) ? state.prompt : "";
  seedBox.value = `${state.seed}`;
  active = Math.min(active, state.texts.length - 1);
  try {
    prompt = await model.tokenize(state.prompt);
    if (mine !== turn) return;
    texts = texts.filter((_, i) => i < state.texts.length);
    say(prompt ? (prompt.length ? "" : "The prompt needs a character or more.") : "A prompt of your own needs the model.");
    if (prompt?.length) {
      await showBars();
      writing = true;
      $("stop").hidden = false;
      await writeTexts(mine);
    }
    if (mine === turn) await show();
  } catch (error) {
    if (mine === turn) say(PROBLEMS[/** @type {Error} */ (error).message] ?? `${error}`);
  }
  if (mine === turn) {
    writing = false;
    $("stop").hidden = true;
  }
}

/**
 * Write the texts side by side: at each place all draw with the same noise.
 *
 * @param {number} mine
 */
async function writeTexts(mine) {
  const grown = state.texts.map(() => ({ tokens: /** @type {number[]} */ ([]), probabilities: /** @type {number[]} */ ([]) }));
  const length = Math.max(...state.texts.map(({ taken, draw }) => taken.length + draw));
  for (let place = 0; place < length; place++) {
    for (const [i, { steps, taken, draw }] of state.texts.entries()) {
      const { tokens, probabilities } = grown[i];
      if (place >= taken.length + draw || (place >= taken.length && ended(tokens))) continue;
      const ranked = await model.next([.../** @type {number[]} */ (prompt), ...tokens], i);
      if (mine !== turn || !ranked) return;
      const { kept, temperature } = survivors(ranked, steps);
      const drawn = kept[crossing(softmax(ranked, kept, temperature), noise(state.seed, place))];
      const at = place < taken.length ? ranked.tokens.indexOf(taken[place]) : drawn;
      tokens.push(ranked.tokens[at]);
      probabilities.push(softmax(ranked, Uint32Array.from(ranked.tokens.keys()), 1)[at]);
    }
    texts = state.texts.map((_, i) => (grown[i].tokens.length > place || !texts[i] ? grown[i] : texts[i]));
    texts = grown;
    showTexts();
  }
  texts = grown;
}

/** @param {number[]} tokens */
function ended(tokens) {
  return shipped.end.includes(tokens[tokens.length - 1]);
}

async function show() {
  showTexts();
  await showBars();
}

function showTexts() {
  const [a, b] = texts;
  const parting = a && b ? b.tokens.findIndex((token, i) => token !== a.tokens[i]) : -1;
  texts.forEach(({ tokens, probabilities }, i) => {
    const words = tokens.map((token) => shipped.words[token]);
    showText(/** @type {HTMLElement} */ ($("texts").children[i]), {
      prompt: state.prompt, words, probabilities, number: i, ended: ended(tokens),
      parting: i ? parting : -1, cursor: i === active ? cursor : null,
    }, (at, byKey = false) => {
      [active, cursor] = [i, at < tokens.length ? at : null];
      show();
      if (byKey) /** @type {HTMLElement} */ ($("texts").children[i].querySelector("[tabindex='0']"))?.focus();
    });
  });
  /** @type {HTMLButtonElement} */ ($("back")).disabled = !texts[active]?.tokens.length;
}

/** Show what comes next after the cursor: the model's bars, and what each setting makes of them. */
async function showBars() {
  const tokens = texts[active]?.tokens ?? [];
  const before = tokens.slice(0, cursor ?? tokens.length);
  const ranked = await model.next([.../** @type {number[]} */ (prompt), ...before], active);
  if (!ranked) return $("bars").replaceChildren(element("p", {}, "What comes next needs the model."));
  const all = Uint32Array.from(ranked.tokens.keys());
  const after = state.texts.map(({ steps }) => {
    const { kept, temperature } = survivors(ranked, steps);
    const p = new Float64Array(all.length);
    softmax(ranked, kept, temperature).forEach((each, i) => (p[kept[i]] = each));
    return { p, count: kept.length };
  });
  bars($("bars"), {
    words: shipped.words, ranked, plain: softmax(ranked, all, 1), after: after.map(({ p }) => p),
    kept: after.map(({ count }) => count), marked: cursor === null ? undefined : tokens[cursor],
  }, take);
}

/** @param {number} token */
function take(token) {
  const tokens = texts[active]?.tokens ?? [];
  const text = state.texts[active];
  [text.taken, text.draw, cursor] = [[...tokens.slice(0, cursor ?? tokens.length), token], 0, null];
  update();
}

/** @param {number} more */
function draw(more) {
  for (const [i, text] of state.texts.entries()) {
    if (more === 1 && i !== active) continue;
    if (i === active && cursor !== null) take_up_to(cursor);
    text.draw = (texts[i]?.tokens.length ?? 0) - text.taken.length + more;
  }
  cursor = null;
  update();
}

/** @param {number} place */
function take_up_to(place) {
  const text = state.texts[active];
  const { tokens, probabilities } = texts[active];
  text.taken = text.taken.slice(0, place);
  text.draw = place - text.taken.length;
  texts[active] = { tokens: tokens.slice(0, place), probabilities: probabilities.slice(0, place) };
}

function back() {
  const length = texts[active]?.tokens.length ?? 0;
  if (length) take_up_to((cursor ?? length) - (cursor === null ? 1 : 0));
  cursor = null;
  update();
}

function beside() {
  if (state.texts.length > 1) state.texts = [state.texts[active]];
  else {
    const tokens = texts[0]?.tokens ?? [];
    const text = state.texts[0];
    state.texts.push({ steps: [...text.steps], taken: tokens.slice(0, cursor ?? tokens.length), draw: 0 });
    [active, cursor] = [1, null];
  }
  rebuild();
}

/** @param {string} sentence */
function say(sentence) {
  $("said").textContent = sentence;
}

async function load() {
  const button = /** @type {HTMLButtonElement} */ ($("load"));
  const bar = /** @type {HTMLProgressElement} */ ($("progress"));
  button.hidden = true;
  bar.hidden = false;
  model.progress = (done, bytes) => {
    [bar.value, bar.max] = [done, bytes];
    $("model").textContent = `The model is on its way: ${Math.floor(done / MB)} of ${Math.ceil(bytes / MB)} MB.`;
  };
  try {
    const { kept, memory } = await model.load(weights);
    document.documentElement.dataset.memory = `${memory}`;
    $("model").textContent = kept
      ? "SmolLM2 runs in this page, and is kept for the next visit, with or without a network."
      : "SmolLM2 runs in this page. This browser or window keeps nothing, so the next visit fetches it again.";
    document.documentElement.dataset.model = "ready";
    update();
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    const known = Object.keys(PROBLEMS).find((name) => message.includes(name)) ?? "network";
    $("model").textContent = PROBLEMS[known];
    button.hidden = ["no SIMD", "memory"].includes(known);
  }
  bar.hidden = true;
}

async function begin() {
  menu.append(element("option", { value: "" }, "…"), ...examples.map((each) => element("option", { value: each }, each)));
  promptBox.addEventListener("change", () => choosePrompt(promptBox.value));
  menu.addEventListener("change", () => menu.value && choosePrompt(menu.value));
  seedBox.addEventListener("change", () => {
    state.seed = Math.trunc(seedBox.valueAsNumber) || 0;
    update();
  });
  const buttons = { draw: () => draw(1), write: () => draw(MORE), back, beside, load, stop };
  for (const [id, act] of Object.entries(buttons)) $(id).addEventListener("click", act);
  addEventListener("hashchange", () => {
    state = read(location.hash, state);
    [active, cursor, texts] = [0, null, []];
    rebuild();
  });
  await rebuild();
  document.documentElement.dataset.ready = "";
  if (location.protocol === "file:") {
    $("model").textContent = PROBLEMS.file;
    return;
  }
  navigator.serviceWorker?.register("service.js").then(keepPage, () => {});
  const kept = await model.kept(weights).catch(() => 0);
  if (kept) load();
  else $("load").hidden = false;
}

function stop() {
  model.stop();
  turn++;
  for (const [i, text] of state.texts.entries()) text.draw = Math.max(0, (texts[i]?.tokens.length ?? 0) - text.taken.length);
  update();
}

/** @param {string} text */
function choosePrompt(text) {
  state = { ...state, prompt: text, texts: state.texts.map(({ steps }) => ({ steps, taken: [], draw: 0 })) };
  [cursor, texts] = [null, []];
  promptBox.value = text;
  update();
}

/** Keep the page itself, so that it opens without a network: `service.js` looks there. */
async function keepPage() {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const own = loaded.filter((name) => name.startsWith(location.origin) && !name.includes("/weights/"));
  const cache = await caches.open("try-page");
  await cache.addAll([location.pathname, new URL("weights/model.json", location.href).href, ...new Set(own)]);
}

begin();
