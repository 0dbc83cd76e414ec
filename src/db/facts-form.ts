// What questions the hot statement is put for, and in which of its forms (facts-statement.ts).

/** What the questions of a statement are: of any kind; or all what a token's text was granted, or all that at a repository by name. */
export type Kind = 'any' | 'granted' | 'repository';

/** `is_bounded`: clients may ask that are bound to organizations (T6); without them the statement need not look whom they know. */
export type Form = { readonly kind: Kind; readonly is_bounded: boolean };

export type FactsParameters = {
  readonly subject_type: 'anonymous' | 'token_text' | 'token_id' | 'session' | 'login';
  readonly subject_text: string | null;
  readonly subject_id: number | null;
  readonly resource_type:
    | 'repository'
    | 'repository_id'
    | 'organization'
    | 'organization_of_team'
    | 'user'
    | 'holder'
    | 'enterprise'
    | 'none'
    | 'granted'
    | 'end';
  readonly resource_owner: string | null;
  readonly resource_name: string | null;
  readonly resource_id: number | null;
  readonly bounded_client_id: number | null;
};

type KindOfQuestion = Pick<FactsParameters, 'subject_type' | 'resource_type' | 'bounded_client_id'>;

function kindOf(questions: readonly KindOfQuestion[]): Kind {
  const wanted = questions[0]?.resource_type;
  if (wanted !== 'granted' && wanted !== 'repository') return 'any';
  const are_all = questions.every((each) => each.subject_type === 'token_text' && each.resource_type === wanted);
  return are_all ? wanted : 'any';
}

/** The leanest form that answers all of these. */
export function formOf(questions: readonly KindOfQuestion[]): Form {
  return { kind: kindOf(questions), is_bounded: questions.some((each) => each.bounded_client_id !== null) };
}

/** A condition on the kind of a question, where there are several kinds. */
export function only({ kind }: Form, condition: string): string {
  return kind === 'any' ? `${condition} and ` : '';
}
