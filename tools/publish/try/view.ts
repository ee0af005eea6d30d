// What is seen: settings, bars and texts. Everything here draws, mostly into copies of the page's
// templates; `page.ts` decides.

import type { Text } from "./address";
import { SHIPPED } from "./model";
import { sum } from "./samplers";
import { percent, pieces, tint, visible } from "./words";

export const $ = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const LETTERS = ["A", "B"]; // of the texts
const BARS = 10;

/** A copy of one of the page's templates, and a function that finds an element in it. */
function copy(name: string) {
  const template = $<HTMLTemplateElement>(name).content.firstElementChild!;
  const made = template.cloneNode(true) as HTMLElement;
  return [made, <T extends HTMLElement>(where: string) => made.querySelector(where) as T] as const;
}

function span(className: string, textContent = "", ariaLabel: string | null = null) {
  const made = document.createElement("span");
  return Object.assign(made, { className, textContent, ariaLabel });
}

/** Show for each text a card with its steps, and a row; `changed` is told whether the order did. */
export function showCards(texts: Text[], changed: (order: boolean) => void): void {
  const focused = document.activeElement?.ariaLabel; // what had it may be drawn anew
  $("settings").replaceChildren(...texts.map((text, number) => card(text, number, changed)));
  $("texts").replaceChildren(...texts.map((_, number) => span(`text text-${number}`)));
  const again = [...$("settings").querySelectorAll<HTMLElement>("[aria-label]")];
  again.find((each) => focused && each.ariaLabel === focused)?.focus();
}

function card(text: Text, number: number, changed: (order: boolean) => void) {
  const [made, find] = copy("card");
  made.classList.add(`text-${number}`);
  made.ariaLabel = `Settings of ${LETTERS[number]}`;
  find(".name").textContent = LETTERS[number];
  find(text.steps.length ? ".none" : ".some").remove();
  find("ol").append(...text.steps.map((_, i) => stepRow(text, i, number, changed)));
  const add = find<HTMLSelectElement>("select");
  add.ariaLabel = `Add a step to ${LETTERS[number]}`;
  for (const [name, { label }] of Object.entries(SHIPPED.steps)) {
    if (!text.steps.some(([step]) => step === name)) add.add(new Option(label, name));
  }
  add.onchange = () => {
    text.steps.push([add.value, SHIPPED.steps[add.value].start]);
    changed(true);
  };
  return made;
}

function stepRow(text: Text, i: number, number: number, changed: (order: boolean) => void) {
  const [row, find] = copy("step");
  const [name, setting] = text.steps[i];
  const { label, about, values } = SHIPPED.steps[name];
  find(".name").textContent = label;
  find(".does").textContent = about;
  const slider = find<HTMLInputElement>("input");
  const say = (value: number) => {
    find("output").textContent = `${value}`;
    slider.setAttribute("aria-valuetext", `${value}`);
  };
  slider.max = `${values.length - 1}`;
  slider.value = `${values.findIndex((value) => value >= setting)}`;
  slider.ariaLabel = `${label} of ${LETTERS[number]}`;
  say(setting);
  slider.oninput = () => {
    text.steps[i] = [name, values[slider.valueAsNumber]];
    say(values[slider.valueAsNumber]);
    changed(false);
  };
  const others = text.steps.toSpliced(i, 1);
  const moves = { earlier: others.toSpliced(i - 1, 0, text.steps[i]), off: others };
  for (const [what, steps] of Object.entries(moves)) {
    const button = find<HTMLButtonElement>(`.${what}`);
    button.ariaLabel = `${label} of ${LETTERS[number]} ${what}`;
    button.disabled = what === "earlier" && i === 0;
    button.onclick = () => {
      text.steps = steps;
      changed(true);
    };
  }
  return row;
}

export interface Next {
  tokens: Uint32Array; // the likeliest first
  before: Float64Array; // their probabilities under the model
  after: Float64Array[]; // and with the settings of each text
  counts: number[][]; // for each text the tokens that are left after each of its steps
  chosen: number | undefined; // the token that the text has here
}

/** Draw the bars of the next token: the model's, and what the settings of each text make of them. */
export function showBars(
  { tokens, before, after, counts, chosen }: Next,
  take: (token: number) => void,
) {
  const buttons = () => [...$("bars").querySelectorAll("button")];
  const focused = buttons().findIndex((each) => each === document.activeElement);
  const rows = [...tokens.subarray(0, BARS)].map((token, at) => {
    const label = visible(SHIPPED.words[token]);
    const shares = after.map((p) => p[at]);
    const [row, find, said] = bar(label, before[at], shares);
    row.classList.toggle("cut", Math.max(...shares) === 0);
    const button = find<HTMLButtonElement>("button");
    button.ariaLabel = `take ${label}, ${said}`;
    button.ariaPressed = `${token === chosen}`;
    button.onclick = () => take(token);
    return row;
  });
  const label = `${(tokens.length - BARS).toLocaleString("en")} others`;
  const rest = (p: Float64Array) => Math.min(1, sum(p.subarray(BARS)));
  const [others, find] = bar(label, rest(before), after.map(rest));
  find("button").replaceWith(span("offer", label));
  $("bars").replaceChildren(...rows, others);
  buttons()[focused]?.focus();
  const heard = rows.slice(0, 3).map((row) => row.innerText);
  $("heard").textContent = heard.join("; ");
  document.querySelectorAll(".left").forEach((left, step) => {
    left.textContent = `${counts.flat()[step].toLocaleString("en")} left`;
  });
}

function bar(label: string, before: number, after: number[]) {
  const [row, find] = copy("bar");
  const said = `${percent(before)} → ${after.map(percent).join(", ")}`;
  find("button").textContent = label;
  find(".share").textContent = said;
  [before, ...after].forEach((share, i) => {
    const drawn = span(i ? `bar text-${i - 1}` : "bar before");
    drawn.style.width = `${share && Math.max(0.3, 100 * share)}%`; // what may happen is seen
    find(".track").append(drawn);
  });
  return [row, find, said] as const;
}

export interface Written {
  prompt: string;
  words: string[];
  probabilities: number[]; // of the model, T = 1
  ended: boolean;
  parting: number; // where it leaves the text above, or -1
  cursor: number; // the place that the bars stand at, or -1 where they are at the other text
}

/** Draw a text, each token on the tint of its probability; `choose` is told a place in it. */
export function showText(
  number: number,
  text: Written,
  choose: (at: number, byKey: boolean) => void,
) {
  const [made, find] = copy("text");
  find(".name").textContent = LETTERS[number];
  find("i").textContent = text.prompt;
  const spaces: string[] = []; // before words, and without a tint: no line ends in a bit of it
  const places = pieces(text.words).map((piece, i) => {
    const p = text.probabilities[i];
    const said = `${visible(text.words[i])} ${percent(p)}`;
    spaces[i] = piece.trim() && piece.startsWith(" ") ? " " : "";
    const word = piece.slice(spaces[i].length).replaceAll("\n", "↵\n") || "◌";
    const token = span(`token tint-${tint(p)}`, word, said);
    token.classList.toggle("parts", i === text.parting);
    token.title = said;
    return token;
  });
  if (text.ended) [places.at(-1)!.textContent, spaces[places.length - 1]] = ["end", " "];
  else places.push(span("token here", "", "the end of the text"));
  places.forEach((token, i) => {
    token.role = "radio";
    token.ariaChecked = `${i === text.cursor}`;
    token.tabIndex = i === (text.cursor < 0 ? places.length - 1 : text.cursor) ? 0 : -1;
    token.onclick = () => choose(i, false);
    token.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key] ?? 0;
      if (places[i + step] && step) choose(i + step, true);
      if (step) event.preventDefault();
    };
  });
  find(".tokens").ariaLabel = `Tokens of ${LETTERS[number]}`;
  find(".tokens").append(...places.flatMap((token, i) => [spaces[i] ?? "", token]));
  document.querySelector(`.text.text-${number}`)!.replaceChildren(...made.children);
}
