import t from 'tap';
import { passwordFault } from '../../src/domain/password.ts';

t.test('T5: a password has 12 characters to 72 bytes, and is never cut', async (t) => {
  const cases: readonly (readonly [string, RegExp | null])[] = [
    ['', /12 characters/],
    ['a'.repeat(11), /12 characters/],
    ['a'.repeat(12), null],
    ['a'.repeat(72), null],
    ['a'.repeat(73), /72 bytes/],
    // Characters are counted as a person counts them, bytes as bcrypt does.
    ['😀'.repeat(11), /12 characters/],
    ['😀'.repeat(12), null],
    ['😀'.repeat(18), null],
    ['😀'.repeat(19), /72 bytes/],
    [`${'a'.repeat(70)}é`, null],
    [`${'a'.repeat(71)}é`, /72 bytes/],
    [`${'a'.repeat(12)}\0`, /NUL/],
  ];
  for (const [password, fault] of cases) {
    const found = passwordFault(password);
    if (fault === null) t.equal(found, null, password);
    else t.match(found, fault, password);
  }
});
