// docs/licences.md, generated from the lockfile: which packages there are, in which version and under which licence.

import { readFileSync } from 'node:fs';

type Locked = {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
};
export type Package = { readonly name: string; readonly version: string; readonly licence: string; readonly use: Use };
export type Use = 'service' | 'optional' | 'development';

const LOCKFILE = new URL('../../package-lock.json', import.meta.url);
/** Its manifest names none; the file that it comes with does. */
const NAMED_ELSEWHERE: Readonly<Record<string, string>> = { 'jsonc-simple-parser': 'MIT' };

function useOf({ dev, optional, devOptional }: Locked): Use {
  if (dev === true) return 'development';
  return optional === true || devOptional === true ? 'optional' : 'service';
}

/** Every locked package, each version of it once, in order. */
export function lockedPackages(): readonly Package[] {
  const { packages } = JSON.parse(readFileSync(LOCKFILE, 'utf8')) as { packages: Record<string, Locked> };
  const all = Object.entries(packages).flatMap(([path, locked]): Package[] => {
    const name = path.split('node_modules/').at(-1) ?? '';
    if (name === '') return [];
    const licence = locked.license ?? NAMED_ELSEWHERE[name] ?? 'unknown';
    return [{ name, version: locked.version ?? '', licence, use: useOf(locked) }];
  });
  const different = new Map(all.map((each) => [`${each.name}@${each.version} ${each.use}`, each]));
  return [...different.keys()].sort().flatMap((key) => different.get(key) ?? []);
}

function table(packages: readonly Package[]): string {
  const rows = packages.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`);
  return ['| Package | Version | Licence |', '|---|---|---|', ...rows].join('\n');
}

function byLicence(packages: readonly Package[]): string {
  const grouped = Map.groupBy(packages, ({ licence }) => licence);
  return [...grouped.keys()]
    .sort()
    .map((licence) => `* **${licence}**: ${(grouped.get(licence) ?? []).map(({ name }) => name).join(', ')}`)
    .join('\n');
}

/** The page. */
export function licencesDocument(): string {
  const packages = lockedPackages();
  const used = (use: Use): readonly Package[] => packages.filter((each) => each.use === use);
  return `# Licences

Generated from \`package-lock.json\` by \`npm run docs\`. The text of each licence is in the package. What this means for whoever passes the
service on: [supply-chain.md](supply-chain.md).

## The service

What runs, and what is in the image.

${table(used('service'))}

## Optional

PostgreSQL for \`npm start\` without a database of one's own (the packages are MIT, PostgreSQL itself has the PostgreSQL Licence), and what other
packages use where it is there. Not in the image.

${table(used('optional'))}

## Development

Needed to check and test, never to run.

${byLicence(used('development'))}
`;
}
