// What the page asks: tokens of a text, and what comes next. Until the weights are there, it knows
// that for a few prompts, whose logits came with the page.

import { ranking } from "./samplers.js";

/**
 * @typedef {{words: string[], end: number[], prompts: Record<string, {tokens: number[], logits: string}>}} Shipped
 * @typedef {import("./samplers.js").Ranking} Ranking
 */

const REMEMBERED = 200; // rankings, of 0.6 MB each

export class Model {
  /** @param {Shipped} shipped */
  constructor(shipped) {
    this.shipped = shipped;
    this.loaded = false;
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
    this.waiting = new Map();
    this.called = 0;
    /** @type {Map<string, Ranking>} */
    this.known = new Map();
    /** @type {(done: number, bytes: number) => void} */
    this.progress = () => {};
  }

  /**
   * How many bytes of the weights the browser keeps.
   *
   * @param {URL} folder
   */
  kept(folder) {
    return this.call("kept", folder.href);
  }

  /**
   * Fetch the weights, or what is missing of them.
   *
   * @param {URL} folder
   * @returns {Promise<{kept: boolean, memory: number}>}
   */
  async load(folder) {
    const loaded = await this.call("load", folder.href);
    this.loaded = true;
    this.known.clear();
    return loaded;
  }

  /**
   * @param {string} text
   * @returns {Promise<number[] | null>} null without weights, but for the shipped prompts
   */
  async tokenize(text) {
    return this.loaded ? this.call("tokenize", text) : (this.shipped.prompts[text]?.tokens ?? null);
  }

  /**
   * Rank what comes next.
   *
   * @param {number[]} tokens
   * @param {number} text which of the texts this is
   * @returns {Promise<Ranking | null>} null without weights, and where it was stopped
   */
  async next(tokens, text) {
    const key = tokens.join();
    const known = this.known.get(key);
    if (known) return known;
    const logits = this.loaded ? await this.call("next", tokens, text) : this.#shipped(key);
    if (!logits) return null;
    const ranked = ranking(logits);
    this.known.set(key, ranked);
    if (this.known.size > REMEMBERED) this.known.delete([...this.known.keys()][0]);
    return ranked;
  }

  stop() {
    if (this.loaded) this.call("stop");
  }

  /** @param {string} key */
  #shipped(key) {
    const found = Object.values(this.shipped.prompts).find(({ tokens }) => tokens.join() === key);
    return found ? halves(found.logits) : null;
  }

  /**
   * @param {string} name
   * @param {any[]} values
   * @returns {Promise<any>}
   */
  call(name, ...values) {
    this.worker ??= this.#start();
    const id = ++this.called;
    this.worker.postMessage({ id, name, values });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  #start() {
    const worker = new Worker("lib/try/worker.js");
    worker.addEventListener("message", ({ data: { id, value, error, done, bytes } }) => {
      if (id === undefined) return this.progress(done, bytes);
      const { resolve, reject } = this.waiting.get(id) ?? {};
      this.waiting.delete(id);
      if (error) reject?.(new Error(error));
      else resolve?.(value);
    });
    return worker;
  }
}

/**
 * Float16 numbers, in base64, as float32.
 *
 * @param {string} base64
 */
function halves(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return Float32Array.from(new Uint16Array(bytes.buffer), (half) => {
    const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
    const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
    return half >> 15 ? -size : size;
  });
}
