// `npm run sbom`: the inventory of what runs, as npm makes it from the lockfile, without what is for development only. (npm's own `--omit dev`
// leaves out whatever development needs too, such as jose.)

import { spawnSync } from 'node:child_process';
import { lockedPackages } from './licences.ts';

type Component = {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly group?: string;
  readonly version: string;
};
type Inventory = {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
};

const ARGUMENTS = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];

function inventory(): Inventory {
  const { stdout, stderr, status } = spawnSync('npm', ARGUMENTS, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`npm sbom ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Inventory;
}

function ofWhatRuns({ metadata, components, dependencies, ...rest }: Inventory): Inventory {
  const used = lockedPackages().filter(({ use }) => use !== 'development');
  const running = new Set(used.map(({ name, version }) => `${name}@${version}`));
  const kept = components.filter(({ name, group, version }) =>
    running.has(`${group === undefined ? '' : `${group}/`}${name}@${version}`),
  );
  const refs = new Set([metadata.component['bom-ref'], ...kept.map((each) => each['bom-ref'])]);
  return {
    ...rest,
    // npm says the name of the folder.
    metadata: { ...metadata, component: { ...metadata.component, name: 'gatehouse' } },
    components: kept,
    dependencies: dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) })),
  };
}

process.stdout.write(`${JSON.stringify(ofWhatRuns(inventory()), null, 2)}\n`);
