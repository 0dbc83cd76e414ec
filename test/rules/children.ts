// The golden table of exchanged tokens: kind of token x selection x visibility x repositories of the child, and in each line
// what the token holds x what the child was narrowed to x what is asked. children.txt is this text.

import { decide } from '../../src/domain/decide.ts';
import { deny } from '../../src/domain/decision.ts';
import { type Exchange, narrowFacts } from '../../src/domain/exchanged.ts';
import type { Facts } from '../../src/domain/facts.ts';
import type { DecisionRequest } from '../../src/domain/requirement.ts';
import { type Cell, DIMENSIONS, type Dimension, type Family, factsOf, NOW } from './matrix.ts';
import type { Outcome } from './mismatches.ts';

const HOUR = 3_600_000;
const BEGINNING = `# What an exchanged token may (T3), of a token of an owner of the organization to whom nothing else is in the way. In a line, for
# what the token holds (none, read, write, admin), what it was narrowed to (the same): + allowed, p public read, 3 403, 4 404
# for the three levels that are asked. Compared by test/rules/golden-children.test.ts and written by
#   node src/launch.mjs test/rules/write-children.ts
`;
const REPOSITORIES = ['not narrowed', 'listed', 'not listed'] as const;

export type Child = { readonly child: Exchange; readonly listed: boolean };
export type Visit = (facts: Facts, child: Child, request: DecisionRequest, outcome: Outcome) => void;

/** Where nothing but kind, visibility, selection, grant and needed varies, nothing but these decides. */
const OPEN: Partial<Record<Dimension, string>> = {
  owner: 'the token’s',
  role: 'admin',
  organization: 'allowed',
  enterprise: 'unset',
  sso: 'not required',
  approval: 'not required',
  life: 'valid',
  user: 'active',
};

function cellOf(words: Partial<Record<Dimension, string>>): Cell {
  const places = Object.entries(DIMENSIONS).map(([name, values]) => {
    const wanted = { ...OPEN, ...words }[name as Dimension];
    return [name, (values as readonly string[]).indexOf(wanted ?? values[0])];
  });
  return Object.fromEntries(places);
}

function childOf(family: Family, kind: string, narrowed: (typeof DIMENSIONS.grant)[number], where: string): Child {
  const child: Exchange = {
    ...{ id: 950, hashed_token: 'child', secret_digest: '', depth: 1, client_id: 'client_x', actor_ids: [] },
    ...{ issued_at: NOW, expires_at: new Date(NOW.getTime() + HOUR), ended_at: null, audience: null },
    narrows_repositories: where !== 'not narrowed',
    scopes: kind === 'classic' ? family.scopes[narrowed] : null,
    permissions: kind === 'fine_grained' ? family.permissions[narrowed] : null,
  };
  return { child, listed: where === 'listed' };
}

export function decideChild(facts: Facts, { child, listed }: Child, request: DecisionRequest, now: Date): Outcome {
  const narrowed = narrowFacts(facts, child, listed);
  return narrowed === null ? deny('bad_credential') : decide(narrowed, request, now);
}

function mark({ effect, status, reason }: Outcome): string {
  if (effect === 'deny') return String(status).slice(0, 1) === '4' ? String(status).slice(2) : '?';
  return reason === 'public_read' ? 'p' : '+';
}

function line(family: Family, words: Partial<Record<Dimension, string>>, where: string, visit: Visit): string {
  const cell = factsOf(family);
  const marks = DIMENSIONS.grant.map((grant) =>
    DIMENSIONS.grant
      .map((narrowed) => {
        const child = childOf(family, words.kind ?? '', narrowed, where);
        return DIMENSIONS.needed
          .map((needed) => {
            const { facts, request } = cell(cellOf({ ...words, grant, needed }));
            const outcome = decideChild(facts, child, request, NOW);
            visit(facts, child, request, outcome);
            return mark(outcome);
          })
          .join('');
      })
      .join(' '),
  );
  return `${words.kind}, ${words.selection}, ${words.visibility}, ${where}: ${marks.join(' | ')}`;
}

/** The table as a text; `visit` is told of each cell. */
export function childrenText(family: Family, visit: Visit = () => undefined): string {
  const lines: string[] = [];
  for (const kind of ['classic', 'fine_grained']) {
    for (const selection of kind === 'classic' ? ['none'] : DIMENSIONS.selection) {
      for (const visibility of DIMENSIONS.visibility) {
        for (const where of REPOSITORIES) lines.push(line(family, { kind, selection, visibility }, where, visit));
      }
    }
  }
  return `${BEGINNING}${lines.join('\n')}\n`;
}
