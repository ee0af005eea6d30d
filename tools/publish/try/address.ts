// What the address says after its #, so that a link can name all that is on the page:
//
//     #prompt=The+weather+today+is&seed=1&T=0.8&top_p=0.9&draw=24&beside=&T=1.5&draw=24
//
// The order of the names is the order of the steps; what follows `beside` is the second text.

import { SHIPPED } from "./model";
import type { Step } from "./samplers";

/** A text: its steps, the tokens that stay, and how many more are drawn. */
export type Text = { steps: Step[]; taken: number[]; draw: number };
export type State = { prompt: string; seed: number; texts: Text[] };

const MOST = 256; // tokens that an address may ask for

/** Read an address; what is unknown or out of range in it is left out. */
export function read(hash: string, { prompt, seed }: State): State {
  const state: State = { prompt, seed, texts: [{ steps: [], taken: [], draw: 0 }] };
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const text = state.texts.at(-1)!;
    const name = key === "T" ? "temperature" : key;
    const number = value.trim() ? Number(value) : NaN;
    const values = SHIPPED.steps[name]?.values;
    if (name === "prompt") state.prompt = value;
    if (name === "seed" && Number.isSafeInteger(number)) state.seed = number;
    if (name === "beside" && state.texts.length < 2)
      state.texts.push({ steps: [], taken: [], draw: 0 });
    if (name === "taken")
      text.taken = (value.match(/\d+/g) ?? [])
        .map(Number)
        .filter((each) => each < SHIPPED.words.length);
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
