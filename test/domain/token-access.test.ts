// Whether one access is within another, or the same (K4).

import t from 'tap';
import { isAccessWithin, isSameAccess, type TokenAccess } from '../../src/domain/token-access.ts';

t.test('K4: an empty selection is within none, and is not the same', async (t) => {
  const access = (repository_selection: TokenAccess['repository_selection'], ...repository_ids: number[]) => ({
    ...{ permissions: {}, repository_selection, repository_ids },
  });
  t.equal(isAccessWithin(access('subset'), access('none')), false);
  t.equal(isAccessWithin(access('none'), access('subset')), true);
  t.equal(isSameAccess(access('subset'), access('none')), false);
  t.equal(isSameAccess(access('subset', 1), access('all')), false);
  t.equal(isSameAccess(access('subset', 1), access('subset', 1)), true);
});
