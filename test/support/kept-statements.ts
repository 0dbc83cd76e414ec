// A session that outlives its test plans a statement once: below the driver each text gets a name at the server. Who puts a statement,
// and who listens to what is put, sees it as it is; the services that tests start as processes of their own have none of this.

import type pg from 'pg';

type Parse = { readonly name?: string; readonly text: string; readonly types?: unknown };
type Bind = { readonly statement?: string };
type Wire = {
  parse: (asked: Parse) => void;
  bind: (asked: Bind) => void;
  readonly on: (event: 'parseComplete', listener: () => void) => void;
};

/** The lists of some statements have any length: each is another text. */
const STATEMENTS_MAX = 400;

/** Has the server keep the statements of this new session that have no name. */
export function keepStatements({ connection }: Pick<pg.Client, 'connection'>): void {
  const wire = connection as unknown as Wire;
  const [parse, bind] = [wire.parse.bind(wire), wire.bind.bind(wire)];
  const names = new Map<string, string>();
  let made = 0;
  let statement: string | undefined;
  /** It is a statement of the session when the server says so; a wrong text is none. */
  let parsed: { readonly text: string; readonly name: string } | null = null;

  wire.on('parseComplete', () => {
    if (parsed !== null) names.set(parsed.text, parsed.name);
    parsed = null;
  });
  wire.parse = (asked) => {
    parsed = null;
    statement = undefined;
    const is_named = asked.name !== undefined && asked.name !== '';
    if (is_named || asked.types !== undefined) return parse(asked);
    statement = names.get(asked.text);
    if (statement !== undefined) return;
    if (names.size >= STATEMENTS_MAX) return parse(asked);
    made += 1;
    statement = `kept ${made}`;
    parsed = { text: asked.text, name: statement };
    parse({ ...asked, name: statement });
  };
  wire.bind = (asked) => {
    const is_named = asked.statement !== undefined && asked.statement !== '';
    bind(is_named || statement === undefined ? asked : { ...asked, statement });
  };
}
