// What a person's password has to be (contract 4). How one is stored and compared is of src/secrets.ts.

export const PASSWORD_CHARACTERS_MIN = 12;
/** bcrypt reads no further; a longer password is refused, never cut. */
export const PASSWORD_BYTES_MAX = 72;

/** Why this text cannot be a password, as it is told to who chose it; null where it can. */
export function passwordFault(password: string): string | null {
  if ([...password].length < PASSWORD_CHARACTERS_MIN) return `must have at least ${PASSWORD_CHARACTERS_MIN} characters`;
  if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX) return `must have at most ${PASSWORD_BYTES_MAX} bytes`;
  return password.includes('\0') ? 'must not contain NUL' : null;
}
