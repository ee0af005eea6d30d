// What is seen: settings, bars and texts. Everything here draws; `page.js` decides.

import { SETTINGS } from "./address.js";
import { percent, pieces, tint, visible } from "./words.js";

/** @typedef {import("./address.js").Text} Text */

export const BARS = 10;
const NAMES = ["A", "B"];

/**
 * Make an element.
 *
 * @param {string} tag
 * @param {Record<string, any>} properties attributes, and functions for events
 * @param {(Node | string)[]} children
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/**
 * A card with the steps of one text in their order.
 *
 * @param {Text} text
 * @param {number} number
 * @param {(structure: boolean) => void} changed
 */
export function settings(text, number, changed) {
  const rows = text.steps.map(([name], i) => {
    const { values } = SETTINGS[name];
    const label = spoken(name);
    const said = element("output", {}, `${text.steps[i][1]}`);
    const nearest = values.findIndex((value) => value >= text.steps[i][1]);
    const slider = /** @type {HTMLInputElement} */ (
      element("input", {
        type: "range", min: 0, max: values.length - 1, value: nearest,
        "aria-label": `${label}, ${NAMES[number]}`, "aria-valuetext": text.steps[i][1],
        input: () => {
          text.steps[i] = [name, values[slider.valueAsNumber]];
          said.textContent = `${values[slider.valueAsNumber]}`;
          slider.setAttribute("aria-valuetext", said.textContent);
          changed(false);
        },
      })
    );
    slider.value = `${nearest}`;
    const earlier = () => {
      text.steps.splice(i - 1, 2, text.steps[i], text.steps[i - 1]);
      changed(true);
    };
    const off = () => {
      text.steps.splice(i, 1);
      changed(true);
    };
    return element("li", {},
      element("span", { class: "name" }, label), slider, said,
      element("button", { type: "button", disabled: i === 0, click: earlier, "aria-label": `${label} earlier` }, "↑"),
      element("button", { type: "button", click: off, "aria-label": `${label} off` }, "×"),
    );
  });
  const missing = Object.keys(SETTINGS).filter((name) => !text.steps.some(([step]) => step === name));
  const add = /** @type {HTMLSelectElement} */ (
    element("select", {
      "aria-label": `Add a step to ${NAMES[number]}`,
      change: () => {
        text.steps.push([add.value, SETTINGS[add.value].start]);
        changed(true);
      },
    }, element("option", {}, "add a step …"), ...missing.map((name) => element("option", { value: name }, spoken(name))))
  );
  const what = rows.length ? "in this order" : "the model as it is: T = 1, nothing cut off";
  return element("section", { class: `settings text-${number}`, "aria-label": `Settings of ${NAMES[number]}` },
    element("h3", {}, element("b", {}, NAMES[number]), ` ${what}`),
    element("ol", {}, ...rows), ...(missing.length ? [add] : []));
}

/** @param {string} name */
function spoken(name) {
  return name.replaceAll("_", "-").replace("top-n-sigma", "top-nσ").replace("xtc", "XTC").replace(/-cutoff$/, " cutoff");
}

/**
 * The bars of the next token: the model's, and what the settings make of them.
 *
 * @param {HTMLElement} place
 * @param {{words: string[], ranked: import("./samplers.js").Ranking, plain: Float64Array,
 *   after: Float64Array[], kept: number[], marked: number | undefined}} shown `after`: for each
 *   setting the probabilities by place of the ranking; `marked`: the token that the text has here
 * @param {(token: number) => void} take
 */
export function bars(place, { words, ranked, plain, after, kept, marked }, take) {
  const row = (/** @type {string} */ label, /** @type {(p: Float64Array) => number} */ of, /** @type {number | null} */ token) => {
    const shares = [of(plain), ...after.map(of)];
    const drawn = shares.map((share, i) =>
      element("span", { class: i ? `bar text-${i - 1}` : "bar before", style: `width: ${100 * share}%` }));
    const said = shares.map(percent).join(" → ").replace(/( → [^→]*) →/, "$1,");
    const name = token === null ? element("span", { class: "offer" }, label)
      : element("button", { class: "offer", type: "button", click: () => take(token),
          "aria-label": `take ${label}, ${said}`, "aria-pressed": token === marked }, label);
    return element("li", { class: token !== null && after.every((p) => of(p) === 0) ? "cut" : "" },
      name, element("span", { class: "track", "aria-hidden": "true" }, ...drawn), element("span", { class: "share" }, said));
  };
  const rows = [...ranked.tokens.slice(0, BARS)].map((token, i) => row(visible(words[token]), (p) => p[i], token));
  const others = ranked.tokens.length - BARS;
  const rest = row(`${others.toLocaleString("en")} others`, (p) => Math.max(0, p.slice(BARS).reduce((a, b) => a + b, 0)), null);
  const focused = [...place.querySelectorAll("button")].indexOf(/** @type {any} */ (document.activeElement));
  place.replaceChildren(element("ol", { class: "bars" }, ...rows, rest), element("p", { class: "kept" },
    ...kept.flatMap((count, i) => [i ? ", " : "", element("b", { class: `text-${i}` }, NAMES[i]),
      ` keeps ${count === ranked.tokens.length ? "all " : ""}${count.toLocaleString("en")}`]),
    ` of ${ranked.tokens.length.toLocaleString("en")} tokens; gray: the model`));
  if (focused >= 0) place.querySelectorAll("button")[focused]?.focus();
}

/**
 * A text, each token on the tint of its probability under the model.
 *
 * @param {HTMLElement} place
 * @param {{prompt: string, words: string[], probabilities: number[], parting: number,
 *   cursor: number | null, number: number, ended: boolean}} shown `parting`: where it leaves the other text
 * @param {(at: number) => void} choose
 */
export function text(place, { prompt, words, probabilities, parting, cursor, number, ended }, choose) {
  const at = cursor ?? words.length;
  const tokens = pieces(words).map((piece, i) =>
    element("span", {
      class: `token tint-${tint(probabilities[i])}${i === parting ? " parts" : ""}`,
      role: "radio", "aria-checked": i === at, tabindex: i === Math.min(at, words.length - 1) ? 0 : -1,
      title: `${visible(words[i])} ${percent(probabilities[i])}`,
      click: () => choose(i),
      keydown: (/** @type {KeyboardEvent} */ event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        choose(Math.max(0, Math.min(words.length, i + step)), true);
      },
    }, ended && i === words.length - 1 ? " end" : piece.replaceAll("\n", "↵\n") || "◌"));
  const group = element("p", { class: "tokens", role: words.length ? "radiogroup" : null, "aria-label": `Tokens of ${NAMES[number]}` },
    element("i", {}, prompt), ...tokens, cursor === null ? "" : element("span", { class: "end", click: () => choose(words.length) }, "▸"));
  place.replaceChildren(element("b", { class: "name" }, NAMES[number]), group);
}
