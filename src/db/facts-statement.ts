// The text of the hot statement: the facts of any number of questions in one round trip and one snapshot. Arrays in, one packed row
// a question out. Every join is by an index, whatever the number of questions; what the pieces mean is decided in the domain.
//
// It is put together here, once, of pieces that each stand once: for questions of any kind, and leaner for the two kinds that are
// asked all the time, without what cannot matter to them. To set up the whole plan costs PostgreSQL as much as ten questions.
//
// `offset 0` keeps the planner from merging the laterals and joining a thousand questions with a whole table by hash; a
// condition on the kind of question is then asked before the table is; `limit 1` says besides that there is one row where a
// resource has several kinds of names. `limit (select …)` leaves nothing out: it is a number that the planner does not know, for which it
// expects few questions, and so does not remember the rows of each step for further ones with the same key (Memoize), which there hardly
// are: a tenth of the time. The arrays come through `(select …)`, so that the plan does not depend on their length: the
// same plan for all, kept after a few executions (planning takes 4 ms, one question 0.04 ms). test/db/hot-plans.test.ts looks at
// the plans.

import { type PackedRow, type PieceName, packed, unpackerOf } from './facts-columns.ts';
import type { FactsParameters, Form, Kind } from './facts-form.ts';
import { ENTERPRISE, GRANTED, NAMED_ENTERPRISE, ORGANIZATION, OWNER, REPOSITORY, STANDING } from './facts-resource.ts';
import type { FactsRow } from './facts-row.ts';
import { EXCHANGED, KNOWN, MADE, PERSON, SECRET, SESSION, TOKEN } from './facts-subject.ts';

type Parameter = {
  readonly name: keyof FactsParameters;
  readonly type: 'text' | 'bigint';
  readonly kinds: readonly Kind[];
  /** Where it is: only where clients that are bound may ask. */
  readonly for_bounded?: true;
};

const EVERY: readonly Kind[] = ['any', 'granted', 'repository'];
const ANY: readonly Kind[] = ['any'];
const AT_REPOSITORIES: readonly Kind[] = ['any', 'repository'];
const WITH_LIST: readonly Kind[] = ['any', 'granted'];

const PARAMETERS: readonly Parameter[] = [
  { name: 'subject_type', type: 'text', kinds: ANY },
  { name: 'subject_text', type: 'text', kinds: EVERY },
  { name: 'subject_id', type: 'bigint', kinds: ANY },
  { name: 'resource_type', type: 'text', kinds: ANY },
  { name: 'resource_owner', type: 'text', kinds: AT_REPOSITORIES },
  { name: 'resource_name', type: 'text', kinds: AT_REPOSITORIES },
  { name: 'resource_id', type: 'bigint', kinds: ANY },
  { name: 'bounded_client_id', type: 'bigint', kinds: EVERY, for_bounded: true },
];

type Placed = { readonly kinds: readonly Kind[]; readonly for_bounded?: true };

/** Those that belong into the form. */
function within<Each extends Placed>(all: readonly Each[], { kind, is_bounded }: Form): readonly Each[] {
  return all.filter(({ kinds, for_bounded }) => kinds.includes(kind) && (is_bounded || for_bounded !== true));
}

function questions(form: Form): string {
  const own = within(PARAMETERS, form);
  const arrays = own.map(({ type }, index) => `(select $${index + 1}::${type}[])`);
  const names = own.map(({ name }) => (name === 'bounded_client_id' ? 'client_id' : name));
  return `with q as materialized (
  select q.*, (select $${own.length + 1}::text) as own_audience
  from unnest(${arrays.join(', ')}) with ordinality as q (${names.join(', ')}, n)
  limit (select cardinality(${arrays[0]}))
)`;
}

type Part = {
  readonly kinds: readonly Kind[];
  readonly for_bounded?: true;
  readonly pieces: readonly PieceName[];
  readonly join: (form: Form) => string;
};

/** In the order in which they rest on each other. */
const PARTS: readonly Part[] = [
  { kinds: EVERY, pieces: [], join: SECRET },
  { kinds: EVERY, pieces: [], join: MADE },
  { kinds: ANY, pieces: ['session'], join: SESSION },
  { kinds: EVERY, for_bounded: true, pieces: [], join: KNOWN },
  { kinds: EVERY, pieces: ['token'], join: TOKEN },
  { kinds: EVERY, pieces: ['exchanged'], join: () => EXCHANGED },
  { kinds: EVERY, pieces: ['person'], join: PERSON },
  { kinds: WITH_LIST, pieces: ['granted'], join: GRANTED },
  { kinds: AT_REPOSITORIES, pieces: ['owner'], join: OWNER },
  { kinds: AT_REPOSITORIES, pieces: [], join: REPOSITORY },
  { kinds: AT_REPOSITORIES, pieces: ['repository'], join: STANDING },
  { kinds: AT_REPOSITORIES, pieces: ['org'], join: () => ORGANIZATION },
  { kinds: ANY, pieces: [], join: () => NAMED_ENTERPRISE },
  { kinds: AT_REPOSITORIES, pieces: ['enterprise'], join: ENTERPRISE },
];

export type FactsStatement = {
  /** By which a connection keeps its plan. */
  readonly name: string;
  readonly text: string;
  /** `own_audience`: for whom an exchanged text has to be, if it is for somebody, where no client asks. */
  readonly values: (questions: readonly FactsParameters[], own_audience: string) => unknown[];
  readonly unpack: (values: PackedRow) => FactsRow;
};

function statementOf(form: Form): FactsStatement {
  const parts = within(PARTS, form);
  const pieces = parts.flatMap((part) => part.pieces);
  const own = within(PARAMETERS, form).map(({ name }) => name);
  return {
    name: ['facts', ...(form.kind === 'any' ? [] : [form.kind]), ...(form.is_bounded ? ['bounded'] : [])].join(' '),
    text: `${questions(form)}\nselect ${packed(pieces)}\nfrom q${parts.map(({ join }) => join(form)).join('')}`,
    values: (asked, own_audience) => [...own.map((name) => asked.map((each) => each[name])), own_audience],
    unpack: unpackerOf(pieces),
  };
}

function statementsOf(kind: Kind) {
  return { bounded: statementOf({ kind, is_bounded: true }), free: statementOf({ kind, is_bounded: false }) };
}

const STATEMENTS = {
  any: statementsOf('any'),
  granted: statementsOf('granted'),
  repository: statementsOf('repository'),
};

export function factsStatement({ kind, is_bounded }: Form): FactsStatement {
  return is_bounded ? STATEMENTS[kind].bounded : STATEMENTS[kind].free;
}
