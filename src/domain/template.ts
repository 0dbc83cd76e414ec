// Path templates (C3): what each segment of `/repos/{owner}/{repo}` takes, and which of two templates is the more specific.
// A segment is literal, or holds parameters between literal text (`{id}.json`, `{name}:cancel`, `{from}-{to}`).

/** These parameters may hold `/`. @rule C3 */
const RESTS: ReadonlySet<string> = new Set(['path', 'ref', 'branch', 'basehead']);

const PARAMETER = /\{([^{}]*)\}/g;

/** One segment: `literals[0] {names[0]} literals[1] …`; one literal and no name where it is literal altogether. */
export type Step = {
  readonly literals: readonly string[];
  readonly names: readonly string[];
  /** It may take more than one segment of a path. */
  readonly rest: boolean;
};

export type Template = {
  readonly steps: readonly Step[];
  /** What the query must hold (Git's `service`). */
  readonly query: URLSearchParams;
};

const NO_QUERY = new URLSearchParams();

function readStep(segment: string): Step {
  if (!segment.includes('{')) return { literals: [segment], names: [], rest: false };
  const names = [...segment.matchAll(PARAMETER)].map(([, name = '']) => name);
  const literals = segment.split(/\{[^{}]*\}/);
  return { literals, names, rest: names.length === 1 && RESTS.has(names[0] ?? '') };
}

/** The template as its segments. */
export function readTemplate(template: string): Template {
  const mark = template.indexOf('?');
  if (mark < 0) return { steps: template.slice(1).split('/').map(readStep), query: NO_QUERY };
  const query = new URLSearchParams(template.slice(mark + 1));
  return { steps: template.slice(1, mark).split('/').map(readStep), query };
}

/** The same text for steps that take the same segments, whatever their parameters are called. */
export function shapeOfStep({ literals, rest }: Step): string {
  return literals.join(rest ? '{+}' : '{}');
}

/** The same text for templates that match the same paths. Two operations of one method and shape cannot be told apart. */
export function shapeOf(template: string): string {
  const { steps, query } = readTemplate(template);
  const path = `/${steps.map(shapeOfStep).join('/')}`;
  if (query.size === 0) return path;
  query.sort();
  return `${path}?${query}`;
}

/** Literal, then literal text with parameters, then one segment of anything, then any number; last what is not there. */
function rank(step: Step | undefined): number {
  if (step === undefined) return 0;
  if (step.rest) return 1;
  if (step.names.length === 0) return 4;
  return step.literals.some((text) => text !== '') ? 3 : 2;
}

function literalLength({ literals }: Step): number {
  return literals.join('').length;
}

/** Orders steps that take the same segment: the narrowest first; never equal for steps of different shape. @rule C3 */
export function narrowerFirst(a: Step, b: Step): number {
  const by_kind = rank(b) - rank(a);
  if (by_kind !== 0) return by_kind;
  const by_text = literalLength(b) - literalLength(a);
  if (by_text !== 0) return by_text;
  const [left, right] = [shapeOfStep(a), shapeOfStep(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Orders templates that match the same path: the narrowest at the first difference is the most specific. @rule C3 */
export function moreSpecificFirst(a: Template, b: Template): number {
  const length = Math.max(a.steps.length, b.steps.length);
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [a.steps[index], b.steps[index]];
    const difference = left && right ? narrowerFirst(left, right) : rank(right) - rank(left);
    if (difference !== 0) return difference;
  }
  return b.query.size - a.query.size;
}

/**
 * What each parameter of the step takes of this text, or null where it does not fit. No parameter takes nothing; of several
 * each but the last takes as little as it can.
 */
export function capture({ literals, names }: Step, text: string): readonly string[] | null {
  if (names.length === 1 && literals[0] === '' && literals[1] === '') return text === '' ? null : [text];
  const suffix = literals.at(-1) ?? '';
  const end = text.length - suffix.length;
  if (!text.startsWith(literals[0] ?? '') || !text.endsWith(suffix)) return null;
  let from = (literals[0] ?? '').length;
  const values: string[] = [];
  for (const literal of literals.slice(1, -1)) {
    const to = text.indexOf(literal, from + 1);
    if (to < 0 || to > end) return null;
    values.push(text.slice(from, to));
    from = to + literal.length;
  }
  if (from >= end) return null;
  values.push(text.slice(from, end));
  return values.length === names.length ? values : null;
}
