// From a decision's no, which is a value, to the refusal that the error body is made from.

import type { Deps } from '../../deps.ts';
import type { Decision } from '../../domain/decision.ts';
import { REASONS } from '../../domain/reason.ts';
import { Refusal } from '../../domain/refusal.ts';

/** A decision's no as the refusal that the error body is made from. @rule O2 */
export function refusalOf(deps: Pick<Deps, 'config'>, decision: Decision): Refusal {
  const { reason, message, needed, sso_organization } = decision;
  const sso = sso_organization && {
    'x-github-sso': `required; url=${deps.config.public_url}/orgs/${sso_organization.login}/sso`,
  };
  return new Refusal(reason, {
    ...(message === REASONS[reason].message ? {} : { message }),
    ...(needed && { needed }),
    ...(sso && { headers: sso }),
  });
}

/** Throws the refusal of a no. */
export function requireAllowed(deps: Pick<Deps, 'config'>, decision: Decision): void {
  if (decision.effect !== 'allow') throw refusalOf(deps, decision);
}
