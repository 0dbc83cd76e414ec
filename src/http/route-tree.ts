// Which route a plain target is of, found as the framework's router does: a literal segment comes before a parameter, and that before the
// rest of the path. For what is to be known of a request before the framework sees it; nothing is ever authorised by it.

type Branch<Found> = {
  readonly literal: Map<string, Branch<Found>>;
  parameter: Branch<Found> | null;
  /** By method, where a path may end here, and where anything may follow. */
  readonly ends: Map<string, Found>;
  readonly rests: Map<string, Found>;
};

export type RouteTree<Found> = {
  readonly add: (method: string, template: string, found: Found) => void;
  /** Undefined: no route, or a target that has to be decoded first. */
  readonly find: (method: string, target: string) => Found | undefined;
};

/** What is decoded before it is compared, or ends the path in a way that is not looked at here. */
const NOT_PLAIN = /[%#;]/;

function emptyBranch<Found>(): Branch<Found> {
  return { literal: new Map(), parameter: null, ends: new Map(), rests: new Map() };
}

function branchFor<Found>(branch: Branch<Found>, segment: string): Branch<Found> {
  if (segment.startsWith(':')) {
    branch.parameter ??= emptyBranch();
    return branch.parameter;
  }
  const known = branch.literal.get(segment) ?? emptyBranch();
  branch.literal.set(segment, known);
  return known;
}

/** In the path, from here on. */
function findFrom<Found>(branch: Branch<Found>, path: string, at: number, method: string): Found | undefined {
  if (at > path.length) return branch.ends.get(method);
  const slash = path.indexOf('/', at);
  const end = slash < 0 ? path.length : slash;
  const literal = branch.literal.get(path.slice(at, end));
  const found = literal && findFrom(literal, path, end + 1, method);
  if (found !== undefined) return found;
  const below = branch.parameter !== null && end > at ? findFrom(branch.parameter, path, end + 1, method) : undefined;
  return below ?? branch.rests.get(method);
}

export function createRouteTree<Found>(): RouteTree<Found> {
  const root = emptyBranch<Found>();
  return {
    add: (method, template, found) => {
      const segments = template.slice(1).split('/');
      const is_rest = segments.at(-1) === '*';
      const branch = (is_rest ? segments.slice(0, -1) : segments).reduce(branchFor<Found>, root);
      (is_rest ? branch.rests : branch.ends).set(method, found);
    },
    find: (method, target) => {
      if (NOT_PLAIN.test(target)) return undefined;
      const query = target.indexOf('?');
      return findFrom(root, query < 0 ? target : target.slice(0, query), 1, method);
    },
  };
}
