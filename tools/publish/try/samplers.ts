// Temperature, the eight cuts, and the draw: `sampling.py` and `truncation.py` of the package, whose
// docstrings say what each means and where it comes from. A test holds the two together.
//
// Logits are finite float32 numbers. Tokens are ranked once, the likeliest first and equal ones by
// index; what is kept is a list of places in that ranking.

export type Step = [name: string, setting: number]; // temperature, or one of CUTS
export type Ranking = { tokens: Uint32Array; logits: Float32Array };
type Places = Uint32Array;
type Cut = (kept: Places, ranking: Ranking, temperature: number, setting: number) => Places;

const WITHIN = 1 - 1e-10; // a bound is reached but for rounding

/** Rank the tokens by their logits. */
export function ranking(logits: Float32Array): Ranking {
  // One number a token, so that the browser's fast sort of numbers ranks them: the bits of a float
  // as an integer of the same order, then the index. Adding 0 makes -0 into 0.
  const bits = new Int32Array(logits.map((z) => z + 0).buffer);
  const keys = new Float64Array(bits.length);
  bits.forEach((b, token) => (keys[token] = (b < 0 ? b ^ 0x7fffffff : b) * -65536 + token));
  const tokens = new Uint32Array(bits.length);
  keys.sort().forEach((key, at) => (tokens[at] = ((key % 65536) + 65536) % 65536));
  return { tokens, logits: new Float32Array(bits.length).map((_, at) => logits[tokens[at]]) };
}

/** The probabilities of all places, T = 1 and nothing cut off. */
export function plain(ranking: Ranking): Float64Array {
  return softmax(ranking, survivors(ranking, []).kept, 1);
}

/** Say which places survive the steps, how many after each, and at what temperature to draw. */
export function survivors(ranking: Ranking, steps: Step[]) {
  let kept: Places = ranking.tokens.map((_, at) => at);
  let temperature = 1;
  const counts = steps.map(([name, setting]) => {
    if (name === "temperature") temperature = setting;
    else kept = CUTS[name](kept, ranking, temperature, setting);
    return kept.length;
  });
  return { kept, temperature, counts };
}

/** The probabilities of some places at a temperature. */
export function softmax({ logits }: Ranking, kept: Places, temperature: number) {
  const weights = new Float64Array(kept.length);
  kept.forEach((at, i) => (weights[i] = Math.exp((logits[at] - logits[kept[0]]) / temperature)));
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}

/** Draw: the place at which the running probability passes a height u, 0 <= u < 1. */
export function crossing(probability: Float64Array, height: number): number {
  const bound = height * sum(probability);
  for (let at = 0, running = 0; at < probability.length; at++) {
    running += probability[at];
    if (running > bound) return at;
  }
  return probability.findLastIndex((p) => p > 0); // rounding lifted the bound to the whole sum
}

/**
 * Uniform noise for a place of a text, the same for all settings: a counter, mixed as in SplitMix
 * (Steele, Lea and Flood 2014), with the constants of MurmurHash3.
 */
export function noise(seed: number, place: number): number {
  let h = Math.imul(seed, 0x9e3779b9) + Math.imul(place + 1, 0x85ebca6b);
  for (let round = 0; round < 2; round++) {
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return (h >>> 0) / 2 ** 32;
}

export const CUTS: Record<string, Cut> = {
  top_k(kept, { logits }, _, k) {
    const least = logits[kept[Math.min(k, kept.length) - 1]];
    return kept.filter((at) => logits[at] >= least);
  },

  top_p(kept, ranking, temperature, p) {
    if (p === 1) return kept;
    return kept.slice(0, crossing(softmax(ranking, kept, temperature), p * WITHIN) + 1);
  },

  min_p(kept, ranking, temperature, p) {
    const probability = softmax(ranking, kept, temperature);
    return kept.filter((_, i) => probability[i] / probability[0] >= p * WITHIN);
  },

  typical_p(kept, ranking, temperature, p) {
    if (p === 1) return kept;
    const { probability, surprise, entropy } = information(ranking, kept, temperature);
    const distance = surprise.map((each) => Math.abs(each - entropy));
    const token = (i: number) => ranking.tokens[kept[i]];
    const order = [...kept.keys()]; // falls, then rises: a sort of arrays sees it, of numbers not
    order.sort((a, b) => distance[a] - distance[b] || token(a) - token(b));
    let [count, running] = [0, 0];
    while (running < p * WITHIN && count < order.length) running += probability[order[count++]];
    return Uint32Array.from(order.slice(0, count), (i) => kept[i]).sort();
  },

  epsilon_cutoff(kept, ranking, temperature, epsilon) {
    const probability = softmax(ranking, kept, temperature);
    return kept.filter((_, i) => probability[i] >= Math.min(epsilon * WITHIN, probability[0]));
  },

  eta_cutoff(kept, ranking, temperature, epsilon) {
    const { probability, entropy } = information(ranking, kept, temperature);
    const eta = Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy));
    return kept.filter((_, i) => probability[i] >= eta * WITHIN);
  },

  top_n_sigma(kept, { logits }, _, n) {
    const below = new Float64Array(kept.length);
    kept.forEach((at, i) => (below[i] = logits[kept[0]] - logits[at]));
    const mean = sum(below) / below.length;
    const deviation = Math.sqrt(sum(below.map((each) => (each - mean) ** 2)) / below.length);
    return kept.filter((_, i) => below[i] * WITHIN <= n * deviation);
  },

  xtc(kept, ranking, temperature, threshold) {
    const probability = softmax(ranking, kept, temperature);
    const top = probability.filter((p) => p >= threshold * WITHIN).length;
    return kept.slice(Math.max(0, top - 1));
  },
};

/** Each place's probability and surprise, and their mean surprise, in nats. */
function information(ranking: Ranking, kept: Places, temperature: number) {
  const probability = softmax(ranking, kept, temperature);
  const { logits } = ranking;
  const surprise = new Float64Array(kept.length);
  kept.forEach((at, i) => (surprise[i] = (logits[kept[0]] - logits[at]) / temperature));
  surprise.forEach((each, i) => (surprise[i] = each - Math.log(probability[0])));
  return { probability, surprise, entropy: sum(probability.map((p, i) => p * surprise[i])) };
}

export function sum(numbers: Float64Array): number {
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += numbers[i];
  return total;
}
