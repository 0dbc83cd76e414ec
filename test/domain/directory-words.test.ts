// The small rules of the directory: slugs, roles in GitHub's words, visibility in a body, SSH keys.

import t from 'tap';
import { wishedVisibility } from '../../src/domain/repository-wish.ts';
import { legacyPermission, ROLE_WORDS, roleFlags, roleOfWord } from '../../src/domain/role-words.ts';
import { readSshPublicKey } from '../../src/domain/ssh-key.ts';
import { teamSlug } from '../../src/domain/team-slug.ts';
import { ROLES } from '../../src/domain/vocabulary.ts';

t.test('a team’s slug is its name without accents, in lower case, with dashes', (t) => {
  const slugs = {
    'My TEam Näme': 'my-team-name',
    Justice: 'justice',
    '  a  b  ': 'a-b',
    'a_b.c/d': 'a-b-c-d',
    '--x--': 'x',
    'Ünïcode Ⅷ': 'unicode-viii',
    '!!!': null,
    日本: null,
    '': null,
  };
  for (const [name, slug] of Object.entries(slugs)) t.equal(teamSlug(name), slug, name);
  t.equal(teamSlug('x'.repeat(255)), 'x'.repeat(39));
  t.equal(teamSlug(`${'x'.repeat(38)} y`), 'x'.repeat(38), 'no dash at the end where it was cut');
  t.end();
});

t.test('C5: GitHub’s words for roles are one for one, and include the lower ones', (t) => {
  t.same(ROLE_WORDS.map(roleOfWord), ROLES);
  t.same(roleFlags(null), { pull: false, triage: false, push: false, maintain: false, admin: false });
  t.same(roleFlags('write'), { pull: true, triage: true, push: true, maintain: false, admin: false });
  t.same([null, ...ROLES].map(legacyPermission), ['none', 'read', 'read', 'write', 'write', 'admin']);
  t.end();
});

t.test('K2: `private` and `visibility` are one wish, and contradict each other where they differ', (t) => {
  t.equal(wishedVisibility({}), undefined);
  t.equal(wishedVisibility({ private: true }), 'private');
  t.equal(wishedVisibility({ private: false }), 'public');
  t.equal(wishedVisibility({ visibility: 'internal' }), 'internal');
  t.equal(wishedVisibility({ private: true, visibility: 'private' }), 'private');
  t.equal(wishedVisibility({ private: false, visibility: 'public' }), 'public');
  t.equal(wishedVisibility({ private: true, visibility: 'internal' }), null);
  t.equal(wishedVisibility({ private: false, visibility: 'internal' }), null);
  t.equal(wishedVisibility({ private: true, visibility: 'public' }), null);
  t.end();
});

const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';

t.test('an SSH public key is a type, the key that says the same type, and perhaps a comment', (t) => {
  t.same(readSshPublicKey(`ssh-ed25519 ${KEY}`), { key: `ssh-ed25519 ${KEY}`, comment: null });
  t.same(readSshPublicKey(`  ssh-ed25519 ${KEY}   ada's host  \n`), {
    key: `ssh-ed25519 ${KEY}`,
    comment: "ada's host",
  });
  for (const wrong of [
    '',
    'ssh-ed25519',
    KEY,
    `ssh-rsa ${KEY}`,
    `ssh-ed25519 ${KEY.slice(0, -4)}`,
    `ssh-ed25519 ${KEY}=`,
    `ssh-ed25519 ${KEY.slice(0, -1)}`,
    `ssh-ed25519 ${KEY} a\nb`,
    `ssh-ed25519\t${KEY}`,
    `command="sh" ssh-ed25519 ${KEY}`,
    `ssh-ed25519 ${Buffer.alloc(60).toString('base64')}`,
    `ssh-ed25519 ${'_'.repeat(68)}`,
  ]) {
    t.equal(readSshPublicKey(wrong), null, wrong);
  }
  t.end();
});

/** A key of this type as its bytes say it: how long the type is, the type, and enough of anything. */
function keyText(type: string, named: string = type, length: number = named.length): string {
  const bytes = Buffer.alloc(4 + named.length + 60, 7);
  bytes.writeUInt32BE(length);
  bytes.write(named, 4);
  return `${type} ${bytes.toString('base64')}`;
}

t.test('every type of SSH key that OpenSSH takes today is known, and nothing else', (t) => {
  for (const type of [
    'ssh-ed25519',
    'ssh-rsa',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'sk-ssh-ed25519@openssh.com',
    'sk-ecdsa-sha2-nistp256@openssh.com',
  ]) {
    t.same(readSshPublicKey(keyText(type)), { key: keyText(type), comment: null }, type);
    t.equal(readSshPublicKey(keyText(type, type, type.length + 1)), null, 'the length is another');
    t.equal(readSshPublicKey(keyText(type, `x${type.slice(1)}`)), null, 'the name is another');
  }
  for (const type of ['ssh-dss', 'ecdsa-sha2-nistp192', 'x']) t.equal(readSshPublicKey(keyText(type)), null, type);
  t.equal(readSshPublicKey(`${keyText('ssh-rsa')} a  b `)?.comment, 'a  b');
  t.end();
});
