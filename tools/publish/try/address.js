// What the address says after its #, so that a link can name all that is on the page:
//
//     #prompt=The+weather+today+is&seed=1&T=0.8&top_p=0.9&draw=24&beside&T=1.5&draw=24
//
// The order of the names is the order of the steps; what follows `beside` is the second text.

/** @typedef {import("./samplers.js").Step} Step */

/** A text: its steps, the tokens that stay, and how many more are drawn. */
/** @typedef {{steps: Step[], taken: number[], draw: number}} Text */
/** @typedef {{prompt: string, seed: number, texts: Text[]}} State */

/** Of each step the settings that its slider has, and where it starts. */
export const SETTINGS = /** @type {Record<string, {values: number[], start: number}>} */ ({
  temperature: { values: [...range(1, 20, 20), ...range(11, 20, 10), ...range(9, 20, 4)], start: 0.7 },
  top_k: { values: [...range(1, 20), ...range(5, 20, 0.2), 200, 500, 1000, 5000], start: 40 },
  top_p: { values: [...range(1, 19, 20), 0.97, 0.99, 0.999, 1], start: 0.9 },
  min_p: { values: [0, 0.001, 0.002, 0.005, 0.01, 0.02, ...range(1, 20, 20)], start: 0.1 },
  typical_p: { values: [...range(1, 19, 20), 0.97, 0.99, 0.999, 1], start: 0.9 },
  epsilon_cutoff: { values: [0.0001, 0.0003, 0.0006, ...range(1, 20, 1000), 0.03, 0.05, 0.1], start: 0.001 },
  eta_cutoff: { values: [0.0001, 0.0003, 0.0006, ...range(1, 20, 1000), 0.03, 0.05, 0.1], start: 0.001 },
  top_n_sigma: { values: range(1, 50, 10), start: 1 },
  xtc: { values: [0.01, 0.02, ...range(1, 10, 20), 1], start: 0.1 },
});

/**
 * @param {number} first
 * @param {number} last
 * @param {number} divisor
 */
function range(first, last, divisor = 1) {
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) / divisor);
}

/**
 * Read an address; what it does not say is as in `otherwise`, and what is out of range is left out.
 *
 * @param {string} hash
 * @param {State} otherwise
 * @returns {State}
 */
export function read(hash, otherwise) {
  const state = { prompt: otherwise.prompt, seed: otherwise.seed, texts: [empty()] };
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const text = state.texts[state.texts.length - 1];
    const name = key === "T" ? "temperature" : key;
    const number = value.trim() === "" ? NaN : Number(value);
    if (name === "prompt") state.prompt = value;
    if (name === "seed" && Number.isSafeInteger(number)) state.seed = number;
    if (name === "beside" && state.texts.length < 2) state.texts.push(empty());
    if (name === "taken") text.taken = value.split(".").filter(Boolean).map(Number).filter(isToken);
    if (name === "draw" && number >= 0) text.draw = Math.min(Math.floor(number), 256);
    const values = SETTINGS[name]?.values;
    const fits = values && number >= values[0] && number <= values[values.length - 1];
    if (fits && !text.steps.some(([step]) => step === name)) {
      text.steps.push([name, name === "top_k" ? Math.round(number) : number]);
    }
  }
  return state;
}

/** @param {State} state */
export function write({ prompt, seed, texts }) {
  const parameters = new URLSearchParams([["prompt", prompt], ["seed", `${seed}`]]);
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

/** @returns {Text} */
function empty() {
  return { steps: [], taken: [], draw: 0 };
}

/** @param {number} token */
function isToken(token) {
  return Number.isInteger(token) && token >= 0 && token < 49152;
}
