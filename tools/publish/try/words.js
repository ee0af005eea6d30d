// How tokens and probabilities are written, and on which tint: `labels.py` and `tint.py`.

const TINTS = [0.5, 0.1, 0.01, 0.001]; // the least probability of each but the last
const SIGNS = /** @type {Record<string, string>} */ ({ " ": "␣", "\n": "↵", "\t": "⇥" });

/**
 * The bytes of a token, whose letters stand for one byte each (Radford et al. 2019, GPT-2).
 *
 * @param {string} word
 */
function bytes(word) {
  const special = /^<.+>$/.test(word);
  return Uint8Array.from(special ? new TextEncoder().encode(word) : [...word].map(byteOf));
}

const PRINTABLE = [...Array(256).keys()].filter((b) => (b > 32 && b < 127) || (b > 160 && b !== 173));
const OTHERS = [...Array(256).keys()].filter((b) => !PRINTABLE.includes(b));

/** @param {string} letter */
function byteOf(letter) {
  const code = letter.charCodeAt(0);
  return code < 256 ? code : OTHERS[code - 256];
}

/**
 * What each token adds to a text; nothing within a character.
 *
 * @param {string[]} words
 */
export function pieces(words) {
  const decoder = new TextDecoder();
  return words.map((word) => decoder.decode(bytes(word), { stream: true }));
}

/**
 * A token, its spaces and line breaks seen.
 *
 * @param {string} word
 */
export function visible(word) {
  return new TextDecoder()
    .decode(bytes(word))
    .replace(/[ \n\t]/g, (c) => SIGNS[c])
    .replace(/[\p{C}\p{Z}]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .replace(/^(?=\p{M})/u, "◌");
}

/**
 * A probability with one decimal; what may happen is never 0%, what may fail never 100%.
 *
 * @param {number} p
 */
export function percent(p) {
  if (p === 0 || p === 1) return `${100 * p}%`;
  if (p < 0.0005) return "<0.1%";
  return p >= 0.9995 ? ">99.9%" : `${(100 * p).toFixed(1)}%`;
}

/**
 * The number of the tint of a probability, from 0 for the likely ones.
 *
 * @param {number} p
 */
export function tint(p) {
  const found = TINTS.findIndex((least) => p >= least);
  return found < 0 ? TINTS.length : found;
}
