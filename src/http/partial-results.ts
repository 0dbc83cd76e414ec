// The header that says that single sign-on keeps something out of a list (O2).

import type { FastifyReply } from 'fastify';

/** Names the organizations by id; nothing where none is kept out. @rule O2 */
export function setPartialResults(reply: FastifyReply, organization_ids: readonly number[]): void {
  if (organization_ids.length === 0) return;
  reply.header('x-github-sso', `partial-results; organizations=${organization_ids.join(',')}`);
}
