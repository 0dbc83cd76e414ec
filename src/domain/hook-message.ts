// What is remembered of an event until it is delivered: everything that its payload says, as it was when it happened, but no
// URL, no secret, and nothing of a token's text.

import type { HookContentType, HookEvent } from './hook.ts';
import type { PermissionMap } from './permission.ts';

export type MessageAccount = { readonly id: number; readonly login: string };
export type MessagePerson = MessageAccount & { readonly site_admin: boolean };
type Common = {
  readonly organization: MessageAccount & { readonly profile_name: string | null };
  /** Who did it; where nobody did, the holder of the token. */
  readonly sender: MessagePerson;
};

/** Times are printed already. */
export type MessageToken = {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly expires_at: string | null;
};

export type TokenMessage = Common & {
  readonly token: MessageToken;
  readonly holder: MessagePerson;
  /** Of a token that is about to expire. */
  readonly days_left?: number;
};

export type MessageRepository = {
  readonly id: number;
  readonly name: string;
  readonly full_name: string;
  readonly private: boolean;
};

export type RequestMessage = Common & {
  /** 0: nobody had to be asked. */
  readonly request_id: number;
  readonly token: MessageToken & { readonly expired: boolean; readonly last_used_at: string | null };
  readonly holder: MessagePerson;
  readonly permissions_before: PermissionMap;
  readonly permissions: PermissionMap;
  readonly repository_selection: string;
  /** Of a subset, else null. */
  readonly repositories: readonly MessageRepository[] | null;
  readonly created_at: string;
};

export type PingMessage = Common & {
  readonly hook: {
    readonly id: number;
    readonly url: string;
    readonly content_type: HookContentType;
    readonly insecure_ssl: boolean;
    readonly has_secret: boolean;
    readonly events: readonly HookEvent[];
    readonly active: boolean;
    readonly created_at: string;
    readonly updated_at: string;
  };
};

/** A message as it is stored. */
export type HookMessage =
  | { readonly event: 'personal_access_token'; readonly action: string; readonly data: TokenMessage }
  | { readonly event: 'personal_access_token_request'; readonly action: string; readonly data: RequestMessage }
  | { readonly event: 'ping'; readonly action: null; readonly data: PingMessage };
