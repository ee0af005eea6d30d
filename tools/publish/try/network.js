// The network: tokens in, one logit for every token of the vocabulary out. This is `llama.py` of the
// package, in the same order and under the same names, for one text at a time; read that first.
//
// All numbers are in one memory, shared with the kernel of `kernel.ts`: the weights as they are in
// the file, what is being computed, and what attention remembers of each text.

/**
 * @typedef {{blocks: number, width: number, heads: number, kv_heads: number, size: number,
 *   inner: number, vocabulary: number, rotation_base: number, norm_epsilon: number}} Sizes
 * @typedef {{kind: "F32" | "Q4_1" | "Q8_0", rows: number, columns: number, at: number}} Tensor
 * @typedef {{sizes: Sizes, tensors: Record<string, Tensor>, bytes: number}} Model
 * @typedef {(y: number, matrix: number, x: number, rows: number, n: number, tokens: number,
 *   row: number) => void} Multiply
 * @typedef {{multiplyQ4_1: Multiply, multiplyQ8_0: Multiply,
 *   unpackQ8_0: (to: number, from: number, n: number) => number,
 *   multiply: (y: number, matrix: number, x: number, rows: number, n: number, stride: number) => void
 * }} Kernel
 */

export const CONTEXT = 1024; // tokens of a text; the model could read 8192, at 47 MB per thousand
export const TEXTS = 2; // that are remembered at the same time
const READ_AT_ONCE = 32; // tokens
const START = 1 << 16; // of the weights; below stands what the kernel may need
const PAGE = 1 << 16;

export class Network {
  /**
   * Make room for a model; its weights are then to be written to `weights`.
   *
   * @param {Model} model
   * @param {BufferSource} code the kernel, as WebAssembly
   */
  static async create(model, code) {
    const network = new Network(model);
    const imports = { env: { memory: network.memory } };
    const { instance } = await WebAssembly.instantiate(code, imports);
    network.kernel = /** @type {any} */ (instance.exports);
    return network;
  }

  /** @param {Model} model */
  constructor({ sizes, tensors, bytes }) {
    let end = START + bytes;
    const room = (/** @type {number} */ numbers) => (end += 4 * numbers) - 4 * numbers;
    end += -end % 16 & 15;
    this.sizes = sizes;
    this.tensors = tensors;
    const { width, inner, heads, kv_heads, size } = sizes;
    this.x = room(READ_AT_ONCE * width);
    this.normed = room(READ_AT_ONCE * width);
    this.query = room(READ_AT_ONCE * heads * size);
    this.key = room(READ_AT_ONCE * kv_heads * size);
    this.value = room(READ_AT_ONCE * kv_heads * size);
    this.gathered = room(READ_AT_ONCE * heads * size);
    this.gate = room(READ_AT_ONCE * inner);
    this.up = room(READ_AT_ONCE * inner);
    this.row = room(Math.max(inner, width));
    this.scores = room(CONTEXT);
    this.logits = room(sizes.vocabulary);
    this.remembered = sizes.blocks * kv_heads * size * CONTEXT; // keys of a text; as many values
    this.keys = room(TEXTS * this.remembered); // (text, block, kv_head, token, size)
    this.values = room(TEXTS * this.remembered); // (text, block, kv_head, size, token)
    const pages = Math.ceil(end / PAGE);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.weights = new Uint8Array(this.memory.buffer, START, bytes);
    this.numbers = new Float32Array(this.memory.buffer);
    /** @type {number[][]} */
    this.read = Array.from({ length: TEXTS }, () => []);
    /** @type {Kernel} */
    this.kernel = /** @type {any} */ (undefined);
  }

  /**
   * Read a text, but for what of it was read before, and score what comes next.
   *
   * @param {number[]} tokens at least one, at most CONTEXT
   * @param {number} text which of the remembered ones this continues
   * @param {() => Promise<boolean>} stopped asked between parts of a long text
   * @returns {Promise<Float32Array | null>} the logits, or null if it was stopped
   */
  async next(tokens, text, stopped = async () => false) {
    const start = this.recall(tokens, text);
    for (let place = start; place < tokens.length; place += READ_AT_ONCE) {
      if (place > start && (await stopped())) return null;
      this.read[text] = tokens.slice(0, place);
      this.forward(tokens.slice(place, place + READ_AT_ONCE), place, text);
      this.read[text] = tokens.slice(0, place + READ_AT_ONCE);
    }
    const last = this.normed + 4 * this.sizes.width * ((tokens.length - start - 1) % READ_AT_ONCE);
    this.linear(this.logits, this.tensors["token_embd"], last, 1);
    return this.view(this.logits, this.sizes.vocabulary).slice();
  }

  /**
   * Return how many tokens need not be read again; another text may know more of them.
   *
   * @param {number[]} tokens
   * @param {number} text
   */
  recall(tokens, text) {
    const known = this.read.map((read) => {
      const differs = read.findIndex((token, place) => token !== tokens[place]);
      return Math.min(differs < 0 ? read.length : differs, tokens.length - 1);
    });
    const best = known.indexOf(Math.max(...known));
    if (known[best] > known[text]) {
      for (const kept of [this.keys, this.values]) {
        const from = kept / 4 + best * this.remembered;
        this.numbers.copyWithin(kept / 4 + text * this.remembered, from, from + this.remembered);
      }
      this.read[text] = this.read[best];
    }
    return known[best];
  }

  /**
   * Read some more tokens; `normed` then has a vector for each, which knows its past.
   *
   * @param {number[]} tokens
   * @param {number} start the place of the first
   * @param {number} text
   */
  forward(tokens, start, text) {
    const { blocks, width } = this.sizes;
    const n = tokens.length;
    const x = this.view(this.x, n * width);
    const row = this.tensors["token_embd"];
    for (let t = 0; t < n; t++) {
      const from = START + row.at + (tokens[t] * width * 34) / 32;
      this.kernel.unpackQ8_0(this.x + 4 * t * width, from, width);
    }
    for (let i = 0; i < blocks; i++) {
      const block = (/** @type {string} */ name) => this.tensors[`blk.${i}.${name}`];
      this.norm(block("attn_norm"), n);
      this.linear(this.query, block("attn_q"), this.normed, n);
      this.linear(this.key, block("attn_k"), this.normed, n);
      this.linear(this.value, block("attn_v"), this.normed, n);
      this.attention(i, n, start, text);
      this.linear(this.normed, block("attn_output"), this.gathered, n);
      add(x, this.view(this.normed, n * width));

      this.norm(block("ffn_norm"), n);
      this.linear(this.gate, block("ffn_gate"), this.normed, n);
      this.linear(this.up, block("ffn_up"), this.normed, n);
      const gate = this.view(this.gate, n * this.sizes.inner);
      const up = this.view(this.up, n * this.sizes.inner);
      for (let j = 0; j < gate.length; j++) gate[j] *= up[j] / (1 + Math.exp(-gate[j]));
      this.linear(this.normed, block("ffn_down"), this.gate, n);
      add(x, this.view(this.normed, n * width));
    }
    this.norm(this.tensors["output_norm"], n);
  }

  /**
   * Let every token gather what it needs from itself and the tokens before it.
   *
   * @param {number} block
   * @param {number} n
   * @param {number} start
   * @param {number} text
   */
  attention(block, n, start, text) {
    const { blocks, heads, kv_heads, size, rotation_base } = this.sizes;
    rotate(this.view(this.query, n * heads * size), heads, size, start, rotation_base);
    rotate(this.view(this.key, n * kv_heads * size), kv_heads, size, start, rotation_base);
    const before = (text * blocks + block) * kv_heads;
    const bytes = 4 * size * CONTEXT; // of a head's keys, or of its values
    for (let t = 0; t < n; t++) {
      const place = start + t;
      for (let head = 0; head < kv_heads; head++) {
        const from = 4 * (t * kv_heads + head) * size;
        const kept = (before + head) * bytes;
        const key = this.view(this.keys + kept + 4 * place * size, size);
        key.set(this.view(this.key + from, size));
        const values = this.view(this.values + kept, size * CONTEXT);
        const value = this.view(this.value + from, size);
        for (let j = 0; j < size; j++) values[j * CONTEXT + place] = value[j];
      }
      const length = place + 1;
      const padded = length + (-length & 7); // the kernel takes eight at a time
      const scores = this.view(this.scores, padded);
      for (let head = 0; head < heads; head++) {
        const at = 4 * (t * heads + head) * size;
        const kv = (before + Math.floor((head * kv_heads) / heads)) * bytes;
        this.kernel.multiply(this.scores, this.keys + kv, this.query + at, length, size, size);
        softmax(scores, length, Math.sqrt(size));
        this.kernel.multiply(this.gathered + at, this.values + kv, this.scores, size, padded, CONTEXT);
      }
    }
  }

  /**
   * Write to `normed` each vector of x at length sqrt(width), times the weight: RMSNorm.
   *
   * @param {Tensor} weight
   * @param {number} n
   */
  norm(weight, n) {
    const { width, norm_epsilon } = this.sizes;
    const scale = this.view(START + weight.at, width);
    for (let t = 0; t < n; t++) {
      const x = this.view(this.x + 4 * t * width, width);
      const normed = this.view(this.normed + 4 * t * width, width);
      let squares = 0;
      for (let j = 0; j < width; j++) squares += x[j] * x[j];
      const root = Math.sqrt(squares / width + norm_epsilon);
      for (let j = 0; j < width; j++) normed[j] = (x[j] / root) * scale[j];
    }
  }

  /**
   * y = x @ matrix.T
   *
   * @param {number} y
   * @param {Tensor} matrix
   * @param {number} x
   * @param {number} n
   */
  linear(y, { kind, rows, columns, at }, x, n) {
    const multiply = kind === "Q8_0" ? this.kernel.multiplyQ8_0 : this.kernel.multiplyQ4_1;
    multiply(y, START + at, x, rows, columns, n, this.row);
  }

  /**
   * @param {number} at
   * @param {number} length
   */
  view(at, length) {
    return this.numbers.subarray(at / 4, at / 4 + length);
  }
}

/**
 * @param {Float32Array} x
 * @param {Float32Array} change
 */
function add(x, change) {
  for (let j = 0; j < x.length; j++) x[j] += change[j];
}

/**
 * Turn neighboring pairs of numbers by an angle for each place: rotary embedding.
 *
 * @param {Float32Array} x
 * @param {number} heads
 * @param {number} size
 * @param {number} start
 * @param {number} base
 */
function rotate(x, heads, size, start, base) {
  for (let j = 0; j < x.length; j += 2) {
    const place = start + Math.floor(j / (heads * size));
    const angle = place * base ** (-(j % size) / size);
    const [cos, sin, a, b] = [Math.cos(angle), Math.sin(angle), x[j], x[j + 1]];
    x[j] = a * cos - b * sin;
    x[j + 1] = a * sin + b * cos;
  }
}

/**
 * Turn scores into weights that sum to 1, and what stands after them into zeros.
 *
 * @param {Float32Array} scores
 * @param {number} length
 * @param {number} divisor
 */
function softmax(scores, length, divisor) {
  let [largest, sum] = [-Infinity, 0];
  for (let t = 0; t < length; t++) largest = Math.max(largest, scores[t]);
  for (let t = 0; t < length; t++) sum += scores[t] = Math.exp((scores[t] - largest) / divisor);
  for (let t = 0; t < length; t++) scores[t] /= sum;
  scores.fill(0, length);
}
