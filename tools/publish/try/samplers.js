// Temperature, the eight cuts, and the draw: `sampling.py` and `truncation.py` of the package, whose
// docstrings say what each means and where it comes from. A test holds the two together.
//
// Logits are finite float32 numbers. Tokens are ranked once, the likeliest first and equal ones by
// index; what is kept is a list of places in that ranking.

/**
 * @typedef {[name: string, setting: number]} Step temperature, or one of CUTS
 * @typedef {{logits: Float64Array, tokens: Uint32Array}} Ranking
 * @typedef {{probability: Float64Array, surprise: Float64Array, entropy: number}} Information
 */

const WITHIN = 1 - 1e-10; // a bound is reached but for rounding

/**
 * Rank the tokens by their logits.
 *
 * @param {Float32Array} logits
 * @returns {Ranking}
 */
export function ranking(logits) {
  // One number a token, so that the browser's fast sort of numbers ranks them: the bits of a float
  // as an integer of the same order, then the index. Adding 0 makes -0 into 0.
  const bits = new Int32Array(Float32Array.from(logits, (z) => z + 0).buffer);
  const keys = Float64Array.from(bits, (b, i) => (b < 0 ? b ^ 0x7fffffff : b) * -65536 + i).sort();
  const tokens = Uint32Array.from(keys, (key) => ((key % 65536) + 65536) % 65536);
  return { tokens, logits: Float64Array.from(tokens, (token) => logits[token]) };
}

/**
 * Say which places of the ranking survive, and at what temperature to draw among them.
 *
 * @param {Ranking} ranking
 * @param {Step[]} steps
 */
export function survivors(ranking, steps) {
  let kept = Uint32Array.from(ranking.tokens.keys());
  let temperature = 1;
  for (const [name, setting] of steps) {
    if (name === "temperature") temperature = setting;
    else kept = CUTS[name](kept, ranking, temperature, setting);
  }
  return { kept, temperature };
}

/**
 * The probabilities of some places, the likeliest first.
 *
 * @param {Ranking} ranking
 * @param {Uint32Array} kept
 * @param {number} temperature
 */
export function softmax({ logits }, kept, temperature) {
  const weights = Float64Array.from(kept, (at) => Math.exp((logits[at] - logits[kept[0]]) / temperature));
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}

/**
 * Draw: the place at which the running probability passes a height u, 0 <= u < 1.
 *
 * @param {Float64Array} probabilities
 * @param {number} height
 */
export function crossing(probabilities, height) {
  const bound = height * sum(probabilities);
  let [last, running] = [0, 0];
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i] > 0) last = i;
    running += probabilities[i];
    if (running > bound) return i;
  }
  return last; // rounding lifted the bound to the whole sum
}

/**
 * Uniform noise for a place of a text, the same for all settings: SplitMix32 (G. Steele et al. 2014,
 * with the constants of MurmurHash3).
 *
 * @param {number} seed
 * @param {number} place
 */
export function noise(seed, place) {
  let h = (Math.imul(seed, 0x9e3779b9) + Math.imul(place + 1, 0x85ebca6b)) | 0;
  for (let round = 0; round < 2; round++) {
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return (h >>> 0) / 2 ** 32;
}

/** @type {Record<string, (kept: Uint32Array, r: Ranking, T: number, setting: number) => Uint32Array>} */
export const CUTS = {
  top_k: (kept, { logits }, T, k) => kept.filter((at) => logits[at] >= logits[kept[Math.min(k, kept.length) - 1]]),
  top_p: (kept, r, T, p) => (p === 1 ? kept : kept.slice(0, crossing(softmax(r, kept, T), p * WITHIN) + 1)),
  min_p: (kept, { logits }, T, p) => kept.filter((at) => Math.exp((logits[at] - logits[kept[0]]) / T) >= p * WITHIN),
  typical_p: (kept, r, T, p) => {
    if (p === 1) return kept;
    const { probability, surprise, entropy } = information(r, kept, T);
    const distance = surprise.map((each) => Math.abs(each - entropy));
    const order = Uint32Array.from(kept.keys());
    order.sort((a, b) => distance[a] - distance[b] || r.tokens[kept[a]] - r.tokens[kept[b]]);
    let [count, running] = [0, 0];
    while (running < p * WITHIN && count < order.length) running += probability[order[count++]];
    return order.slice(0, count).sort().map((i) => kept[i]);
  },
  epsilon_cutoff: (kept, r, T, epsilon) => {
    const { probability } = information(r, kept, T);
    return kept.filter((_, i) => probability[i] >= Math.min(epsilon * WITHIN, probability[0]));
  },
  eta_cutoff: (kept, r, T, epsilon) => {
    const { probability, entropy } = information(r, kept, T);
    const eta = Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy));
    return kept.filter((_, i) => probability[i] >= eta * WITHIN);
  },
  top_n_sigma: (kept, { logits }, T, n) => {
    const below = Float64Array.from(kept, (at) => logits[kept[0]] - logits[at]);
    const mean = sum(below) / below.length;
    const deviation = Math.sqrt(sum(below.map((each) => (each - mean) ** 2)) / below.length);
    return kept.filter((_, i) => below[i] * WITHIN <= n * deviation);
  },
  xtc: (kept, r, T, threshold) => {
    const { probability } = information(r, kept, T);
    const top = probability.filter((p) => p >= threshold * WITHIN).length;
    return kept.slice(Math.max(0, top - 1));
  },
};

/**
 * Each place's probability and surprise, and their mean surprise, in nats.
 *
 * @param {Ranking} ranking
 * @param {Uint32Array} kept
 * @param {number} temperature
 * @returns {Information}
 */
export function information(ranking, kept, temperature) {
  const probability = softmax(ranking, kept, temperature);
  const { logits } = ranking;
  const first = -Math.log(probability[0]);
  const surprise = Float64Array.from(kept, (at) => first + (logits[kept[0]] - logits[at]) / temperature);
  return { probability, surprise, entropy: sum(probability.map((p, i) => p * surprise[i])) };
}

/** @param {Float64Array} numbers */
function sum(numbers) {
  let total = 0;
  for (const each of numbers) total += each;
  return total;
}
