// The network: tokens in, one logit for every token of the vocabulary out. This is `llama.py` of the
// package, in the same order and under the same names, for one text at a time; read that first.
//
// All numbers are in one memory, shared with the kernel of `kernel.ts`: the weights as they are in
// the file, what is being computed, and what attention remembers of each text. An address is in
// bytes.

export interface Sizes {
  blocks: number; // 30
  width: number; // 576
  inner: number; // 1536
  heads: number; // 9
  kv_heads: number; // 3
  size: number; // 64
  vocabulary: number; // 49152
  rotation_base: number;
  norm_epsilon: number;
}
export type Tensor = { kind: "F32" | "Q4_1" | "Q8_0"; rows: number; columns: number; at: number };
export type Model = { sizes: Sizes; tensors: Record<string, Tensor>; bytes: number };
type Kernel = Record<string, (...values: number[]) => number>;

export const CONTEXT = 1024; // tokens of a text; the model could read 8192, at 47 MB per thousand
const TEXTS = 2; // that are remembered at the same time
const READ_AT_ONCE = 32; // tokens
const PAGE = 1 << 16; // the kernel has the first one; the weights follow

export class Network {
  /** Make room for a model; its weights are then to be written to `weights`. */
  static async create(model: Model, code: BufferSource): Promise<Network> {
    const network = new Network(model);
    const { instance } = await WebAssembly.instantiate(code, { env: { memory: network.memory } });
    network.kernel = instance.exports as Kernel;
    return network;
  }

  readonly memory: WebAssembly.Memory;
  readonly weights: Uint8Array;
  private kernel: Kernel = {};
  private readonly sizes: Sizes;
  private readonly tensors: Record<string, Tensor>;
  private readonly numbers: Float32Array;
  private readonly at: Record<string, number> = {};
  private readonly remembered: number; // numbers: the keys of a text; as many are its values
  private readonly read: number[][] = Array.from({ length: TEXTS }, () => []);

  private constructor({ sizes, tensors, bytes }: Model) {
    const { blocks, width, inner, heads, kv_heads, size, vocabulary } = sizes;
    [this.sizes, this.tensors] = [sizes, tensors];
    this.remembered = blocks * kv_heads * size * CONTEXT;
    const rooms = {
      x: READ_AT_ONCE * width,
      normed: READ_AT_ONCE * width,
      query: READ_AT_ONCE * heads * size,
      key: READ_AT_ONCE * kv_heads * size,
      value: READ_AT_ONCE * kv_heads * size,
      gathered: READ_AT_ONCE * heads * size,
      gate: READ_AT_ONCE * inner,
      up: READ_AT_ONCE * inner,
      row: inner,
      scores: CONTEXT,
      logits: vocabulary,
      keys: TEXTS * this.remembered, // (text, block, kv_head, token, size)
      values: TEXTS * this.remembered, // (text, block, kv_head, size, token)
    };
    let end = PAGE + 16 * Math.ceil(bytes / 16);
    for (const [name, numbers] of Object.entries(rooms)) {
      this.at[name] = end;
      end += 4 * numbers;
    }
    const pages = Math.ceil(end / PAGE);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.weights = new Uint8Array(this.memory.buffer, PAGE, bytes);
    this.numbers = new Float32Array(this.memory.buffer);
  }

  /**
   * Read a text, but for what of it was read before, and score what comes next.
   *
   * `text` is which of the remembered ones this is; `stopped` is asked between parts of a long one,
   * and null is returned if it says so.
   */
  async next(tokens: number[], text: number, stopped: () => Promise<boolean>) {
    const start = this.recall(tokens, text);
    for (let place = start, end; place < tokens.length; place = end) {
      if (place > start && (await stopped())) return null;
      end = Math.min(place + READ_AT_ONCE, tokens.length);
      this.read[text] = tokens.slice(0, place);
      this.forward(tokens.slice(place, end), place, text);
      this.read[text] = tokens.slice(0, end);
      if (end === tokens.length) {
        const last = this.at.normed + 4 * this.sizes.width * (end - place - 1);
        this.linear("logits", "token_embd", last, 1);
      }
    }
    return this.view(this.at.logits, this.sizes.vocabulary).slice();
  }

  /** Say how many tokens need not be read again; another text may know more of them. */
  private recall(tokens: number[], text: number): number {
    const known = this.read.map((read) => {
      const differs = read.findIndex((token, place) => token !== tokens[place]);
      return Math.min(differs < 0 ? read.length : differs, tokens.length - 1);
    });
    const best = known.indexOf(Math.max(...known));
    if (known[best] > known[text]) {
      for (const kept of [this.at.keys, this.at.values]) {
        const from = kept / 4 + best * this.remembered;
        const to = kept / 4 + text * this.remembered;
        this.numbers.copyWithin(to, from, from + this.remembered);
      }
    }
    return known[best];
  }

  /** Read some more tokens; `normed` then has a vector for each, which knows its past. */
  private forward(tokens: number[], start: number, text: number): void {
    const { blocks, width, inner } = this.sizes;
    const { at, tensors } = this;
    const n = tokens.length;
    tokens.forEach((token, t) => {
      const row = PAGE + tensors.token_embd.at + (token * width * 34) / 32; // 34 bytes for 32 numbers
      this.kernel.unpackQ8_0(at.x + 4 * t * width, row, width);
    });
    for (let i = 0; i < blocks; i++) {
      this.norm(`blk.${i}.attn_norm`, n);
      this.linear("query", `blk.${i}.attn_q`, at.normed, n);
      this.linear("key", `blk.${i}.attn_k`, at.normed, n);
      this.linear("value", `blk.${i}.attn_v`, at.normed, n);
      this.attention(i, n, start, text);
      this.linear("normed", `blk.${i}.attn_output`, at.gathered, n);
      this.add(n);

      this.norm(`blk.${i}.ffn_norm`, n);
      this.linear("gate", `blk.${i}.ffn_gate`, at.normed, n);
      this.linear("up", `blk.${i}.ffn_up`, at.normed, n);
      const [gate, up] = [this.view(at.gate, n * inner), this.view(at.up, n * inner)];
      for (let j = 0; j < gate.length; j++) gate[j] *= up[j] / (1 + Math.exp(-gate[j]));
      this.linear("normed", `blk.${i}.ffn_down`, at.gate, n);
      this.add(n);
    }
    this.norm("output_norm", n);
  }

  /** Let every token gather what it needs from itself and the tokens before it. */
  private attention(block: number, n: number, start: number, text: number): void {
    const { blocks, heads, kv_heads, size } = this.sizes;
    const { at } = this;
    this.rotate(at.query, heads, n, start);
    this.rotate(at.key, kv_heads, n, start);
    const past = (head: number) => 4 * ((text * blocks + block) * kv_heads + head) * size * CONTEXT;
    for (let t = 0; t < n; t++) {
      const place = start + t;
      for (let head = 0; head < kv_heads; head++) {
        const from = 4 * (t * kv_heads + head) * size;
        const key = this.view(at.keys + past(head) + 4 * place * size, size);
        key.set(this.view(at.key + from, size));
        const values = this.view(at.values + past(head), size * CONTEXT);
        const value = this.view(at.value + from, size);
        for (let j = 0; j < size; j++) values[j * CONTEXT + place] = value[j];
      }
      const padded = 8 * Math.ceil((place + 1) / 8); // the kernel takes eight at a time
      const scores = this.view(at.scores, padded);
      for (let head = 0; head < heads; head++) {
        const query = 4 * (t * heads + head) * size;
        const kv = past(Math.floor((head * kv_heads) / heads)); // one for a group of queries
        this.kernel.multiply(at.scores, at.keys + kv, at.query + query, place + 1, size, size);
        softmax(scores, place + 1, Math.sqrt(size));
        this.kernel.multiply(at.gathered + query, at.values + kv, at.scores, size, padded, CONTEXT);
      }
    }
  }

  /** Write to `normed` each vector of x at length sqrt(width), times a weight: RMSNorm. */
  private norm(name: string, n: number): void {
    const { width, norm_epsilon } = this.sizes;
    const weight = this.view(PAGE + this.tensors[name].at, width);
    for (let t = 0; t < n; t++) {
      const x = this.view(this.at.x + 4 * t * width, width);
      const normed = this.view(this.at.normed + 4 * t * width, width);
      let squares = 0;
      for (let j = 0; j < width; j++) squares += x[j] * x[j];
      const root = Math.sqrt(squares / width + norm_epsilon);
      for (let j = 0; j < width; j++) normed[j] = (x[j] / root) * weight[j];
    }
  }

  /** y = x @ matrix.T */
  private linear(y: string, name: string, x: number, n: number): void {
    const { kind, rows, columns, at } = this.tensors[name];
    this.kernel[`multiply${kind}`](this.at[y], PAGE + at, x, rows, columns, n, this.at.row);
  }

  /** x = x + normed */
  private add(n: number): void {
    const x = this.view(this.at.x, n * this.sizes.width);
    const change = this.view(this.at.normed, x.length);
    for (let j = 0; j < x.length; j++) x[j] += change[j];
  }

  /** Turn neighboring pairs of numbers by an angle for each place: rotary embedding. */
  private rotate(address: number, heads: number, n: number, start: number): void {
    const { size, rotation_base } = this.sizes;
    const x = this.view(address, n * heads * size);
    for (let j = 0; j < x.length; j += 2) {
      const place = start + Math.floor(j / (heads * size));
      const angle = place * rotation_base ** (-(j % size) / size);
      const [cos, sin, a, b] = [Math.cos(angle), Math.sin(angle), x[j], x[j + 1]];
      x[j] = a * cos - b * sin;
      x[j + 1] = a * sin + b * cos;
    }
  }

  private view(address: number, length: number): Float32Array {
    return this.numbers.subarray(address / 4, address / 4 + length);
  }
}

/** Turn scores into weights that sum to 1, and what stands after them into zeros. */
function softmax(scores: Float32Array, length: number, divisor: number): void {
  let [largest, sum] = [-Infinity, 0];
  for (let t = 0; t < length; t++) largest = Math.max(largest, scores[t]);
  for (let t = 0; t < length; t++) sum += scores[t] = Math.exp((scores[t] - largest) / divisor);
  for (let t = 0; t < length; t++) scores[t] /= sum;
  scores.fill(0, length);
}
