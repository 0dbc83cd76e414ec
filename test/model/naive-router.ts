// A second reading of C3, slow and plain: every template is tried, every way of it, and the best is taken. The compiled
// router is compared with it.

import type { RequestPath } from '../../src/domain/path.ts';

const RESTS = ['path', 'ref', 'branch', 'basehead'];

type Way = Readonly<Record<string, string>>;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function namesIn(segment: string): string[] {
  return [...segment.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
}

function isRest(segment: string): boolean {
  const names = namesIn(segment);
  return names.length === 1 && RESTS.includes(names[0] ?? '');
}

function take(segment: string, text: string): Way | null {
  const names = namesIn(segment);
  const any = isRest(segment) ? '[^]' : '[^/]';
  const parts = segment.split(/\{[^{}]*\}/).map(escaped);
  const pattern = parts
    .map((part, index) => (index === 0 ? part : `(${any}+${index < parts.length - 1 ? '?' : ''})${part}`))
    .join('');
  const found = new RegExp(`^${pattern}$`).exec(text);
  return found && Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? '']));
}

/** All ways in which these segments of a template take these of a path. */
function waysOf(template: readonly string[], path: readonly string[]): Way[] {
  const [first, ...others] = template;
  if (first === undefined) return path.length === 0 ? [{}] : [];
  const counts = isRest(first) ? path.map((_, index) => index + 1) : [1];
  return counts.flatMap((count) => {
    const taken = path.slice(0, count);
    if (taken.length < count) return [];
    if (namesIn(first).length > 0 && taken.at(-1) === '') return [];
    const way = take(first, taken.join('/'));
    return way === null ? [] : waysOf(others, path.slice(count)).map((after) => ({ ...way, ...after }));
  });
}

/** The smaller, the narrower: kind, the more literal text, and for an order in any case that text. */
function width(segment: string): string {
  const text = segment.replace(/\{[^{}]*\}/g, '');
  const with_text = text === '' ? 3 : 2;
  const single = namesIn(segment).length === 0 ? 1 : with_text;
  const kind = isRest(segment) ? 4 : single;
  return `${kind} ${9999 - text.length} ${segment.replace(/\{[^{}]*\}/g, '{}')}`;
}

/** What the templates make of the path, the best one first, with the first way of each. */
export function naiveMatches(
  templates: readonly string[],
  path: RequestPath,
): readonly { readonly template: string; readonly params: Way }[] {
  const found = templates.flatMap((template) => {
    const [text = '', query = ''] = template.split('?');
    const asked = [...new URLSearchParams(query)];
    if (!asked.every(([name, value]) => path.query.getAll(name).join() === value)) return [];
    const [params] = waysOf(text.slice(1).split('/'), path.segments);
    return params === undefined ? [] : [{ template, params, key: text.slice(1).split('/').map(width), asked }];
  });
  return found
    .sort((a, b) => {
      for (let index = 0; index < Math.max(a.key.length, b.key.length); index += 1) {
        const [left = '5', right = '5'] = [a.key[index], b.key[index]];
        if (left !== right) return left < right ? -1 : 1;
      }
      return b.asked.length - a.asked.length;
    })
    .map(({ template, params }) => ({ template, params }));
}
