// The network: tokens in, one logit for every token of the vocabulary out. This is `llama.py` of the
// package, in the same order and under the same names, for one text at a time; read that first.
//
// All numbers are in one memory, shared with the kernel of `kernel.ts`: the weights as they are in
// the file, what is being computed, and what attention remembers of each text. An address is in
// bytes.

/** 30 blocks, width 576, inner 1536, 9 heads, 3 kv_heads of size 64, as the file states them. */
type Name = "blocks" | "width" | "inner" | "heads" | "kv_heads" | "size" | "vocabulary";
type Sizes = Record<Name | "rotation_base" | "norm_epsilon", number>;
type Tensor = { kind: "F32" | "Q4_1" | "Q8_0"; rows: number; columns: number; at: number };
export type Model = { sizes: Sizes; tensors: Record<string, Tensor>; bytes: number };
type Kernel = Record<string, (...values: number[]) => number>;

export const CONTEXT = 1024; // tokens of a text; the model could read 8192, at 47 MB per thousand
const TEXTS = 2; // that are remembered at the same time
const READ_AT_ONCE = 32; // tokens
const PAGE = 1 << 16; // the kernel has the first one; the weights follow

/** Make room for a model, whose weights are then to be written to `weights`. */
export async function createNetwork({ sizes, tensors, bytes }: Model, code: BufferSource) {
  const { blocks, width, inner, heads, kv_heads, size, vocabulary } = sizes;
  let end = PAGE + 16 * Math.ceil(bytes / 16);
  const room = (length: number) => (end += 4 * length) - 4 * length;
  const [x, normed] = [room(READ_AT_ONCE * width), room(READ_AT_ONCE * width)];
  const [query, gathered] = [room(READ_AT_ONCE * width), room(READ_AT_ONCE * width)];
  const [key, value] = [0, 1].map(() => room(READ_AT_ONCE * kv_heads * size));
  const [gate, up] = [room(READ_AT_ONCE * inner), room(READ_AT_ONCE * inner)];
  const [row, scores, logits] = [room(inner), room(CONTEXT), room(vocabulary)];
  const past = kv_heads * size * CONTEXT; // keys of a text in a block; as many values
  const keys = room(TEXTS * blocks * past); // (text, block, kv_head, token, size)
  const values = room(TEXTS * blocks * past); // (text, block, kv_head, size, token)
  const pages = Math.ceil(end / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const numbers = new Float32Array(memory.buffer);
  const { instance } = await WebAssembly.instantiate(code, { env: { memory } });
  const kernel = instance.exports as Kernel;
  const read: number[][] = Array.from({ length: TEXTS }, () => []);

  const view = (at: number, length: number) => numbers.subarray(at / 4, at / 4 + length);

  /**
   * Read a text, but for what of it was read before, and score what comes next.
   *
   * `text` is which of the remembered ones this is; `stopped` is asked between parts of a long one,
   * and null is returned if it says so.
   */
  async function next(tokens: number[], text: number, stopped: () => Promise<boolean>) {
    const start = recall(tokens, text);
    for (let place = start, end; place < tokens.length; place = end) {
      if (place > start && (await stopped())) return null;
      end = Math.min(place + READ_AT_ONCE, tokens.length);
      read[text] = tokens.slice(0, place);
      forward(tokens.slice(place, end), place, text);
      read[text] = tokens.slice(0, end);
      if (end === tokens.length) {
        linear(logits, "token_embd", normed + 4 * width * (end - place - 1), 1);
      }
    }
    return view(logits, vocabulary).slice();
  }

  /** Say how many tokens need not be read again; another text may know more of them. */
  function recall(tokens: number[], text: number): number {
    const known = read.map((each) => {
      const differs = each.findIndex((token, place) => token !== tokens[place]);
      return Math.min(differs < 0 ? each.length : differs, tokens.length - 1);
    });
    const best = known.indexOf(Math.max(...known));
    if (known[best] > known[text]) {
      for (const kept of [keys, values]) {
        const [to, from] = [text, best].map((each) => kept / 4 + each * blocks * past);
        numbers.copyWithin(to, from, from + blocks * past);
      }
    }
    return known[best];
  }

  /** Read some more tokens; `normed` then has a vector for each, which knows its past. */
  function forward(tokens: number[], start: number, text: number): void {
    const n = tokens.length;
    tokens.forEach((token, t) => {
      const from = PAGE + tensors.token_embd.at + (token * width * 34) / 32; // 34 bytes for 32
      kernel.unpackQ8_0(x + 4 * t * width, from, width);
    });
    for (let i = 0; i < blocks; i++) {
      norm(`blk.${i}.attn_norm`, n);
      linear(query, `blk.${i}.attn_q`, normed, n);
      linear(key, `blk.${i}.attn_k`, normed, n);
      linear(value, `blk.${i}.attn_v`, normed, n);
      attention(text * blocks + i, n, start);
      linear(normed, `blk.${i}.attn_output`, gathered, n);
      add(n);

      norm(`blk.${i}.ffn_norm`, n);
      linear(gate, `blk.${i}.ffn_gate`, normed, n);
      linear(up, `blk.${i}.ffn_up`, normed, n);
      const [gates, ups] = [view(gate, n * inner), view(up, n * inner)];
      for (let j = 0; j < gates.length; j++) gates[j] *= ups[j] / (1 + Math.exp(-gates[j]));
      linear(normed, `blk.${i}.ffn_down`, gate, n);
      add(n);
    }
    norm("output_norm", n);
  }

  /** Let every token gather what it needs from itself and the tokens before it. */
  function attention(block: number, n: number, start: number): void {
    rotate(view(query, n * heads * size), heads, start);
    rotate(view(key, n * kv_heads * size), kv_heads, start);
    const offset = (head: number) => 4 * (block * past + head * size * CONTEXT);
    for (let t = 0; t < n; t++) {
      const place = start + t;
      for (let head = 0; head < kv_heads; head++) {
        const from = 4 * (t * kv_heads + head) * size;
        view(keys + offset(head) + 4 * place * size, size).set(view(key + from, size));
        const [kept, now] = [view(values + offset(head), size * CONTEXT), view(value + from, size)];
        for (let j = 0; j < size; j++) kept[j * CONTEXT + place] = now[j];
      }
      const padded = 8 * Math.ceil((place + 1) / 8); // the kernel takes eight at a time
      for (let head = 0; head < heads; head++) {
        const at = 4 * (t * heads + head) * size;
        const group = offset(Math.floor((head * kv_heads) / heads)); // of queries, shares one
        kernel.multiply(scores, keys + group, query + at, place + 1, size, size);
        softmax(view(scores, padded), place + 1, Math.sqrt(size));
        kernel.multiply(gathered + at, values + group, scores, size, padded, CONTEXT);
      }
    }
  }

  /** Write to `normed` each vector of x at length sqrt(width), times a weight: RMSNorm. */
  function norm(name: string, n: number): void {
    const weight = view(PAGE + tensors[name].at, width);
    for (let t = 0; t < n; t++) {
      const [from, to] = [view(x + 4 * t * width, width), view(normed + 4 * t * width, width)];
      let squares = 0;
      for (let j = 0; j < width; j++) squares += from[j] * from[j];
      const root = Math.sqrt(squares / width + sizes.norm_epsilon);
      for (let j = 0; j < width; j++) to[j] = (from[j] / root) * weight[j];
    }
  }

  /** to = from @ matrix.T */
  function linear(to: number, name: string, from: number, n: number): void {
    const { kind, rows, columns, at } = tensors[name];
    kernel.multiplyPacked(to, PAGE + at, from, rows, columns, n, row, Number(kind === "Q8_0"));
  }

  /** x = x + normed */
  function add(n: number): void {
    const [sum, change] = [view(x, n * width), view(normed, n * width)];
    for (let j = 0; j < sum.length; j++) sum[j] += change[j];
  }

  /** Turn neighboring pairs of numbers by an angle for each place: rotary embedding. */
  function rotate(pairs: Float32Array, heads: number, start: number): void {
    for (let j = 0; j < pairs.length; j += 2) {
      const place = start + Math.floor(j / (heads * size));
      const angle = place * sizes.rotation_base ** (-(j % size) / size);
      const [cos, sin, a, b] = [Math.cos(angle), Math.sin(angle), pairs[j], pairs[j + 1]];
      pairs[j] = a * cos - b * sin;
      pairs[j + 1] = a * sin + b * cos;
    }
  }

  return { weights: new Uint8Array(memory.buffer, PAGE, bytes), next };
}

/** Turn scores into weights that sum to 1, and what stands after them into zeros. */
function softmax(scores: Float32Array, length: number, divisor: number): void {
  let [largest, sum] = [-Infinity, 0];
  for (let t = 0; t < length; t++) largest = Math.max(largest, scores[t]);
  for (let t = 0; t < length; t++) sum += scores[t] = Math.exp((scores[t] - largest) / divisor);
  for (let t = 0; t < length; t++) scores[t] /= sum;
  scores.fill(0, length);
}
