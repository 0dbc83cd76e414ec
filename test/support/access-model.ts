// What a token may do at an organization, modelled by sets: the smallest parts of permissions, and names of repositories. It
// owns nothing that the service uses; random histories are compared with it.

/** What is asked of a token: the members of an edit. */
export type Asked = {
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  readonly repository_selection: 'none' | 'all' | 'subset';
  readonly repositories?: readonly string[];
};

type Access = {
  /** `contents:read` is part of `contents:write`. */
  readonly parts: ReadonlySet<string>;
  readonly kind: Asked['repository_selection'];
  /** `*` stands for those that are still to come. */
  readonly repositories: ReadonlySet<string>;
};

export type World = {
  readonly approval: boolean;
  readonly restricted: boolean;
  readonly repositories: readonly string[];
};

/** Everything that there is to know about the token. */
export type TokenModel = {
  asked: Access;
  grant: Access | null;
  /** The number of the request that is pending; null: none. */
  pending: number | null;
  /** What the owner has approved last; null: nothing that still holds. */
  approved: Access | null;
  requests: number;
};

function partsOf(permissions: Asked['permissions']): Set<string> {
  const repository = Object.keys(permissions).some((name) => name !== 'members');
  const levels: [string, string][] = Object.entries({ ...(repository && { metadata: 'read' }), ...permissions });
  return new Set(
    levels.flatMap(([name, level]) => (level === 'write' ? [`${name}:read`, `${name}:write`] : [`${name}:read`])),
  );
}

export function accessOf(asked: Asked, world: World): Access {
  const named = { none: [], all: ['*', ...world.repositories], subset: asked.repositories ?? [] };
  const kind = asked.repository_selection;
  return { parts: partsOf(asked.permissions), kind, repositories: new Set(named[kind]) };
}

function isSubset(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].every((each) => b.has(each));
}

function intersection(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((each) => b.has(each)));
}

export function isWithin(a: Access, b: Access): boolean {
  return isSubset(a.parts, b.parts) && isSubset(a.repositories, b.repositories);
}

function both(a: Access, b: Access): Access {
  const kinds = [a.kind, b.kind];
  const narrower = kinds.includes('none') ? 'none' : 'subset';
  const kind = kinds.every((each) => each === 'all') ? 'all' : narrower;
  return { parts: intersection(a.parts, b.parts), kind, repositories: intersection(a.repositories, b.repositories) };
}

function isSame(a: Access, b: Access): boolean {
  return a.kind === b.kind && isWithin(a, b) && isWithin(b, a);
}

/** Ends the pending request; what was only asked is no longer asked where something is granted. */
function setBack(token: TokenModel): void {
  token.pending = null;
  if (token.grant !== null) token.asked = token.grant;
}

function request(token: TokenModel): void {
  token.requests += 1;
  token.pending = token.requests;
}

function give(token: TokenModel): void {
  token.grant = token.asked;
  token.approved = token.asked;
  token.pending = null;
}

/** A new token of this holder: nothing granted, and asked for. */
export function newToken(asked: Access, world: World): TokenModel {
  const token: TokenModel = { asked, grant: null, pending: null, approved: null, requests: 0 };
  if (world.approval) request(token);
  else give(token);
  return token;
}

/** Each act answers the status that the service has to answer. */
export const ACTS = {
  edit(token: TokenModel, world: World, asked: Asked): number {
    const wanted = accessOf(asked, world);
    if (isSame(wanted, token.asked)) return 200;
    const wider = token.grant === null || !isWithin(wanted, token.grant);
    if (wider && world.restricted) return 422;
    token.asked = wanted;
    token.pending = null;
    if (wider && !world.approval) {
      give(token);
      return 200;
    }
    if (token.grant !== null) token.grant = world.approval || !wider ? both(token.grant, wanted) : wanted;
    if (wider) request(token);
    return 200;
  },
  approve(token: TokenModel, world: World, number: number): number {
    if (number !== token.pending || world.restricted) return 409;
    give(token);
    return 204;
  },
  deny(token: TokenModel, _: World, number: number): number {
    if (number !== token.pending) return 409;
    setBack(token);
    return 204;
  },
  withdraw(token: TokenModel): number {
    if (token.pending === null) return 409;
    setBack(token);
    return 204;
  },
  again(token: TokenModel, world: World): number {
    if (token.grant !== null) return 409;
    if (world.restricted) return 422;
    if (world.approval) request(token);
    else give(token);
    return 201;
  },
  revoke(token: TokenModel): number {
    if (token.grant === null) return 404;
    setBack(token);
    token.grant = null;
    token.approved = null;
    return 204;
  },
  leave(token: TokenModel): number {
    setBack(token);
    token.grant = null;
    token.approved = null;
    return 204;
  },
  regenerate: (): number => 201,
} as const;

export function stateOf({ grant, pending }: TokenModel): string {
  if (grant !== null) return 'active';
  return pending === null ? 'denied' : 'pending';
}

/** The highest level of each permission, as the service prints them. */
export function printParts({ parts }: Access): string {
  return [...parts]
    .filter((part) => !(part.endsWith(':read') && parts.has(part.replace(':read', ':write'))))
    .sort()
    .join(' ');
}
