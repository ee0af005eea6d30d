// The model's own thread, so that the page answers while it computes. `model.ts` calls it.

import { Tokenizer } from "@huggingface/tokenizers";
import kernel from "./kernel.wasm";
import { CONTEXT, createNetwork } from "./network";
import { anyKept, fetchWeights } from "./weights";

let network: Awaited<ReturnType<typeof createNetwork>>;
let tokenizer: Tokenizer;
let asked = 0; // the last wish: an earlier one is dropped

const calls = {
  kept: anyKept,

  async load(folder: string) {
    if (!WebAssembly.validate(kernel)) throw new Error("no SIMD");
    const { pieces, rules, ...model } = await facts(folder);
    network = await createNetwork(model, kernel);
    const progress = (done: number) => postMessage({ done, bytes: model.bytes });
    const kept = await fetchWeights(folder, pieces, network.weights, progress);
    tokenizer = new Tokenizer(rules, {});
    return kept;
  },

  tokenize(text: string) {
    return tokenizer.encode(text, { add_special_tokens: false }).ids;
  },

  next(tokens: number[], text: number) {
    if (tokens.length > CONTEXT) throw new Error("full");
    const mine = ++asked;
    return network.next(tokens, text, async () => {
      await new Promise((resolve) => setTimeout(resolve)); // a message may be waiting
      return mine !== asked;
    });
  },

  stop() {
    asked++;
  },
};

/** What is known of the model since the site was written. */
async function facts(folder: string) {
  const response = await fetch(`${folder}model.json`);
  if (!response.ok) throw new Error("network");
  return response.json();
}

addEventListener("message", async ({ data: { id, name, values } }) => {
  try {
    const call = calls[name as keyof typeof calls] as (...values: unknown[]) => unknown;
    postMessage({ id, value: await call(...values) });
  } catch (error) {
    const message = error instanceof Error ? error.message : `${error}`;
    const kind = error instanceof TypeError ? "network" : message; // that is how fetch fails
    postMessage({ id, error: error instanceof RangeError ? "memory" : kind });
  }
});
