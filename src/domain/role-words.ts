// GitHub's words for roles in requests and answers: pull, triage, push, maintain, admin.

import { roleIncludes } from './ceiling.ts';
import type { Role } from './vocabulary.ts';

export const ROLE_WORDS = ['pull', 'triage', 'push', 'maintain', 'admin'] as const;
export type RoleWord = (typeof ROLE_WORDS)[number];

const ROLE_OF_WORD: Readonly<Record<RoleWord, Role>> = {
  pull: 'read',
  triage: 'triage',
  push: 'write',
  maintain: 'maintain',
  admin: 'admin',
};

export function roleOfWord(word: RoleWord): Role {
  return ROLE_OF_WORD[word];
}

/** Each word with whether the role includes it. */
export function roleFlags(role: Role | null): Record<RoleWord, boolean> {
  const includes = (word: RoleWord): boolean => roleIncludes(role, ROLE_OF_WORD[word]);
  return {
    pull: includes('pull'),
    triage: includes('triage'),
    push: includes('push'),
    maintain: includes('maintain'),
    admin: includes('admin'),
  };
}

/** The role in the four words of the older member `permission`. */
export function legacyPermission(role: Role | null): 'admin' | 'write' | 'read' | 'none' {
  if (role === null) return 'none';
  if (role === 'admin') return 'admin';
  return roleIncludes(role, 'write') ? 'write' : 'read';
}
