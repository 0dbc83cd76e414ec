// The digest of a text of ours (L2): its SHA-256 in base64, as records, logs and the database have it.

const DIGEST = /^[A-Za-z0-9+/]{43}=$/;

/** Whether the text has the form of a digest. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}
