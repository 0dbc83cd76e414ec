// Reading, as far as tests need it: what a scrape in Prometheus' text format exports, and what an expression of PromQL names.

type Series = { readonly type: string; readonly labels: Map<string, Set<string>> };
/** By name; of a histogram also those of its parts. */
export type Exported = ReadonlyMap<string, Series>;

const PARTS = ['_bucket', '_sum', '_count'];

/** Every metric with its type, its labels and their values. */
export function readScrape(text: string): Exported {
  const found = new Map<string, Series>();
  const parts = new Map<string, Series>();
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
    const series: Series = { type, labels: new Map() };
    found.set(name, series);
    if (type === 'histogram') for (const part of PARTS) parts.set(`${name}${part}`, series);
  }
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const series = found.get(name) ?? parts.get(name);
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      const values = series?.labels.get(label) ?? new Set();
      series?.labels.set(label, values.add(value));
    }
  }
  return new PartsLast(found, parts);
}

/** Parts are found by their names, and not listed. */
class PartsLast extends Map<string, Series> {
  readonly #parts: ReadonlyMap<string, Series>;
  constructor(found: ReadonlyMap<string, Series>, parts: ReadonlyMap<string, Series>) {
    super(found);
    this.#parts = parts;
  }
  override get(name: string): Series | undefined {
    return super.get(name) ?? this.#parts?.get(name);
  }
}

export type Named = {
  readonly name: string;
  /** Labels that it asks for; the value where it has to be that one, else null. */
  readonly labels: readonly (readonly [string, string | null])[];
  /** Labels by which the expression groups what it names. */
  readonly grouped: readonly string[];
};

const SERIES = /(?<![\w"$])((?:gatehouse|process|nodejs)_\w+|up)(?![\w(])(?:\{([^}]*)\})?/g;

/** What the expression names. */
export function namedIn(expression: string): readonly Named[] {
  const groups = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(','));
  const grouped = [...new Set(groups.map((label) => label.trim()))].filter((label) => label !== 'le');
  return [...expression.matchAll(SERIES)].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(
      ([, label = '', operator, value = '']) => [label, operator === '=' ? value : null] as const,
    ),
    grouped,
  }));
}
