// What is seen: settings, bars and texts. Everything here draws, mostly into copies of the page's
// templates; `page.ts` decides.

import type { Text } from "./address";
import { SHIPPED } from "./model";
import type { Ranking } from "./samplers";
import { percent, pieces, tint, visible } from "./words";

export const LETTERS = ["A", "B"]; // of the texts
const BARS = 10;

/** A copy of one of the page's templates, and a function that finds an element in it. */
function copy(name: string) {
  const template = document.getElementById(name) as HTMLTemplateElement;
  const made = template.content.firstElementChild!.cloneNode(true) as HTMLElement;
  return [made, <T extends HTMLElement>(where: string) => made.querySelector(where) as T] as const;
}

/** A card with the steps of one text in their order; `changed` is told whether that changed. */
export function settings(text: Text, number: number, changed: (order: boolean) => void) {
  const [card, find] = copy("card");
  card.classList.add(`text-${number}`);
  card.ariaLabel = `Settings of ${LETTERS[number]}`;
  find(".name").textContent = LETTERS[number];
  find(".does").textContent = text.steps.length
    ? "takes these steps, in this order"
    : "draws from the model as it is: T = 1, nothing cut off";
  find("ol").append(...text.steps.map((_, i) => stepRow(text, i, number, changed)));
  const add = find<HTMLSelectElement>("select");
  add.ariaLabel = `Add a step to ${LETTERS[number]}`;
  for (const [name, { label }] of Object.entries(SHIPPED.steps)) {
    if (!text.steps.some(([step]) => step === name)) add.add(new Option(label, name));
  }
  add.addEventListener("change", () => {
    text.steps.push([add.value, SHIPPED.steps[add.value].start]);
    changed(true);
  });
  return card;
}

function stepRow(text: Text, i: number, number: number, changed: (order: boolean) => void) {
  const [row, find] = copy("step");
  const [name, setting] = text.steps[i];
  const { label, about, values } = SHIPPED.steps[name];
  find(".name").textContent = label;
  find(".does").textContent = about;
  const [slider, said] = [find<HTMLInputElement>("input"), find("output")];
  const say = (value: number) => {
    said.textContent = `${value}`;
    slider.setAttribute("aria-valuetext", `${value}`);
  };
  slider.max = `${values.length - 1}`;
  slider.value = `${values.findIndex((value) => value >= setting)}`;
  slider.ariaLabel = `${label} of ${LETTERS[number]}`;
  say(setting);
  slider.addEventListener("input", () => {
    text.steps[i] = [name, values[slider.valueAsNumber]];
    say(values[slider.valueAsNumber]);
    changed(false);
  });
  const act = (button: HTMLButtonElement, what: string, change: () => void) => {
    button.ariaLabel = `${label} of ${LETTERS[number]} ${what}`;
    button.addEventListener("click", () => {
      change();
      changed(true);
    });
  };
  find<HTMLButtonElement>(".earlier").disabled = i === 0;
  act(find(".earlier"), "earlier", () =>
    text.steps.splice(i - 1, 2, text.steps[i], text.steps[i - 1]),
  );
  act(find(".off"), "off", () => text.steps.splice(i, 1));
  return row;
}

export interface Next {
  ranked: Ranking;
  after: Float64Array[]; // for each text its probabilities, by place of the ranking
  counts: number[][]; // for each text the tokens that are left after each of its steps
  chosen: number | undefined; // the token that the text has here
}

/** Draw the bars of the next token: the model's, and what the settings of each text make of them. */
export function showBars(
  words: string[],
  { ranked, after, counts, chosen }: Next,
  take: (token: number) => void,
) {
  const place = document.getElementById("bars")!;
  const focused = [...place.querySelectorAll("button")].findIndex(
    (each) => each === document.activeElement,
  );
  const all = [ranked.plain, ...after];
  const rows = [...ranked.tokens.subarray(0, BARS)].map((token, at) => {
    const label = visible(words[token]);
    const [row, find, said] = bar(
      label,
      all.map((p) => p[at]),
    );
    row.classList.toggle(
      "cut",
      all.slice(1).every((p) => p[at] === 0),
    );
    find("button").ariaLabel = `take ${label}, ${said}`;
    find("button").ariaPressed = `${token === chosen}`;
    find("button").addEventListener("click", () => take(token));
    return row;
  });
  const others = `${(ranked.tokens.length - BARS).toLocaleString("en")} others`;
  const shares = all.map((p) => p.subarray(BARS).reduce((sum, each) => sum + each, 0));
  const [rest, find] = bar(
    others,
    shares.map((share) => Math.min(share, 1)),
  );
  find("button").replaceWith(
    Object.assign(document.createElement("span"), { className: "offer", textContent: others }),
  );
  place.replaceChildren(...rows, rest);
  if (focused >= 0) place.querySelectorAll("button")[focused]?.focus();
  for (const [i, card] of [...document.querySelectorAll(".settings")].entries()) {
    card.querySelectorAll(".left").forEach((left, step) => {
      left.textContent = `${counts[i][step].toLocaleString("en")} left`;
    });
  }
}

function bar(label: string, shares: number[]) {
  const [row, find] = copy("bar");
  find("button").textContent = label;
  shares.forEach((share, i) => {
    const drawn = document.createElement("span");
    drawn.className = i ? `bar text-${i - 1}` : "bar before";
    drawn.style.width = `${100 * share}%`;
    find(".track").append(drawn);
  });
  const [before, ...after] = shares.map(percent);
  const said = `${before} → ${after.join(", ")}`;
  find(".share").textContent = said;
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
  written: Written,
  choose: (place: number, byKey: boolean) => void,
) {
  const { prompt, words, probabilities, ended, parting, cursor } = written;
  const row = document.querySelector(`.text.text-${number}`)!;
  const [made, find] = copy("text");
  find(".name").textContent = LETTERS[number];
  find("i").textContent = prompt;
  const places = pieces(words).map((piece, i) => {
    const token = document.createElement("span");
    token.textContent =
      ended && i === words.length - 1 ? " end" : piece.replaceAll("\n", "↵\n") || "◌";
    token.className = `token tint-${tint(probabilities[i])}`;
    token.classList.toggle("parts", i === parting);
    token.ariaLabel = `${visible(words[i])} ${percent(probabilities[i])}`;
    token.title = token.ariaLabel;
    return token;
  });
  if (!ended)
    places.push(
      Object.assign(document.createElement("span"), {
        className: "token here",
        ariaLabel: "the end of the text",
      }),
    );
  places.forEach((token, i) => {
    token.role = "radio";
    token.ariaChecked = `${i === cursor}`;
    token.tabIndex = i === (cursor < 0 ? places.length - 1 : cursor) ? 0 : -1;
    token.addEventListener("click", () => choose(i, false));
    token.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      choose(Math.max(0, Math.min(places.length - 1, i + step)), true);
    });
  });
  find(".tokens").ariaLabel = `Tokens of ${LETTERS[number]}`;
  find(".tokens").append(...places);
  row.replaceChildren(...made.children);
}
