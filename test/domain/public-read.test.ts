// What every live token may read (F2), permission by permission.

import t from 'tap';
import { isPublicRead } from '../../src/domain/public-read.ts';

t.test('F2: what a stranger may read of a public repository, and nothing else', async (t) => {
  const repository = { name: 'web', archived: false, role: null, selected: false } as const;
  const owner = { type: 'User', id: 5, login: 'eve' } as const;
  const isRead = (permission: string, level: 'read' | 'write', visibility: 'public' | 'private') =>
    isPublicRead(
      { ask: { type: 'permission', permission, level }, path: undefined },
      { type: 'repository', id: 1, owner, ...repository, visibility },
    );
  const READ = ['metadata', 'contents', 'issues', 'pull_requests', 'discussions', 'actions', 'deployments', 'statuses'];
  for (const permission of READ) {
    t.equal(isRead(permission, 'read', 'public'), true, permission);
    t.equal(isRead(permission, 'write', 'public'), false, permission);
    t.equal(isRead(permission, 'read', 'private'), false, permission);
  }
  for (const permission of ['', 'administration', 'secrets']) t.equal(isRead(permission, 'read', 'public'), false);
});
