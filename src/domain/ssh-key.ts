// The text of an SSH public key as it stands in a `.pub` file: type, key, comment. Source: RFC 4253 section 6.6, and
// OpenSSH's PROTOCOL.u2f for keys of a security device.

const TYPES: ReadonlySet<string> = new Set([
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]);
const PARTS = /^([a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?: +(\S[^\r\n]*))?$/;
/** The smallest real key, of Ed25519, has 51 bytes. */
const BYTES_MIN = 51;

export type SshPublicKey = {
  /** Type and key without the comment: two texts of the same key are the same. */
  readonly key: string;
  readonly comment: string | null;
};

/** The bytes begin with the length of the type and the type, as the text says it. */
function beginsWith(bytes: Uint8Array, type: string): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const length = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const named = String.fromCharCode(...bytes.subarray(4, 4 + type.length));
  return length === type.length && named === type;
}

/** The key that the text is, or null where it is none. */
export function readSshPublicKey(text: string): SshPublicKey | null {
  const [, type, encoded, comment] = PARTS.exec(text.trim()) ?? [];
  if (type === undefined || encoded === undefined || !TYPES.has(type)) return null;
  const bytes = Buffer.from(encoded, 'base64');
  const is_canonical = bytes.toString('base64') === encoded;
  if (!is_canonical || bytes.length < BYTES_MIN || !beginsWith(bytes, type)) return null;
  return { key: `${type} ${encoded}`, comment: comment?.trim() ?? null };
}
