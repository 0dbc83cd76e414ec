// How names are compared: logins, slugs and names of repositories are ASCII, in whatever case.

/** The name as the database compares it. Only the letters of ASCII are folded: lower case makes of the sign of Kelvin somebody's `k`. */
export function foldedName(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
