// A judgement as AuthZEN and contract 8 print it: to a client the reason is told as finely as it is known.

import type { Judgement } from '../../use-cases/checks/evaluate.ts';
import type { EvaluationAnswer } from '../schemas/evaluation.ts';
import { printTime } from './time.ts';

export function presentJudgement({ decision, live_token, as_of }: Judgement, public_url: string): EvaluationAnswer {
  const { effect, reason, fine_reason, status, message, needed, policy, sso_organization } = decision;
  // Absent and hidden are the same bytes, whenever they are asked for. @rule F6
  const hides = reason === 'not_found';
  return {
    decision: effect === 'allow',
    context: {
      reason: fine_reason,
      status,
      message,
      ...(needed && {
        needed: { permissions: needed.permissions.map((set) => [...set]), scopes: [...needed.scopes] },
      }),
      ...(policy && { policy }),
      ...(live_token && {
        holder: { id: live_token.holder.id, login: live_token.holder.login },
        token_id: live_token.id,
      }),
      ...(sso_organization && { sso_url: `${public_url}/orgs/${sso_organization.login}/sso` }),
      ...(hides ? {} : { as_of: printTime(as_of) }),
    },
  };
}
