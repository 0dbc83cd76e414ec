// How a comparison of engine and reference tells what differs: the first cases in words, and all of them counted.

export type Outcome = {
  readonly effect: string;
  readonly reason: string;
  readonly status: number;
  readonly fine_reason: string;
};
const SHOWN = 10;

export function differ(a: Outcome, b: Outcome): boolean {
  return a.effect !== b.effect || a.reason !== b.reason || a.status !== b.status || a.fine_reason !== b.fine_reason;
}

export function inShort({ effect, status, reason, fine_reason }: Outcome): string {
  return `${effect === 'allow' ? 'allow' : status} ${reason}${fine_reason === reason ? '' : `/${fine_reason}`}`;
}

export class Mismatches {
  count = 0;
  readonly #first: string[] = [];
  readonly #tally = new Map<string, number>();

  /** @param words the case, as `dimension value, dimension value` */
  add(words: string, difference: string): void {
    this.count += 1;
    if (this.#first.length < SHOWN) this.#first.push(`${words}: ${difference}`);
    for (const part of [difference, ...words.split(', ')]) this.#tally.set(part, (this.#tally.get(part) ?? 0) + 1);
  }

  text(): string {
    if (this.count === 0) return 'engine and reference agree';
    const tally = [...this.#tally].sort(([, a], [, b]) => b - a).map(([part, count]) => `${count} with ${part}`);
    return [`${this.count} differ; the first are:`, ...this.#first, 'of all of them:', ...tally].join('\n  ');
  }
}
