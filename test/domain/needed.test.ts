import t from 'tap';
import { neededFor, requirementOf } from '../../src/domain/requirement.ts';

t.test('C6, K2: what would have been enough names `public_repo` only where it counts', async (t) => {
  const requirement = requirementOf({ ask: { type: 'permission', permission: 'contents', level: 'write' } });
  if (requirement === null) throw new Error('contents:write exists');
  t.same(neededFor(requirement, true), { permissions: [['contents:write']], scopes: ['repo', 'public_repo'] });
  t.same(neededFor(requirement, false), { permissions: [['contents:write']], scopes: ['repo'] });
});
