// An entry of the record as it is read (L2), and which log it is read in.

export const LOG_KINDS = ['organization', 'enterprise', 'user', 'service'] as const;
export type LogKind = (typeof LOG_KINDS)[number];

/** The log of an organization, an enterprise, a person; the service's own holds what concerns none of them, under id 0. */
export type LogName = { readonly log_kind: LogKind; readonly log_id: number };

export const AUDIT_ORDERS = ['asc', 'desc'] as const;
export type AuditOrder = (typeof AUDIT_ORDERS)[number];

export type AuditEntry = {
  readonly id: number;
  readonly created_at: Date;
  readonly action: string;
  readonly actor_id: number | null;
  readonly actor: string | null;
  readonly user_id: number | null;
  readonly user: string | null;
  readonly org_id: number | null;
  readonly org: string | null;
  readonly business_id: number | null;
  readonly business: string | null;
  readonly repo_id: number | null;
  readonly repo: string | null;
  readonly token_id: number | null;
  readonly hashed_token: string | null;
  readonly programmatic_access_type: string | null;
  readonly token_scopes: string | null;
  readonly managed_token_id: number | null;
  readonly managed_hashed_token: string | null;
  readonly request_id: string | null;
  readonly actor_ip: string | null;
  readonly user_agent: string | null;
  readonly operation_type: string;
  readonly outcome: string;
  readonly reason: string | null;
  /** What only this action has to say. */
  readonly data: Readonly<Record<string, unknown>>;
};

/** An entry at its position in the log that it was read in. Positions of a log begin with 1 and have no gaps. */
export type PlacedEntry = AuditEntry & { readonly position: number };
