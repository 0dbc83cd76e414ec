// What a route declares: for whom it is there, what it asks, and which entry of the record it stands for.

import type { AuditAction } from '../domain/audit.ts';
import type { Operation } from '../domain/operation.ts';
import type { Capability, Visibility } from '../domain/vocabulary.ts';
import type { ResourceKey } from '../facts/source.ts';

/**
 * The entry that the route writes when it succeeds, and with `outcome: "refused"` when it does not; null: none, and why
 * stands beside. A function where its name follows from the body, which is absent for what is refused before it is read.
 */
type Audited = { readonly audit?: AuditAction | ((body: unknown) => AuditAction) | null };

/** Open to all; the credential is not looked at (F7), or has to be absent. */
export type OpenAccess = { readonly open: true; readonly anonymous_only?: true } & Audited;
/** A person's session only (K7): tokens get 403 `session_required` before anything else. */
export type SessionAccess = {
  readonly session: 'person' | 'site_administrator';
  /** What the path names: where it is there, its log has refused attempts too. It is not judged. */
  readonly concerns?: (params: Readonly<Record<string, string>>) => ResourceKey;
} & Audited;
/** A backend service with this capability. */
export type ClientAccess = { readonly client: Capability } & Audited;
/** A gateway, which asks about a request of somebody else in the way of its kind. */
export type GatewayAccess = { readonly gateway: GatewayStyle } & Audited;
export type GatewayStyle = 'nginx' | 'forward-auth' | 'envoy';
/** Whoever is shown his own credential: `GET /token`. */
export type SelfAccess = { readonly self: true } & Audited;
/** What decide() says about this operation on this resource. */
export type OperationAccess = {
  readonly operation: Operation;
  readonly resource: (params: Readonly<Record<string, string>>) => ResourceKey;
  /** What the repository is to be, from the body: `public_repo` counts only where that is public (K2). */
  readonly becomes?: (body: unknown) => Visibility | undefined;
} & Audited;

export type Access = OpenAccess | SessionAccess | ClientAccess | GatewayAccess | SelfAccess | OperationAccess;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    errors?: 'oauth';
  }
}

/** The operation that the access stands for; null where it is for sessions, clients or everybody. */
export function operationOf(access: Access): Operation | null {
  return 'operation' in access ? access.operation : null;
}
