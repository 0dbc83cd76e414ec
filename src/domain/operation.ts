// An operation: one method and path template of an API, with what it declares (C1). No declaration, no operation.

import type { ResourceNaming } from './named-resource.ts';
import type { PermissionMap } from './permission.ts';

export type ResourceType = 'repository' | 'organization' | 'user' | 'enterprise' | 'none';

export type Operation = {
  /** `GET /repos/{owner}/{repo}`: method, a blank, the path template. Unique. */
  readonly id: string;
  readonly method: string;
  readonly template: string;
  /** AND inside a set, OR between sets; empty only where `permissionless` says so. */
  readonly permission_sets: readonly PermissionMap[];
  readonly permissionless: boolean;
  /** Of which any one is enough; null: those of C6 for every permission of one set; empty: no classic token. */
  readonly classic_scopes: readonly string[] | null;
  /** Marked as a public read: what a stranger may call on what is public (F2). */
  readonly public_read: boolean;
  /** A list that answers every live credential, if need be with no rows; its rows are decided one by one (F8). */
  readonly open_list: boolean;
  /** Policies are written by sessions only, whatever a token holds (K7). */
  readonly session_only?: true;
  /** What was declared is not understood: denied, whatever else declares the same requests (F3). */
  readonly not_understood?: true;
  /** No permission that a fine-grained token can hold is enough: K4 gives it none for this. */
  readonly no_fine_grained?: true;
  readonly resource: ResourceType;
  /** What the declaration says about whose parameters name the resource; absent: the path does (C2). */
  readonly naming?: ResourceNaming;
};

/** `GET /user` tells any live token whose it is, even a pending or denied one. @rule F5.4 */
export const WHO_AM_I = 'GET /user';

/** Git asks with POST for what it only reads (C4). */
export const GIT_UPLOAD_PACK_ID = 'POST /{owner}/{repo}/git-upload-pack';

/** Whether the operation can change something. @rule C3 (HEAD counts as GET) */
export function isWriteMethod(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD';
}
