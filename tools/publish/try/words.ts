// How tokens and probabilities are written, and on which tint: `labels.py` and `tint.py`.

const TINTS = [0.5, 0.1, 0.01, 0.001]; // the least probability of each but the last
const SIGNS: Record<string, string> = { " ": "␣", "\n": "↵", "\t": "⇥", "\r": "\\r" };
const bytes = (word: string) => Uint8Array.from(word, (letter) => letter.charCodeAt(0));
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, "0");

/** What each token adds to a text; nothing within a character. */
export function pieces(words: string[]): string[] {
  const decoder = new TextDecoder();
  return words.map((word) => decoder.decode(bytes(word), { stream: true }));
}

/** A character by its code, as Python writes it: \x00, \u202e. */
function code(character: string): string {
  const n = character.codePointAt(0)!;
  return n < 256 ? `\\x${hex(n, 2)}` : n < 65536 ? `\\u${hex(n, 4)}` : `\\U${hex(n, 8)}`;
}

/** A token, its spaces and line breaks seen. */
export function visible(word: string): string {
  return new TextDecoder()
    .decode(bytes(word))
    .replace(/[ \n\t\r]/g, (c) => SIGNS[c])
    .replace(/[\p{C}\p{Z}]/gu, code)
    .replace(/^(?=\p{M})/u, "◌"); // an accent alone would land on what stands before it
}

/** A probability with one decimal; what may happen is never 0%, what may fail never 100%. */
export function percent(p: number): string {
  if (p === 0 || p === 1) return `${100 * p}%`;
  if (p < 0.0005) return "<0.1%";
  return p >= 0.9995 ? ">99.9%" : `${(100 * p).toFixed(1)}%`;
}

/** The number of the tint of a probability, from 0 for the likely ones. */
export function tint(p: number): number {
  return TINTS.filter((least) => p < least).length;
}
