// What a gateway asks: may who presents this credential make this request? The path is read once and stands for one operation
// and what it is about; the answer is that of evaluation.

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import type { Catalogue } from '../../domain/catalogue.ts';
import { readGatewayPath } from '../../domain/gateway-path.ts';
import { isGitPath, pushOf } from '../../domain/git.ts';
import { resourceOf } from '../../domain/named-resource.ts';
import type { RequestPath } from '../../domain/path.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { SubjectKey } from '../../facts/source.ts';
import { countDecision } from '../../metrics.ts';
import type { Asked } from './asked.ts';
import { evaluateAll, type Judgement } from './evaluate.ts';
import { recordAnswer } from './record-exercise.ts';

export type GatewayQuestion = {
  /** Null: no credential that this service could have issued for a request of others. */
  readonly subject: SubjectKey | null;
  readonly method: string;
  readonly target: string;
};

export type Checked = {
  readonly judgement: Judgement;
  /** Whether a push may also write files of workflows; null where nothing is pushed (C4). */
  readonly workflows: 'allowed' | 'denied' | null;
  readonly is_git: boolean;
};

/** Any file of a workflow: a push that may write one may write all. */
const A_WORKFLOW = '.github/workflows/any.yml';

const UNKNOWN = { resource: { type: 'none' }, ask: { type: 'unknown' }, path: undefined } as const;

/** What the request asks of the rules. */
function askedOf(catalogue: Catalogue, { subject, method }: GatewayQuestion, path: RequestPath): Asked {
  const found = catalogue.match(method, path);
  if (found === null) return { subject, ...UNKNOWN };
  const { operation, params } = found;
  return { subject, resource: resourceOf(operation, params), ask: { type: 'operation', operation }, path: params.path };
}

/** The same question about a push that holds files of workflows; null for what is no push. @rule C4 */
function withWorkflows(asked: Asked): Asked | null {
  const push = asked.ask.type === 'operation' ? pushOf(asked.ask.operation) : null;
  return push === null ? null : { ...asked, ask: { type: 'operation', operation: push }, path: A_WORKFLOW };
}

/** Judges the request. Refuses an ambiguous path. Faults: StorageUnavailable. @rule C3, C4, F5 */
export async function checkRequest(deps: Deps, client: ClientFacts, question: GatewayQuestion): Promise<Checked> {
  const path = readGatewayPath(question.target, client.strip_prefixes);
  if (path === null) throw new Refusal('path_refused');
  const asked = askedOf(await deps.catalogue.current(), question, path);
  const pushed = withWorkflows(asked);
  const [judgement, of_workflows] = await evaluateAll(deps, client, pushed === null ? [asked] : [asked, pushed]);
  if (judgement === undefined) throw new Error('a question has no answer');
  countDecision(judgement.decision.fine_reason);
  recordAnswer(deps, question.subject, judgement);
  const may_write_workflows = of_workflows?.decision.effect === 'allow' ? 'allowed' : 'denied';
  return { judgement, workflows: pushed === null ? null : may_write_workflows, is_git: isGitPath(path) };
}
