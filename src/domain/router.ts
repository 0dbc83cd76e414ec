// The compiled router of one method (C3): a tree of the segments of all templates, so that a match costs what the path is long
// and not what the catalogue holds. The most specific template wins: at each segment the narrowest step is tried first, so that
// the first match is the best one. Only below a parameter that may hold `/` are there several ways; those are compared.

import type { RequestPath } from './path.ts';
import {
  capture,
  moreSpecificFirst,
  narrowerFirst,
  readTemplate,
  type Step,
  shapeOfStep,
  type Template,
} from './template.ts';

export type Match<Target> = { readonly target: Target; readonly params: Readonly<Record<string, string>> };

/** What the path of a request is for, with the value of each parameter; null: nothing that is known. */
export type Router<Target> = (path: RequestPath) => Match<Target> | null;

type Routed<Target> = { readonly template: string; readonly target: Target };

/** The last step of a template. Templates that share steps call their parameters as they like. */
type End<Target> = { readonly target: Target; readonly template: Template; readonly names: readonly string[] };

type Node<Target> = {
  readonly literals: Map<string, Node<Target>>;
  /** The narrowest first; those that take any number of segments are the last. */
  readonly branches: { readonly step: Step; readonly node: Node<Target> }[];
  /** Of one path with several queries: the one that asks most first. */
  readonly ends: End<Target>[];
};

/** What the steps so far have taken; the list ends at the first one. */
type Taken = { readonly values: readonly string[]; readonly before: Taken | null };
type Found<Target> = { readonly end: End<Target>; readonly taken: Taken | null };

/** One search. `known`: what was found below a rest, from which segment on; without it rests within rests would multiply. */
type Search<Target> = {
  readonly path: RequestPath;
  known: Map<Node<Target>, (Found<Target> | null)[]> | null;
};

/** The router of these templates, no two of which have the same shape. @rule C3 */
export function compileRouter<Target>(routes: readonly Routed<Target>[]): Router<Target> {
  const root = newNode<Target>();
  for (const { template, target } of routes) addRoute(root, readTemplate(template), target);
  return (path) => {
    const found = findFrom(root, 0, { path, known: null });
    return found === null ? null : { target: found.end.target, params: paramsOf(found) };
  };
}

function newNode<Target>(): Node<Target> {
  return { literals: new Map(), branches: [], ends: [] };
}

function addRoute<Target>(root: Node<Target>, template: Template, target: Target): void {
  let node = root;
  for (const step of template.steps) node = childOf(node, step);
  node.ends.push({ target, template, names: template.steps.flatMap(({ names }) => names) });
  node.ends.sort((a, b) => moreSpecificFirst(a.template, b.template));
}

function childOf<Target>(node: Node<Target>, step: Step): Node<Target> {
  const made = newNode<Target>();
  if (step.names.length === 0) {
    const text = step.literals.join('');
    const child = node.literals.get(text) ?? made;
    node.literals.set(text, child);
    return child;
  }
  const shape = shapeOfStep(step);
  const known = node.branches.find((branch) => shapeOfStep(branch.step) === shape);
  if (known !== undefined) return known.node;
  node.branches.push({ step, node: made });
  node.branches.sort((a, b) => narrowerFirst(a.step, b.step));
  return made;
}

function findFrom<Target>(node: Node<Target>, at: number, search: Search<Target>): Found<Target> | null {
  const { segments } = search.path;
  const segment = segments[at];
  if (segment === undefined) return endFor(node, search.path);
  const literal = node.literals.get(segment);
  const found = literal === undefined ? null : findFrom(literal, at + 1, search);
  if (found !== null) return found;
  for (const { step, node: child } of node.branches) {
    const below = step.rest ? findRest(step, child, at, search) : findParameter(step, child, at, search);
    if (below !== null) return below;
  }
  return null;
}

function endFor<Target>({ ends }: Node<Target>, path: RequestPath): Found<Target> | null {
  const end = ends.find(({ template }) => asksFor(template.query, path.query));
  return end === undefined ? null : { end, taken: null };
}

function asksFor(asked: URLSearchParams, given: URLSearchParams): boolean {
  return asked.size === 0 || [...asked].every(([name, value]) => given.getAll(name).join() === value);
}

function findParameter<Target>(
  step: Step,
  child: Node<Target>,
  at: number,
  search: Search<Target>,
): Found<Target> | null {
  const segment = search.path.segments[at] ?? '';
  if (segment.includes('/')) return null;
  const values = capture(step, segment);
  return values === null ? null : taking(values, findFrom(child, at + 1, search));
}

/** The parameter takes one segment, or two, …: of all ways on the most specific template, and of its ways the shortest. */
function findRest<Target>(step: Step, child: Node<Target>, at: number, search: Search<Target>): Found<Target> | null {
  const { segments } = search.path;
  let best: Found<Target> | null = null;
  for (let to = at + 1; to <= segments.length; to += 1) {
    if (segments[to - 1] === '') break; // only the last one is: a slash at the end is not part of what is named
    const after = foundAfter(child, to, search);
    if (after === null || (best !== null && !isMoreSpecific(after, best))) continue;
    const values = capture(step, segments.slice(at, to).join('/'));
    if (values !== null) best = taking(values, after);
  }
  return best;
}

function foundAfter<Target>(node: Node<Target>, at: number, search: Search<Target>): Found<Target> | null {
  search.known ??= new Map();
  const known = search.known.get(node) ?? [];
  search.known.set(node, known);
  const found = known[at];
  if (found !== undefined) return found;
  const searched = findFrom(node, at, search);
  known[at] = searched;
  return searched;
}

function isMoreSpecific<Target>(a: Found<Target>, b: Found<Target>): boolean {
  return moreSpecificFirst(a.end.template, b.end.template) < 0;
}

function taking<Target>(values: readonly string[], found: Found<Target> | null): Found<Target> | null {
  return found === null ? null : { end: found.end, taken: { values, before: found.taken } };
}

function paramsOf<Target>({ end, taken }: Found<Target>): Readonly<Record<string, string>> {
  const values: string[] = [];
  for (let each = taken; each !== null; each = each.before) values.push(...each.values);
  return Object.fromEntries(end.names.map((name, index) => [name, values[index] ?? '']));
}
