// What the page asks: the tokens of a text, and what comes next. Until the weights are there, it
// knows that of a few prompts, whose logits came with the page.

import { ranking, type Ranking } from "./samplers";

/** What `try_page.py` knew when the site was written. */
export interface Shipped {
  words: string[]; // of the vocabulary, a letter for each byte
  end: number[]; // tokens
  prompts: Record<string, { tokens: number[]; logits: string }>;
  steps: Record<string, { label: string; about: string; values: number[]; start: number }>;
}
export const { SHIPPED } = globalThis as unknown as { SHIPPED: Shipped };

const REMEMBERED = 100; // rankings, of 0.4 MB each

export class Model {
  loaded = false;
  progress: (done: number, bytes: number) => void = () => {};
  private worker: Worker | null = null;
  private called = 0;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private readonly known = new Map<string, Ranking>();

  constructor(private readonly folder: string) {}

  /** Say whether the browser keeps weights, all of them or some. */
  kept(): Promise<boolean> {
    return this.call("kept");
  }

  /** Fetch the weights, or what is missing of them; say whether they are kept. */
  async load(): Promise<boolean> {
    const kept = await this.call<boolean>("load", this.folder);
    this.loaded = true;
    this.known.clear();
    return kept;
  }

  /** Split a text into tokens; null without weights, but for the shipped prompts. */
  async tokenize(text: string): Promise<number[] | null> {
    if (this.loaded) return this.call("tokenize", text);
    return SHIPPED.prompts[text]?.tokens ?? null;
  }

  /** Rank what comes next; null where that is not known without weights, or was stopped. */
  async next(tokens: number[], text: number): Promise<Ranking | null> {
    const key = tokens.join();
    const known = this.known.get(key);
    if (known) return known;
    const logits = this.loaded
      ? await this.call<Float32Array | null>("next", tokens, text)
      : this.shippedLogits(key);
    if (!logits) return null;
    this.known.set(key, ranking(logits));
    if (this.known.size > REMEMBERED) this.known.delete([...this.known.keys()][0]);
    return this.known.get(key)!;
  }

  stop(): void {
    if (this.loaded) this.call("stop");
  }

  private shippedLogits(key: string): Float32Array | null {
    const prompts = Object.values(SHIPPED.prompts);
    const found = prompts.find(({ tokens }) => tokens.join() === key);
    return found ? halves(found.logits) : null;
  }

  private call<T>(name: string, ...values: unknown[]): Promise<T> {
    this.worker ??= this.start();
    const waiting = Promise.withResolvers<unknown>();
    this.waiting.set(++this.called, waiting);
    this.worker.postMessage({ id: this.called, name, values });
    return waiting.promise as Promise<T>;
  }

  private start(): Worker {
    const worker = new Worker("lib/try/worker.js");
    worker.addEventListener("message", ({ data: { id, value, error, done, bytes } }) => {
      if (id === undefined) return this.progress(done, bytes);
      if (error) this.waiting.get(id)?.reject(new Error(error));
      else this.waiting.get(id)?.resolve(value);
      this.waiting.delete(id);
    });
    return worker;
  }
}

/** Float16 numbers, in base64, as float32. */
function halves(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return Float32Array.from(new Uint16Array(bytes.buffer), (half) => {
    const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
    const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
    return half >> 15 ? -size : size;
  });
}
