// The model's own thread, so that the page answers while it computes. `model.js` calls it.

import { Tokenizer } from "@huggingface/tokenizers";
import kernel from "./kernel.wasm";
import { CONTEXT, Network } from "./network.js";
import { bytesKept, fetchWeights } from "./weights.js";

/** @type {Network} */
let network;
/** @type {Tokenizer} */
let tokenizer;
let asked = 0; // the last wish: an earlier one is dropped

/** @type {Record<string, (...values: any[]) => any>} */
const calls = {
  async kept(/** @type {string} */ folder) {
    const { pieces } = await facts(folder);
    return bytesKept(new URL(folder), pieces);
  },

  async load(/** @type {string} */ folder) {
    if (!WebAssembly.validate(kernel)) throw new Error("no SIMD");
    const { sizes, tensors, bytes, pieces, tokenizer: rules } = await facts(folder);
    network = await Network.create({ sizes, tensors, bytes }, kernel);
    const tell = (/** @type {number} */ done) => postMessage({ done, bytes });
    const kept = await fetchWeights(new URL(folder), pieces, network.weights, tell);
    tokenizer = new Tokenizer(rules, {});
    return { kept, memory: network.memory.buffer.byteLength };
  },

  tokenize(/** @type {string} */ text) {
    return tokenizer.encode(text, { add_special_tokens: false }).ids;
  },

  next(/** @type {number[]} */ tokens, /** @type {number} */ text) {
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

/** @param {string} folder */
async function facts(folder) {
  return (await fetch(new URL("model.json", folder))).json();
}

addEventListener("message", async ({ data: { id, name, values } }) => {
  try {
    postMessage({ id, value: await calls[name](...values) });
  } catch (error) {
    postMessage({ id, error: error instanceof RangeError ? "memory" : Error(`${error}`).message });
  }
});
