// A question of AuthZEN as most clients write it: nothing escaped, each member once, in one of the two usual orders, no more of it than
// has to be. Read in one step; whatever is not exactly that is left to the reader of JSON, which takes five times as long.

/** Visible ASCII that needs no escape, and blanks. */
const TEXT = '"([ !#-[\\]-~]*)"';
const ACTION = `"action": ?\\{"name": ?${TEXT}\\}`;

function named(member: string): string {
  return `"${member}": ?\\{"type": ?${TEXT}, ?"id": ?${TEXT}\\}`;
}

const RESOURCE = named('resource');
const PLAIN = new RegExp(`^\\{${named('subject')}, ?(?:${ACTION}, ?${RESOURCE}|${RESOURCE}, ?${ACTION})\\}$`);

export type PlainQuestion = {
  readonly subject: { readonly type: string; readonly id: string };
  readonly action: { readonly name: string };
  readonly resource: { readonly type: string; readonly id: string };
};

/** What the text stands for, which need not be a question that can be asked; null: it has to be read as JSON. */
export function readPlainQuestion(text: string): PlainQuestion | null {
  const found = PLAIN.exec(text);
  if (found === null) return null;
  const [, subject_type = '', subject_id = '', first_name, first_type, first_id, second_type, second_id, second_name] =
    found;
  return {
    subject: { type: subject_type, id: subject_id },
    action: { name: first_name ?? second_name ?? '' },
    resource: { type: first_type ?? second_type ?? '', id: first_id ?? second_id ?? '' },
  };
}
