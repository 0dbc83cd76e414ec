// GET /repos/{owner}/{repo}/collaborators/{username}/permission: the highest role of one person. Only who can write is told
// what others can do (contract 10).

import type { Deps } from '../../deps.ts';
import { roleIncludes } from '../../domain/ceiling.ts';
import type { RepositoryFacts } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { Role } from '../../domain/vocabulary.ts';

export type CollaboratorPermission = { readonly id: number; readonly login: string; readonly role: Role | null };

/** The person's role, null for none. 403 to whose own role is below write, then 404 for an unknown person. @rule C5 */
export async function showCollaboratorPermission(
  deps: Deps,
  input: { readonly repository: RepositoryFacts; readonly login: string },
): Promise<CollaboratorPermission> {
  const { repository, login } = input;
  if (!roleIncludes(repository.role, 'write')) throw new Refusal('role_missing');
  const { subject, resource } = await deps.facts.load({
    subject: { type: 'login', login },
    resource: { type: 'repository', owner: repository.owner.login, name: repository.name },
    bounded_client_id: null,
  });
  const is_same = resource.type === 'repository' && resource.id === repository.id;
  if (subject.type !== 'login' || !is_same) throw new Refusal('not_found');
  return { id: subject.person.id, login: subject.person.login, role: resource.role };
}
