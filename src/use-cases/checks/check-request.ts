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
import type { Asked } from './asked.ts';
import { evaluateAll, evaluateKnown, type Judgement } from './evaluate.ts';
import { countAnswer } from './record-exercise.ts';

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

type Put = { readonly asked: Asked; readonly pushed: Asked | null; readonly path: RequestPath };

/** The request as it is asked of the rules; null: its path is ambiguous. */
function putOf(catalogue: Catalogue, client: ClientFacts, question: GatewayQuestion): Put | null {
  const path = readGatewayPath(question.target, client.strip_prefixes);
  if (path === null) return null;
  const asked = askedOf(catalogue, question, path);
  return { asked, pushed: withWorkflows(asked), path };
}

/** Judges the request. Refuses an ambiguous path. Faults: StorageUnavailable. @rule C3, C4, F5 */
export async function checkRequest(deps: Deps, client: ClientFacts, question: GatewayQuestion): Promise<Checked> {
  const put = putOf(await deps.catalogue.current(), client, question);
  if (put === null) throw new Refusal('path_refused');
  const { asked, pushed, path } = put;
  const [judgement, of_workflows] = await evaluateAll(deps, client, pushed === null ? [asked] : [asked, pushed]);
  if (judgement === undefined) throw new Error('a question has no answer');
  countAnswer(deps, question.subject, judgement);
  const may_write_workflows = of_workflows?.decision.effect === 'allow' ? 'allowed' : 'denied';
  return { judgement, workflows: pushed === null ? null : may_write_workflows, is_git: isGitPath(path) };
}

/**
 * The same where it is known without asking and no push, which asks twice; null: it has to be asked for, or refused. It is not
 * counted yet.
 */
export function checkRequestKnown(deps: Deps, client: ClientFacts, question: GatewayQuestion): Checked | null {
  const catalogue = deps.catalogue.known();
  const put = catalogue === null ? null : putOf(catalogue, client, question);
  if (put === null || put.pushed !== null) return null;
  const judgement = evaluateKnown(deps, client, put.asked);
  return judgement === null ? null : { judgement, workflows: null, is_git: isGitPath(put.path) };
}
