// The slug of a team, made from its name as GitHub makes it: accents fall away, everything is in lower case, and what is
// neither a letter nor a digit becomes a dash (`My TEam Näme` → `my-team-name`); no longer than every slug (contract 1).

const CHARACTERS_MAX = 39;
const ACCENTS = /[\u0300-\u036f]/g;

/** The slug, or null where the name has nothing that a slug can be made of. */
export function teamSlug(name: string): string | null {
  const plain = name.normalize('NFKD').replace(ACCENTS, '').toLowerCase();
  const dashed = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-/, '');
  const slug = dashed.slice(0, CHARACTERS_MAX).replace(/-$/, '');
  return slug === '' ? null : slug;
}
