// What the address says after its #, so that a link can name all that is on the page:
//
//     #prompt=The+weather+today+is&seed=1&T=0.8&top_p=0.9&draw=24&beside=&T=1.5&draw=24
//
// The order of the names is the order of the steps; what follows `beside` is the second text.

import type { Step } from "./samplers";

/** A text: its steps, the tokens that stay, and how many more are drawn. */
export type Text = { steps: Step[]; taken: number[]; draw: number };
export type State = { prompt: string; seed: number; texts: Text[] };
type Setting = { label: string; about: string; values: number[]; start: number };

const MOST = 256; // tokens that an address may ask for
const SHARES = [...range(1, 19, 20), 0.97, 0.99, 0.999, 1];
const CUTOFFS = [0.0001, 0.0003, 0.0006, ...range(1, 20, 1000), 0.03, 0.05, 0.1];

/** Each step: what it does, the settings of its slider, and where that starts. */
export const SETTINGS: Record<string, Setting> = {
  temperature: {
    label: "temperature",
    about: "divides the scores",
    values: [...range(1, 20, 20), ...range(11, 20, 10), ...range(9, 20, 4)],
    start: 0.7,
  },
  top_k: {
    label: "top-k",
    about: "keeps the k likeliest",
    values: [...range(1, 20), ...range(5, 20, 0.2), 200, 500, 1000, 5000],
    start: 40,
  },
  top_p: {
    label: "top-p",
    about: "keeps the likeliest that together reach p",
    values: SHARES,
    start: 0.9,
  },
  min_p: {
    label: "min-p",
    about: "keeps what is p times as likely as the likeliest",
    values: [0, 0.001, 0.002, 0.005, 0.01, 0.02, ...range(1, 20, 20)],
    start: 0.1,
  },
  typical_p: {
    label: "typical-p",
    about: "keeps those of nearly average surprise that reach p",
    values: SHARES,
    start: 0.9,
  },
  epsilon_cutoff: {
    label: "epsilon cutoff",
    about: "keeps what has at least this probability",
    values: CUTOFFS,
    start: 0.001,
  },
  eta_cutoff: {
    label: "eta cutoff",
    about: "the same, and keeps more where the model is unsure",
    values: CUTOFFS,
    start: 0.001,
  },
  top_n_sigma: {
    label: "top-nσ",
    about: "keeps scores at most n deviations below the largest",
    values: range(1, 50, 10),
    start: 1,
  },
  xtc: {
    label: "XTC",
    about: "of those that reach this probability, keeps the least likely",
    values: [0.01, 0.02, ...range(1, 10, 20), 1],
    start: 0.1,
  },
};

function range(first: number, last: number, divisor = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) / divisor);
}

/** Read an address; what is unknown or out of range in it is left out. */
export function read(hash: string, { prompt, seed }: State): State {
  const state: State = { prompt, seed, texts: [{ steps: [], taken: [], draw: 0 }] };
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const text = state.texts.at(-1)!;
    const name = key === "T" ? "temperature" : key;
    const number = value.trim() ? Number(value) : NaN;
    const values = SETTINGS[name]?.values;
    if (name === "prompt") state.prompt = value;
    if (name === "seed" && Number.isSafeInteger(number)) state.seed = number;
    if (name === "beside" && state.texts.length < 2)
      state.texts.push({ steps: [], taken: [], draw: 0 });
    if (name === "taken")
      text.taken = (value.match(/\d+/g) ?? []).map(Number).filter((each) => each < 49152);
    if (name === "draw" && number >= 0) text.draw = Math.min(Math.floor(number), MOST);
    if (!values || !(number >= values[0] && number <= values.at(-1)!)) continue;
    if (text.steps.some(([step]) => step === name)) continue;
    text.steps.push([name, name === "top_k" ? Math.round(number) : number]);
  }
  return state;
}

/** Write the address of what is on the page. */
export function write({ prompt, seed, texts }: State): string {
  const parameters = new URLSearchParams({ prompt, seed: `${seed}` });
  texts.forEach(({ steps, taken, draw }, i) => {
    if (i) parameters.append("beside", "");
    for (const [name, setting] of steps) {
      parameters.append(name === "temperature" ? "T" : name, `${setting}`);
    }
    if (taken.length) parameters.append("taken", taken.join("."));
    if (draw) parameters.append("draw", `${draw}`);
  });
  return `#${parameters}`;
}
