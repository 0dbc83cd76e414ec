// Records of tokens as the wire has them (contract 6).

import type { Deps } from '../../deps.ts';
import type { Approval, TokenRecord } from '../../domain/token-record.ts';
import { printTime, printTimeOrNull } from './time.ts';

function common(record: TokenRecord) {
  const { id, name, description, state, token_last_eight, hashed_token } = record;
  return {
    ...{ id, name, description, state, token_last_eight, hashed_token },
    created_at: printTime(record.created_at),
    secret_issued_at: printTime(record.secret_issued_at),
    expires_at: printTimeOrNull(record.expires_at),
    last_used_at: printTimeOrNull(record.last_used_at),
    previous_secret_expires_at: printTimeOrNull(record.previous_secret_expires_at),
  };
}

function presentApproval(approval: Approval) {
  const { request_id, state, reason, review_reason, reviewed_by } = approval;
  return { request_id, state, reason, review_reason, reviewed_by, reviewed_at: printTimeOrNull(approval.reviewed_at) };
}

export function presentToken({ config }: Pick<Deps, 'config'>, record: TokenRecord) {
  if (record.kind === 'classic') {
    const sso = record.sso.map(({ org, authorized_at }) => ({ org, authorized_at: printTime(authorized_at) }));
    return { ...common(record), kind: record.kind, scopes: [...record.scopes], sso };
  }
  const { kind, resource_owner, resource_owner_id, permissions, repository_selection, granted, approval } = record;
  return {
    ...common(record),
    ...{ kind, resource_owner_id, permissions, repository_selection, granted },
    resource_owner: resource_owner?.login ?? null,
    repositories_url: `${config.public_url}/user/personal-access-tokens/${record.id}/repositories`,
    approval: approval === null ? null : presentApproval(approval),
  };
}

/** With the text, which is in no other answer. */
export function presentIssuedToken(deps: Pick<Deps, 'config'>, issued: { record: TokenRecord; token: string }) {
  return { ...presentToken(deps, issued.record), token: issued.token };
}
