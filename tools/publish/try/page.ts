// The live page: what is on it follows from its address, and every move changes the address.

import { read, write, type State, type Text } from "./address";
import { Model, SHIPPED } from "./model";
import { crossing, noise, plain, softmax, survivors, type Ranking } from "./samplers";
import { $, showBars, showCards, showText } from "./view";

const MORE = 24; // tokens that are written at once
const box = $<HTMLTextAreaElement>("prompt");
const menu = $<HTMLSelectElement>("examples");
const seed = $<HTMLInputElement>("seed");
const examples = Object.keys(SHIPPED.prompts);
const model = new Model(new URL("weights/", location.href).href);
const ended = (tokens: number[]) => SHIPPED.end.includes(tokens.at(-1)!);
const nothing = () => ({ tokens: [] as number[], probabilities: [] as number[] });

let state: State = read(location.hash || "#T=1", { prompt: examples[0], seed: 1, texts: [] });
let prompt: number[] = []; // its tokens
let texts: ReturnType<typeof nothing>[] = []; // what is there after it
let active = 0; // the text that the bars are about
let cursor: number | null = null; // a place in it, or its end
let addressed = 0; // the timer after which the address changes
let turn = 0; // the last change: what an earlier one began is left off

/** Show the cards and rows anew, and then all that follows from them. */
function rebuild(): Promise<void> {
  showCards(state.texts, (order) => (order ? rebuild() : update()));
  $("beside").textContent = state.texts.length > 1 ? "One text" : "A second text from here";
  return update();
}

/** Bring all up to date with the state: the address, the bars, the texts. */
async function update(): Promise<void> {
  const mine = ++turn;
  clearTimeout(addressed); // browsers refuse more than some hundred changes in half a minute
  addressed = setTimeout(() => history.replaceState(null, "", write(state)), 200);
  if (document.activeElement !== box) box.value = state.prompt;
  menu.value = examples.includes(state.prompt) ? state.prompt : "";
  seed.value = `${state.seed}`;
  active = Math.min(active, state.texts.length - 1);
  texts = state.texts.map((_, i) => texts[i] ?? nothing());
  say();
  try {
    const tokens = await model.tokenize(state.prompt);
    if (mine !== turn) return;
    prompt = tokens ?? [];
    if (prompt.length) {
      $("stop").hidden = false;
      await show();
      if (mine === turn) await writeTexts(mine);
      if (mine === turn) await show();
    } else {
      showTexts();
      $("bars").replaceChildren();
      say(tokens ? "empty" : "own");
    }
  } catch (error) {
    if (mine === turn) say((error as Error).message);
  }
  if (mine === turn) $("stop").hidden = true;
}

/** Write the texts side by side: at the same place, all of them draw with the same noise. */
async function writeTexts(mine: number): Promise<void> {
  const grown = state.texts.map(nothing);
  const lengths = state.texts.map(({ taken, draw }) => taken.length + draw);
  for (let place = 0; place < Math.max(...lengths); place++) {
    for (const [i, { tokens, probabilities }] of grown.entries()) {
      const { steps, taken } = state.texts[i];
      if (place >= lengths[i] || (place >= taken.length && ended(tokens))) continue;
      const ranked = await model.next([...prompt, ...tokens], i);
      if (mine !== turn || !ranked) return;
      const at =
        place < taken.length ? ranked.tokens.indexOf(taken[place]) : drawn(ranked, steps, place);
      tokens.push(ranked.tokens[at]);
      probabilities.push(plain(ranked)[at]);
    }
    texts = grown;
    showTexts();
  }
  texts = grown;
}

/** Return the place in the ranking that is drawn at a place of the text. */
function drawn(ranked: Ranking, steps: Text["steps"], place: number): number {
  const { kept, temperature } = survivors(ranked, steps);
  return kept[crossing(softmax(ranked, kept, temperature), noise(state.seed, place))];
}

/** Return the place that the bars stand at: nothing comes after an end. */
function here(): number {
  const { tokens } = texts[active];
  return Math.min(cursor ?? tokens.length, tokens.length - Number(ended(tokens)));
}

function showTexts(): void {
  const parting = texts[1]?.tokens.findIndex((token, i) => token !== texts[0].tokens[i]);
  texts.forEach(({ tokens, probabilities }, i) => {
    const words = tokens.map((token) => SHIPPED.words[token]);
    const places = { parting: i ? parting : -1, cursor: i === active ? here() : -1 };
    const written = { prompt: state.prompt, words, probabilities, ended: ended(tokens), ...places };
    showText(i, written, (place, byKey) => {
      [active, cursor] = [i, place < tokens.length ? place : null];
      show();
      if (byKey) document.querySelector<HTMLElement>(`.text-${i} [tabindex="0"]`)?.focus();
    });
  });
  $<HTMLButtonElement>("back").disabled = !texts[active].tokens.length;
}

/** Show the texts, and what comes next at the cursor. */
async function show(): Promise<void> {
  showTexts();
  const [mine, place, { tokens }] = [turn, here(), texts[active]];
  const ranked = await model.next([...prompt, ...tokens.slice(0, place)], active);
  if (mine !== turn) return;
  if (!ranked) {
    $("bars").replaceChildren();
    return say("further");
  }
  const found = state.texts.map(({ steps }) => survivors(ranked, steps));
  const after = found.map(({ kept, temperature }) => {
    const p = new Float64Array(ranked.tokens.length);
    softmax(ranked, kept, temperature).forEach((each, i) => (p[kept[i]] = each));
    return p;
  });
  const counts = found.map((each) => each.counts);
  showBars(
    { tokens: ranked.tokens, before: plain(ranked), after, counts, chosen: tokens[place] },
    (token) => {
      Object.assign(state.texts[active], { taken: [...tokens.slice(0, place), token], draw: 0 });
      cursor = null;
      update();
    },
  );
}

/** Keep so many tokens of a text; what was drawn may be drawn anew, what was taken stays. */
function keep(i: number, place: number): void {
  const text = state.texts[i];
  text.taken = text.taken.slice(0, place);
  text.draw = place - text.taken.length;
  cursor = null;
}

/** What the buttons do. */
const acts = {
  draw() {
    keep(active, here());
    state.texts[active].draw++;
  },
  write() {
    keep(active, here());
    for (const text of state.texts) text.draw += MORE;
  },
  back() {
    keep(active, Math.max(0, cursor ?? texts[active].tokens.length - 1));
  },
  beside() {
    const { steps } = state.texts[active];
    const taken = texts[active].tokens.slice(0, here());
    if (state.texts.length > 1) state.texts = [state.texts[active]];
    else state.texts.push({ steps: [...steps], taken, draw: 0 });
    [active, cursor] = [state.texts.length - 1, null];
  },
};

/** Leave off reading a long prompt, or writing. */
function stop(): void {
  turn++;
  model.stop();
  texts.forEach(({ tokens }, i) => keep(i, tokens.length));
  if (texts[active].tokens.length) return void update();
  $("stop").hidden = true;
  say("stopped");
}

/** Say one of the page's sentences, or nothing, or what went wrong. */
function say(what = "", place = "said"): void {
  const sentence = document.querySelector(`[data-say="${what}"]`);
  $(place).textContent = sentence ? sentence.textContent : what;
}

function choosePrompt(text: string): void {
  state.prompt = text;
  for (const each of state.texts) Object.assign(each, { taken: [], draw: 0 });
  [texts, cursor] = [[], null];
  update();
}

/** Fetch the model, or what of it is missing; then the prompt may be any. */
async function load(): Promise<void> {
  const [button, bar] = [$("load"), $<HTMLProgressElement>("progress")];
  [button.hidden, bar.hidden] = [true, false];
  say("loading", "model");
  model.progress = (done, bytes) => ([bar.value, bar.max] = [done, bytes]);
  try {
    say((await model.load()) ? "kept" : "not kept", "model");
    document.documentElement.dataset.model = "ready";
    update();
  } catch (error) {
    const { message } = error as Error;
    say(message, "model");
    button.hidden = message === "no SIMD" || message === "memory";
  }
  bar.hidden = true;
}

/** Say what of the model is there, and keep the page itself for a visit without a network. */
async function prepare(): Promise<void> {
  if (location.protocol === "file:") return say("file", "model");
  navigator.serviceWorker?.register("service.js").then(keepPage, () => {});
  if (await model.kept()) await load();
  else $("load").hidden = false;
}

/** `service.ts` looks there. */
async function keepPage(): Promise<void> {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const own = loaded.filter((name) => name.startsWith(location.origin) && !name.endsWith(".bin"));
  const others = ["try.html", "lib/try/worker.js", "weights/model.json"];
  const all = others.map((name) => new URL(name, location.href).href).concat(own);
  await (await caches.open("try-page")).addAll([...new Set(all)]);
}

/** The six steps of the tour: each is a state of the page. */
function tour(step: number): void {
  const steps = [...document.querySelectorAll<HTMLElement>("#tour li")];
  steps.forEach((each, i) => (each.hidden = i !== step));
  $("tour").hidden = step >= steps.length;
  $<HTMLButtonElement>("earlier").disabled = step === 0;
  $("later").textContent = step === steps.length - 1 ? "Close" : "Next";
  $("earlier").onclick = () => tour(step - 1);
  $("later").onclick = () => tour(step + 1);
  if (steps[step]) location.hash = steps[step].dataset.state!;
  else $("start").focus();
}

for (const each of examples) menu.add(new Option(each, each));
box.onchange = () => box.value !== state.prompt && choosePrompt(box.value);
box.onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault();
  choosePrompt(box.value);
};
menu.onchange = () => menu.value && choosePrompt(menu.value);
seed.onchange = () => {
  state.seed = Math.trunc(seed.valueAsNumber) || 0;
  update();
};
for (const [id, act] of Object.entries(acts)) {
  $(id).onclick = () => {
    act();
    rebuild();
  };
}
$("load").onclick = load;
$("stop").onclick = stop;
$("start").onclick = () => tour(0);
addEventListener("hashchange", () => {
  state = read(location.hash, state);
  [active, cursor, texts] = [0, null, []];
  rebuild();
});
rebuild().then(() => (document.documentElement.dataset.ready = ""));
prepare();
